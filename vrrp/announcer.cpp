#include "vrrp/announcer.hpp"

#include <linux/if_addr.h>
#include <net/ethernet.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <utility>

#include "vrrp/announce.hpp"

namespace understudy::vrrp {
namespace {

/// Frames between two looks at the timers: a millisecond of work where they cross a bridge.
constexpr std::size_t kPerSlice = 16;
/// How long the sysctl that decides on the router flag is believed.
constexpr std::chrono::seconds kForwardingAge(5);

OutgoingLink outgoing_link(const netlink::Link& link) {
  return {link.hardware, link.address, link.broadcast};
}

}  // namespace

Announcer::Announcer(Loop& loop, Log& log, const KernelObjects& kernel,
                     const netlink::Monitor& monitor, FrameSocket frames)
    : loop_(loop),
      log_(log),
      kernel_(kernel),
      monitor_(monitor),
      frames_(std::move(frames)),
      timer_(loop, [this] { send_due(); }) {}

void Announcer::configure(const GlobalConfig& global, const VrrpConfig& config) {
  schedule_.configure({global.garp_interval, global.gna_interval}, config.garp_groups);
}

void Announcer::announce(const Instance& instance, const Announce& action) {
  queue(instance, announcements_of(instance.config(), action), action.repeat);
}

void Announcer::announce(const Instance& instance, const AnnounceInterfaces& /*action*/) {
  queue(instance, further_interfaces(instance.config()), 1);
}

void Announcer::queue(const Instance& instance, std::vector<Announcement> announcements,
                      unsigned repeat) {
  std::erase_if(announcements, [&](const Announcement& one) {
    const bool waits = !unique(one);
    if (waits) parked_.emplace(&instance, Parked{one, repeat});
    return waits;
  });
  schedule_.queue(&instance, announcements, repeat, loop_.now());
  arm();
}

bool Announcer::unique(const Announcement& announcement) const {
  if (!announcement.detect_duplicates) return true;
  const netlink::Link* link = monitor_.link(announcement.interface.string());
  if (link == nullptr) return false;
  const auto* address =
      monitor_.find(link->index, announcement.address, announcement.prefix_length);
  return address != nullptr && (address->flags & (IFA_F_TENTATIVE | IFA_F_DADFAILED)) == 0;
}

void Announcer::address_changed(const netlink::InterfaceAddress& address) {
  for (auto at = parked_.begin(); at != parked_.end();) {
    const auto next = std::next(at);
    if (at->second.announcement.address == address.address && unique(at->second.announcement)) {
      const auto found = parked_.extract(at);
      const Parked& parked = found.mapped();
      schedule_.queue(found.key(), {parked.announcement}, parked.repeat, loop_.now());
      arm();
    }
    at = next;
  }
}

void Announcer::arm() {
  const auto next = schedule_.deadline();
  timer_.arm(next ? std::optional(std::max(*next, loop_.now())) : std::nullopt);
}

void Announcer::send_due() {
  // An address is announced when it is there. Where the kernel refused it nothing is sent, which
  // send() sees; that is not known before all work is done.
  const auto ready = [this](const Announcement& one) {
    return is_there(one) || !kernel_.pending();
  };
  for (const auto& [owner, one, first] : schedule_.due(loop_.now(), kPerSlice, ready)) {
    // Told with the first of them: a thousand lines at once would keep adverts waiting.
    if (first) tell(*static_cast<const Instance*>(owner), one);
    if (is_there(one)) send(one);
  }
  arm();
}

void Announcer::tell(const Instance& instance, const Announcement& announcement) {
  log_.detail("({}) Sending/queueing {} on {} for {}", instance.config().name,
              announcement.address.is_v4() ? "gratuitous ARPs" : "Unsolicited Neighbour Adverts",
              announcement.interface.view(), announcement.address.to_string());
}

bool Announcer::is_there(const Announcement& announcement) const {
  return kernel_.announceable(announcement.interface.string(), announcement.address,
                              announcement.prefix_length);
}

void Announcer::send(const Announcement& announcement) {
  const netlink::Link* link = monitor_.link(announcement.interface.string());
  if (link == nullptr || (link->flags & (IFF_NOARP | IFF_LOOPBACK)) != 0) return;
  const OutgoingLink layer = outgoing_link(*link);
  if (!can_announce(layer)) return;
  const IpAddress& address = announcement.address;
  const bool v4 = address.is_v4();
  log_.detail("Sending {} on {} for {}", v4 ? "gratuitous ARP" : "unsolicited Neighbour Advert",
              link->name, address.to_string());
  const Bytes frame =
      v4 ? gratuitous_arp(layer, address) : unsolicited_na(layer, address, forwards_v6(*link));
  const int error = frames_.send(link->index, v4 ? ETHERTYPE_ARP : ETHERTYPE_IPV6, frame);
  if (error == 0) return;
  log_.detail("Error {} ({}) sending {} on {} for {}", error, std::strerror(error),
              v4 ? "gratuitous ARP" : "ndisc unsolicited neighbour advert", link->name,
              address.to_string());
}

bool Announcer::forwards_v6(const netlink::Link& link) {
  const auto [position, is_new] = forwarding_.try_emplace(link.index);
  Forwarding& forwarding = position->second;
  if (is_new || loop_.now() - forwarding.read > kForwardingAge) {
    std::ifstream file("/proc/sys/net/ipv6/conf/" + link.name + "/forwarding");
    forwarding = {file.get() == '1', loop_.now()};
  }
  return forwarding.on;
}

void Announcer::cancel(const Instance& instance) {
  schedule_.cancel(&instance);
  parked_.erase(&instance);
  arm();
}

}  // namespace understudy::vrrp
