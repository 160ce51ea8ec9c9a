#include "vrrp/virtual_record.hpp"

#include <linux/if_link.h>

#include <cstdint>
#include <string_view>
#include <utility>

namespace understudy::vrrp {

namespace {

using netlink::LinkKind;

constexpr std::string_view kRecord = "virtual interface ";

std::string record_of(const std::string& name) { return std::string(kRecord) + name; }

KnownLink::Kind kind_of(const netlink::Link& link) {
  if (link.kind == LinkKind::macvlan) {
    return link.mode == MACVLAN_MODE_PRIVATE ? KnownLink::Kind::private_macvlan
                                             : KnownLink::Kind::other_macvlan;
  }
  if (link.kind == LinkKind::ipvlan) {
    return link.mode == IPVLAN_MODE_L2 ? KnownLink::Kind::l2_ipvlan : KnownLink::Kind::other_ipvlan;
  }
  return KnownLink::Kind::other;
}

Ipvlan::Mode mode_of(std::uint16_t flags) {
  if ((flags & IPVLAN_F_PRIVATE) != 0) return Ipvlan::Mode::private_;
  return (flags & IPVLAN_F_VEPA) != 0 ? Ipvlan::Mode::vepa : Ipvlan::Mode::bridge;
}

void take_first_addresses(const netlink::Monitor& monitor, InterfaceIndex index, KnownLink& known) {
  for (const auto& one : monitor.addresses(index)) {
    if (one.address.is_v4() && known.ipv4.empty()) known.ipv4 = one.address;
    if (one.address.is_v6() && known.ipv6.empty()) known.ipv6 = one.address;
  }
}

}  // namespace

void record_virtual(run::HandoverPage& page, const std::string& name) {
  page.write(record_of(name), std::uint8_t{1});
}

void forget_virtual(run::HandoverPage& page, const std::string& name) {
  page.erase(record_of(name));
}

bool is_recorded(const run::HandoverPage& page, const std::string& name) {
  return page.read<std::uint8_t>(record_of(name)).has_value();
}

void for_each_recorded(const run::HandoverPage& page,
                       const std::function<void(const std::string& name)>& f) {
  std::vector<std::string> names;
  page.for_each_key([&](std::string_view key) {
    if (key.substr(0, kRecord.size()) == kRecord) names.emplace_back(key.substr(kRecord.size()));
  });
  for (const std::string& name : names) f(name);
}

std::vector<KnownLink> known_links(const netlink::Monitor& monitor, const run::HandoverPage& page) {
  std::vector<KnownLink> result;
  result.reserve(monitor.links().size());
  for (const auto& [index, link] : monitor.links()) {
    KnownLink known;
    known.name = link.name;
    known.kind = kind_of(link);
    if (known.kind != KnownLink::Kind::other) {
      const auto base = monitor.links().find(link.base);
      if (base != monitor.links().end()) known.base = base->second.name;
      known.mac = link.mac;
      known.mode = mode_of(link.ipvlan_flags);
      known.ours = is_recorded(page, link.name);
      take_first_addresses(monitor, index, known);
    }
    result.push_back(std::move(known));
  }
  return result;
}

}  // namespace understudy::vrrp
