#include "vrrp/announcer.hpp"

#include <algorithm>
#include <cstring>
#include <fstream>
#include <utility>
#include <vector>

#include "vrrp/announce.hpp"

namespace understudy::vrrp {
namespace {

/// Frames between two looks at the timers: well under a millisecond of work.
constexpr std::size_t kPerSlice = 64;

/// Whether the interface forwards IPv6: the router flag of its neighbour advertisements.
bool forwards_v6(const std::string& interface) {
  std::ifstream file("/proc/sys/net/ipv6/conf/" + interface + "/forwarding");
  return file.get() == '1';
}

}  // namespace

Announcer::Announcer(Loop& loop, Log& log, const KernelObjects& kernel,
                     const netlink::Monitor& monitor, FrameSocket frames)
    : loop_(loop), log_(log), kernel_(kernel), monitor_(monitor), frames_(std::move(frames)) {}

void Announcer::announce(Instance& instance, const Announce& action) {
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
  send_due(instance);
}

void Announcer::send_due(Instance& instance) {
  // An address is announced when it is there.
  if (!kernel_.pending()) {
    for (const auto& announcement : instance.garp.due(loop_.now(), kPerSlice)) {
      send(instance, announcement);
    }
  }
  const auto next = instance.garp.deadline();
  instance.garp_timer.arm(next ? std::optional(std::max(*next, loop_.now())) : std::nullopt);
}

void Announcer::send(const Instance& instance, const Announcement& announcement) {
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

void Announcer::cancel(Instance& instance) {
  instance.garp.cancel();
  instance.garp_timer.disarm();
}

}  // namespace understudy::vrrp
