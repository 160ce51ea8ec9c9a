#include "vrrp/executor.hpp"

#include <algorithm>
#include <cstring>
#include <fstream>
#include <type_traits>
#include <utility>

#include "vrrp/announce.hpp"
#include "vrrp/handover_record.hpp"
#include "vrrp/notification.hpp"
#include "vrrp/packet.hpp"

namespace understudy::vrrp {
namespace {

/// Changes and frames between two looks at the timers: well under a millisecond of work.
constexpr unsigned kAddressesPerSlice = 32;
constexpr std::size_t kAnnouncementsPerSlice = 64;

Advert advert_of(const InstanceConfig& config, Priority priority) {
  Advert advert;
  advert.version = config.version;
  advert.vrid = config.vrid;
  advert.priority = priority;
  advert.interval = std::chrono::duration_cast<std::chrono::milliseconds>(config.advert_interval);
  advert.authentication = config.authentication;
  if (config.authentication == Authentication::pass) {
    advert.password = password_octets(config.password);
  }
  for (const VirtualAddress& address : config.addresses) {
    advert.addresses.push_back(address.address);
  }
  return advert;
}

/// Whether the interface forwards IPv6: the router flag of its neighbour advertisements.
bool forwards_v6(const std::string& interface) {
  std::ifstream file("/proc/sys/net/ipv6/conf/" + interface + "/forwarding");
  return file.get() == '1';
}

}  // namespace

Executor::Executor(Loop& loop, Log& log, Channel& channel, run::HandoverPage& page,
                   KernelObjects& kernel, Interfaces& interfaces, const netlink::Monitor& monitor,
                   FrameSocket frames)
    : loop_(loop),
      log_(log),
      channel_(channel),
      page_(page),
      kernel_(kernel),
      interfaces_(interfaces),
      monitor_(monitor),
      frames_(std::move(frames)),
      slice_(loop, [this] { work(); }) {}

void Executor::carry_out(Instance& instance, const Actions& actions) {
  const auto only_log = [](const Action& action) {
    return std::holds_alternative<LogLine>(action);
  };
  // Before anything is done: a successor must never believe less than the network was told.
  const bool matters = !std::ranges::all_of(actions, only_log);
  if (matters) write_record(page_, instance);
  for (const Action& action : actions) {
    std::visit([&](const auto& what) { act(instance, what); }, action);
  }
}

void Executor::act(Instance& instance, const SendAdvert& action) {
  const InstanceConfig& config = instance.config();
  const Interface& interface = interfaces_.of(config);
  const IpAddress& source = instance.source;
  if (source.empty() || !interface.socket) return;
  ++instance.packet_id;
  instance.last_advert = loop_.now();
  write_record(page_, instance);
  const Bytes pdu = encode(advert_of(config, action.priority), source, config.mcast_group);
  const Bytes packet = wrap_ipv4(pdu, source, config.mcast_group, instance.packet_id);
  const int error = interface.socket->send(packet, config.mcast_group);
  if (error != instance.send_error) send_failed(instance, error);
}

void Executor::send_failed(Instance& instance, int error) {
  instance.send_error = error;
  if (error == 0) {
    log_.info("({}) adverts can be sent again", instance.config().name);
  } else {
    log_.error("({}): send advert error {} ({})", instance.config().name, error,
               std::strerror(error));
  }
}

void Executor::act(Instance& instance, const AddAddresses& /*action*/) {
  kernel_.want(instance.config());
  work();
}

void Executor::act(Instance& instance, const RemoveAddresses& /*action*/) {
  if (keep_addresses_) return;
  kernel_.release(instance.config().name);
  work();
}

void Executor::act(Instance& instance, const RestoreAddress& action) {
  kernel_.restore(instance.config().name, action.address);
  work();
}

void Executor::work() {
  if (postponed_ || !kernel_.pending()) return;
  if (kernel_.reconcile(kAddressesPerSlice)) slice_.arm(loop_.now());
}

void Executor::finish() {
  postponed_ = false;
  while (kernel_.reconcile(kAddressesPerSlice)) {
  }
}

void Executor::act(Instance& instance, const Announce& action) {
  const InstanceConfig& config = instance.config();
  std::vector<Announcement> announcements;
  for (const auto* list : {&config.addresses, &config.excluded}) {
    for (const VirtualAddress& address : *list) {
      if (!action.only.empty() &&
          std::ranges::find(action.only, address.address) == action.only.end()) {
        continue;
      }
      const std::string& interface = address.device.empty() ? config.interface : address.device;
      announcements.push_back({address.address, interface});
      log_.detail("({}) Sending/queueing {} on {} for {}", config.name,
                  address.address.is_v4() ? "gratuitous ARPs" : "Unsolicited Neighbour Adverts",
                  interface, address.address.to_string());
    }
  }
  instance.garp.queue(announcements, action.repeat, loop_.now());
  announce_due(instance);
}

void Executor::announce_due(Instance& instance) {
  // An address is announced when it is there.
  if (!kernel_.pending()) {
    for (const auto& announcement : instance.garp.due(loop_.now(), kAnnouncementsPerSlice)) {
      send_announcement(instance, announcement);
    }
  }
  const auto next = instance.garp.deadline();
  instance.garp_timer.arm(next ? std::optional(std::max(*next, loop_.now())) : std::nullopt);
}

void Executor::send_announcement(Instance& instance, const Announcement& announcement) {
  const netlink::Link* link = monitor_.link(announcement.interface);
  if (link == nullptr || (link->flags & (IFF_NOARP | IFF_LOOPBACK)) != 0) return;
  const IpAddress& address = announcement.address;
  const bool v4 = address.is_v4();
  log_.detail("Sending {} on {} for {}", v4 ? "gratuitous ARP" : "Unsolicited Neighbour Advert",
              link->name, address.to_string());
  const Bytes frame = v4 ? gratuitous_arp(link->mac, address)
                         : unsolicited_na(link->mac, address, forwards_v6(link->name));
  const int error = frames_.send(link->index, frame);
  if (error == 0) return;
  log_.detail("({}) Error {} ({}) sending gratuitous ARP on {} for {}", instance.config().name,
              error, std::strerror(error), link->name, address.to_string());
}

void Executor::act(Instance& instance, const CancelAnnouncements& /*action*/) {
  instance.garp.cancel();
  instance.garp_timer.disarm();
}

void Executor::act(Instance& instance, const Notify& action) {
  channel_.send(make_notification(instance.config(), action));
}

void Executor::act(Instance& /*instance*/, const LogLine& action) {
  if (action.detail) {
    log_.detail("{}", action.text);
  } else {
    log_.info("{}", action.text);
  }
}

}  // namespace understudy::vrrp
