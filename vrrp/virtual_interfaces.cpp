#include "vrrp/virtual_interfaces.hpp"

#include <linux/if_link.h>
#include <linux/ip.h>
#include <net/if.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <thread>
#include <utility>

#include "daemon/netlink/link_request.hpp"
#include "vrrp/virtual_record.hpp"

namespace understudy::vrrp {

namespace {

using netlink::LinkKind;
using namespace std::chrono_literals;

/// Notifications taken in after a change of ours; a change causes a handful.
constexpr unsigned kMostNews = 100'000;
/// Interfaces made at a time while others must not wait.
constexpr std::size_t kSlice = 8;
/// One that is deleted again and again is made anew so often.
constexpr Duration kAgain = 1s;
/// An interface goes down before it is deleted; the kernel then waits for who still uses it.
constexpr Duration kDeletion = 100ms;
/// How long a start waits for IPv6 addresses: some looks with a pause in between.
constexpr unsigned kAddressLooks = 20;
constexpr Duration kAddressPause = 5ms;

/// The IPv4 settings of a macvlan: it answers for its own addresses only, hears packets from
/// addresses of this host and from any side.
constexpr std::array<netlink::Ipv4Setting, 4> kIpv4Settings{
    {{IPV4_DEVCONF_ARP_IGNORE, 1},
     {IPV4_DEVCONF_ACCEPT_LOCAL, 1},
     {IPV4_DEVCONF_RP_FILTER, 0},
     {IPV4_DEVCONF_PROMOTE_SECONDARIES, 1}}};
/// The same, of one for IPv6.
constexpr std::array<netlink::Ipv4Setting, 1> kIpv6Settings{{{IPV4_DEVCONF_ARP_IGNORE, 1}}};

std::uint16_t flags_of(Ipvlan::Mode mode) {
  switch (mode) {
    case Ipvlan::Mode::bridge:
      break;
    case Ipvlan::Mode::private_:
      return IPVLAN_F_PRIVATE;
    case Ipvlan::Mode::vepa:
      return IPVLAN_F_VEPA;
  }
  return 0;
}

const char* type_of(const VirtualLink& link) {
  return link.kind == VirtualLink::Kind::macvlan ? "VMAC" : "ipvlan";
}

}  // namespace

void VirtualInterfaces::Requests::add(Entry* entry, netlink::Message message) {
  messages.push_back(std::move(message));
  entries.push_back(entry);
}

VirtualInterfaces::VirtualInterfaces(Loop& loop, Log& log, netlink::Socket& commands,
                                     netlink::Monitor& monitor, run::HandoverPage& page,
                                     run::Sysctls& sysctls, Handlers handlers)
    : loop_(loop),
      log_(log),
      commands_(commands),
      monitor_(monitor),
      page_(page),
      sysctls_(sysctls),
      handlers_(std::move(handlers)),
      timer_(loop, [this] { work(); }) {}

// ---- What should be there

void VirtualInterfaces::make(const std::vector<VirtualLink>& links, bool at_start) {
  auto before = std::exchange(entries_, {});
  by_base_.clear();
  for (const VirtualLink& link : links) {
    auto known = before.extract(link.name);
    if (known.empty()) {
      entries_[link.name].wanted = link;
      due_.insert(link.name);
    } else {
      if (known.mapped().wanted != link) due_.insert(link.name);
      known.mapped().wanted = link;
      entries_.insert(std::move(known));
    }
    by_base_.emplace(link.base, link.name);
  }
  for (const auto& [name, entry] : before) {
    due_.erase(name);
    hidden_.erase(name);
    if (!entry.foreign) superfluous_[name] = entry.wanted.instance;
  }
  std::erase_if(superfluous_, [&](const auto& one) { return is_ours(one.first); });
  if (!links.empty()) allow_no_reverse_path_filter();
  if (!at_start && due_.size() > kSlice) return arm();
  Entries entries;
  for (const std::string& name : std::exchange(due_, {})) entries.push_back(&entries_.at(name));
  work_on(entries);
  if (at_start) wait_for_addresses(entries);
  arm();
}

/// The kernel puts IPv6 addresses a little later than it says. Without them an instance would begin
/// with a FAULT.
void VirtualInterfaces::wait_for_addresses(const Entries& entries) {
  const auto missing = [this](const Entry* entry) {
    const netlink::Link* link = link_at(entry->index);
    return link != nullptr && link->up() && !entry->link_local.empty() &&
           monitor_.find(entry->index, entry->link_local, kLinkLocalLength) == nullptr;
  };
  for (unsigned i = 0; i < kAddressLooks && std::ranges::any_of(entries, missing); ++i) {
    std::this_thread::sleep_for(kAddressPause);
    monitor_.catch_up(kMostNews);
  }
}

std::string VirtualInterfaces::base_of(const std::string& name) const {
  const auto found = entries_.find(name);
  return found == entries_.end() ? std::string() : found->second.wanted.base;
}

const netlink::Link* VirtualInterfaces::link_at(InterfaceIndex index) const {
  const auto found = monitor_.links().find(index);
  return found == monitor_.links().end() ? nullptr : &found->second;
}

InterfaceIndex VirtualInterfaces::root_of(const netlink::Link& base) const {
  // The kernel makes a macvlan on a macvlan on what that one stands on.
  return base.base == InterfaceIndex() ? base.index : base.base;
}

InterfaceIndex VirtualInterfaces::vrf_of(const netlink::Link& base) const {
  const netlink::Link* master = link_at(base.master);
  return master != nullptr && master->kind == LinkKind::vrf ? master->index : InterfaceIndex();
}

bool VirtualInterfaces::fits(const Entry& entry, const netlink::Link& link,
                             const netlink::Link& base) const {
  const VirtualLink& wanted = entry.wanted;
  const bool on_base = link.base_elsewhere ? base.base_elsewhere : link.base == root_of(base);
  if (wanted.kind == VirtualLink::Kind::macvlan) {
    return on_base && link.kind == LinkKind::macvlan && link.mode == MACVLAN_MODE_PRIVATE &&
           link.mac == wanted.mac;
  }
  return on_base && link.kind == LinkKind::ipvlan && link.mode == IPVLAN_MODE_L2 &&
         link.ipvlan_flags == flags_of(wanted.mode);
}

VirtualInterfaces::Step VirtualInterfaces::next_step(const Entry& entry) const {
  const netlink::Link* base = monitor_.link(entry.wanted.base);
  if (base == nullptr) return Step::wait;
  const netlink::Link* link = monitor_.link(entry.wanted.name);
  if (link == nullptr) return Step::create;
  if (fits(entry, *link, *base)) return Step::nothing;
  if (!link->is_virtual()) return Step::conflict;
  const bool same_kind =
      entry.wanted.kind == VirtualLink::Kind::macvlan && link->kind == LinkKind::macvlan;
  return same_kind && link->base == root_of(*base) ? Step::update : Step::replace;
}

// ---- The way there

void VirtualInterfaces::schedule(const std::string& name) {
  due_.insert(name);
  const TimePoint at = entries_.at(name).not_before.value_or(loop_.now());
  if (!timer_.deadline() || at < *timer_.deadline()) timer_.arm(at);
}

void VirtualInterfaces::arm() {
  std::optional<TimePoint> when;
  if (!superfluous_.empty()) when = loop_.now();
  for (const std::string& name : due_) {
    const TimePoint at = entries_.at(name).not_before.value_or(loop_.now());
    if (!when || at < *when) when = at;
  }
  timer_.arm(when);
}

void VirtualInterfaces::work() {
  Entries entries;
  for (const std::string& name : due_) {
    Entry& entry = entries_.at(name);
    if (entry.not_before && *entry.not_before > loop_.now()) continue;
    entries.push_back(&entry);
    if (entries.size() == kSlice) break;
  }
  for (const Entry* entry : entries) due_.erase(entry->wanted.name);
  if (entries.empty()) {
    remove_some();
  } else {
    work_on(entries);
  }
  arm();
}

void VirtualInterfaces::work_on(const Entries& entries) {
  Requests requests;
  Entries made;
  Entries present;
  for (Entry* entry : entries) {
    entry->not_before.reset();
    const netlink::Link* base = monitor_.link(entry->wanted.base);
    entry->base_mtu = base == nullptr ? 0 : base->mtu;
    Step step = next_step(*entry);
    if (step == Step::create && take_over_another(*entry)) {
      made.push_back(entry);
      continue;
    }
    switch (step) {
      case Step::wait:
        break;
      case Step::conflict:
        fail(*entry, fmt::format("VMAC {} conflicts with existing interface", entry->wanted.name));
        break;
      case Step::nothing:
        adopt(*entry, requests);
        present.push_back(entry);
        break;
      case Step::create:
      case Step::update:
      case Step::replace:
        begin(*entry, step, requests);
        made.push_back(entry);
        break;
    }
  }
  send(requests, made, "create");
  for (const Entry* entry : present) hold_settings(*entry);
  set_up(std::move(made));
  put_addresses(present);
  for (const Entry* entry : entries) settle(entry->wanted.name);
}

bool VirtualInterfaces::take_over_another(const Entry& entry) {
  const netlink::Link& base = *monitor_.link(entry.wanted.base);
  for (const auto& [name, instance] : superfluous_) {
    const netlink::Link* link = monitor_.link(name);
    if (link == nullptr || !fits(entry, *link, base)) continue;
    record_virtual(page_, entry.wanted.name);
    const InterfaceIndex index = link->index;
    const std::array rename{netlink::rename_link(index, entry.wanted.name)};
    if (commands_.request(rename)[0]) {
      // Older kernels want it to be down.
      const std::array down_first{netlink::set_link_up(index, false), rename[0],
                                  netlink::set_link_up(index, true)};
      if (commands_.request(down_first)[1]) return false;
    }
    monitor_.catch_up(kMostNews);
    return true;
  }
  return false;
}

void VirtualInterfaces::begin(Entry& entry, Step step, Requests& requests) {
  const VirtualLink& wanted = entry.wanted;
  const netlink::Link& base = *monitor_.link(wanted.base);
  const netlink::NewLink link{wanted.name, base.index, wanted.group.value_or(base.group),
                              vrf_of(base)};
  const netlink::Link* there = monitor_.link(wanted.name);
  // Recorded before it is there.
  record_virtual(page_, wanted.name);
  entry.foreign = false;
  entry.made_at = loop_.now();
  entry.link_local = {};
  if (step == Step::update) {
    log_.info("({}) Update old VMAC interface {} due to wrong MAC/mode", wanted.instance,
              wanted.name);
    return requests.add(&entry, netlink::update_macvlan(there->index, link, wanted.mac));
  }
  if (step == Step::replace) {
    log_.info("({}) Removing old VMAC interface {} due to conflicting interface", wanted.instance,
              wanted.name);
    requests.add(nullptr, netlink::delete_link(there->index));
  } else if (const auto* renamed = link_at(entry.index); renamed != nullptr) {
    // Ours under another name: two cannot have one MAC address on a base.
    requests.add(nullptr, netlink::delete_link(renamed->index));
  }
  if (wanted.kind == VirtualLink::Kind::macvlan) {
    requests.add(&entry, netlink::create_macvlan(link, wanted.mac));
  } else {
    requests.add(&entry, netlink::create_ipvlan(link, flags_of(wanted.mode)));
  }
}

void VirtualInterfaces::adopt(Entry& entry, Requests& requests) {
  const VirtualLink& wanted = entry.wanted;
  const netlink::Link& link = *monitor_.link(wanted.name);
  const netlink::Link& base = *monitor_.link(wanted.base);
  if (entry.index != link.index) {
    entry.index = link.index;
    entry.foreign = !is_recorded(page_, wanted.name);
    if ((link.flags & IFF_UP) == 0) {
      requests.add(nullptr, netlink::set_link_up(link.index, true));
    }
  }
  if (wanted.group && link.group != *wanted.group) {
    requests.add(nullptr, netlink::set_link_group(link.index, *wanted.group));
  }
  const netlink::Link* master = link_at(link.master);
  const bool in_vrf = master != nullptr && master->kind == LinkKind::vrf;
  if (const InterfaceIndex vrf = vrf_of(base);
      vrf != link.master && (in_vrf || vrf != InterfaceIndex())) {
    requests.add(nullptr, netlink::set_link_master(link.index, vrf));
  }
  follow_mtu(entry, requests);
}

void VirtualInterfaces::send(Requests& requests, Entries& entries, const char* what) {
  if (requests.messages.empty()) return;
  const auto outcome = commands_.request(requests.messages);
  for (std::size_t i = 0; i < outcome.size(); ++i) {
    Entry* entry = requests.entries[i];
    if (!outcome[i] || entry == nullptr) continue;
    std::erase(entries, entry);
    fail(*entry, fmt::format("({}): Unable to {} {} interface {}: {}", entry->wanted.instance, what,
                             type_of(entry->wanted), entry->wanted.name, outcome[i]->message));
  }
  monitor_.catch_up(kMostNews);
}

void VirtualInterfaces::fail(Entry& entry, const std::string& text) {
  if (!std::exchange(entry.complained, true)) log_.error("{}", text);
  entry.not_before = loop_.now() + kAgain;
  due_.insert(entry.wanted.name);
}

void VirtualInterfaces::set_up(Entries made) {
  std::erase_if(made, [&](Entry* entry) {
    const netlink::Link* link = monitor_.link(entry->wanted.name);
    entry->index = link == nullptr ? InterfaceIndex() : link->index;
    return link == nullptr;
  });
  Requests settings;
  for (Entry* entry : made) {
    if (entry->wanted.kind == VirtualLink::Kind::ipvlan) continue;
    const bool for_ipv6 = entry->wanted.family == Family::ipv6;
    const std::span<const netlink::Ipv4Setting> values =
        for_ipv6 ? std::span<const netlink::Ipv4Setting>(kIpv6Settings)
                 : std::span<const netlink::Ipv4Setting>(kIpv4Settings);
    settings.add(nullptr, netlink::set_ipv4_settings(entry->index, values));
    // RFC 9568 section 7.4: no address that is made of the virtual router's MAC address.
    settings.add(nullptr, netlink::disable_address_generation(entry->index));
  }
  send(settings, made, "set up");
  Requests last;
  for (Entry* entry : made) {
    hold_settings(*entry);
    last.add(entry, netlink::set_link_up(entry->index, true));
    const netlink::Link* base = monitor_.link(entry->wanted.base);
    if (entry->wanted.netlink_notify && base != nullptr) {
      last.add(nullptr, netlink::set_link_group(base->index, base->group));
    }
  }
  send(last, made, "set up");
  for (Entry* entry : made) {
    entry->complained = false;
    // The news of what we did are none.
    due_.erase(entry->wanted.name);
    log_.detail("({}): Success creating {} interface {}", entry->wanted.instance,
                type_of(entry->wanted), entry->wanted.name);
  }
  put_addresses(made);
}

void VirtualInterfaces::settle(const std::string& name) {
  if (hidden_.erase(name) > 0) handlers_.on_settled(name);
}

// ---- News

void VirtualInterfaces::link_changed(const netlink::Link& link, bool removed) {
  const auto own = entries_.find(link.name);
  if (own != entries_.end()) own_link_changed(own->second, link, removed);
  const auto [first, last] = by_base_.equal_range(link.name);
  for (auto at = first; at != last; ++at) {
    // Most news of a base are its ups and downs.
    Entry& entry = entries_.at(at->second);
    if (!removed && entry.base_mtu != link.mtu) {
      entry.mtu_differs = entry.base_mtu != 0;
      entry.base_mtu = link.mtu;
    }
    const netlink::Link* made = link_at(entry.index);
    const bool same = !removed && made != nullptr && fits(entry, *made, link) &&
                      made->master == vrf_of(link) && !entry.wanted.link_local &&
                      !entry.mtu_differs;
    if (!same) schedule(at->second);
  }
}

void VirtualInterfaces::own_link_changed(Entry& entry, const netlink::Link& link, bool removed) {
  const bool known = entry.index == link.index;
  const bool up = (link.flags & IFF_UP) != 0;
  const bool can_be_made = monitor_.link(entry.wanted.base) != nullptr;
  if (removed && known) {
    if (link_at(link.index) == nullptr) entry.index = {};
    entry.not_before = std::max(loop_.now(), entry.made_at + kAgain);
    if (can_be_made && *entry.not_before == loop_.now()) {
      hidden_.insert(link.name);
    } else {
      settle(link.name);
    }
    schedule(link.name);
  } else if (!removed && !known) {
    schedule(link.name);
  } else if (!removed && !up && can_be_made && hidden_.insert(link.name).second) {
    entry.not_before = loop_.now() + kDeletion;
    schedule(link.name);
  } else if (!removed && up && entry.wanted.link_local) {
    // An IPv6 address does not survive that its interface goes down.
    schedule(link.name);
  }
}

void VirtualInterfaces::address_changed(const netlink::InterfaceAddress& address) {
  const netlink::Link* link = link_at(address.index);
  if (link == nullptr) return;
  if (const auto own = entries_.find(link->name); own != entries_.end()) {
    const VirtualLink& wanted = own->second.wanted;
    if (address.address == own->second.link_local ||
        (wanted.address && wanted.address->address == address.address)) {
      schedule(link->name);
    }
  }
  if (!address.address.is_link_local() || !address.address.is_v6()) return;
  const auto [first, last] = by_base_.equal_range(link->name);
  for (auto at = first; at != last; ++at) {
    if (entries_.at(at->second).wanted.link_local) schedule(at->second);
  }
}

}  // namespace understudy::vrrp
