#include "checkers/kernel_services.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>
#include <span>
#include <string_view>
#include <utility>

#include "checkers/label.hpp"

namespace understudy::checkers {
namespace {

constexpr std::uint32_t kNoNetmask = 0xffffffff;
constexpr std::uint32_t kLongestPrefix = 128;

ipvs::Protocol kernel_protocol(Protocol protocol) {
  switch (protocol) {
    case Protocol::udp:
      return ipvs::Protocol::udp;
    case Protocol::sctp:
      return ipvs::Protocol::sctp;
    case Protocol::tcp:
      break;
  }
  return ipvs::Protocol::tcp;
}

ipvs::ForwardingMethod kernel_method(ForwardingMethod method) {
  switch (method) {
    case ForwardingMethod::direct_routing:
      return ipvs::ForwardingMethod::direct;
    case ForwardingMethod::tunnel:
      return ipvs::ForwardingMethod::tunnel;
    case ForwardingMethod::nat:
      break;
  }
  return ipvs::ForwardingMethod::masquerade;
}

ipvs::TunnelType kernel_type(TunnelType type) {
  switch (type) {
    case TunnelType::gue:
      return ipvs::TunnelType::gue;
    case TunnelType::gre:
      return ipvs::TunnelType::gre;
    case TunnelType::ipip:
      break;
  }
  return ipvs::TunnelType::ipip;
}

ipvs::TunnelChecksum kernel_checksum(TunnelChecksum checksum) {
  switch (checksum) {
    case TunnelChecksum::whole:
      return ipvs::TunnelChecksum::whole;
    case TunnelChecksum::remote:
      return ipvs::TunnelChecksum::remote;
    case TunnelChecksum::none:
      break;
  }
  return ipvs::TunnelChecksum::none;
}

ipvs::ServiceKey mark_key(std::uint32_t mark, Family family) {
  return {ipvs::Protocol::none, {}, mark, family == Family::none ? Family::ipv4 : family};
}

ipvs::ServiceKey address_key(const VirtualServer& service, const Endpoint& endpoint) {
  return {kernel_protocol(service.protocol), endpoint, 0, endpoint.address.family()};
}

/// The address after this one.
IpAddress next(const IpAddress& address) {
  std::array<std::uint8_t, 16> octets{};
  const auto size = address.bytes().size();
  std::ranges::copy(address.bytes(), octets.begin());
  for (std::size_t at = size; at > 0 && ++octets[at - 1] == 0; --at) {
  }
  return IpAddress(std::span<const std::uint8_t>(octets).first(size));
}

std::vector<ipvs::ServiceKey> group_keys(const VirtualServer& service,
                                         const VirtualServerGroup& group, std::uint32_t auto_mark) {
  std::vector<ipvs::ServiceKey> keys;
  for (const auto& line : group.addresses) {
    if (auto_mark != 0) {
      keys.push_back(mark_key(auto_mark, line.first.family()));
      continue;
    }
    for (IpAddress address = line.first;; address = next(address)) {
      keys.push_back(address_key(service, {address, line.port}));
      if (address == line.last) break;
    }
  }
  for (const auto& line : group.marks) {
    keys.push_back(mark_key(line.mark, line.family == Family::none ? service.family : line.family));
  }
  return keys;
}

/// What persistence_granularity says for a family; the configuration may have one for both.
std::uint32_t netmask(const VirtualServer& service, Family family) {
  const auto granularity = service.persistence_granularity;
  const bool mine =
      granularity != kNoNetmask && service.persistence_timeout != 0 &&
      (service.family == family || (granularity <= kLongestPrefix) == (family == Family::ipv6));
  if (mine) return granularity;
  return family == Family::ipv6 ? kLongestPrefix : kNoNetmask;
}

ipvs::Service kernel_service(const VirtualServer& service, const ipvs::ServiceKey& key) {
  ipvs::Service result;
  result.key = key;
  result.scheduler = service.scheduler;
  result.flags = service.flags;
  result.netmask = netmask(service, key.family);
  if (service.persistence_timeout != 0) {
    result.persistence_timeout = service.persistence_timeout;
    result.persistence_engine = service.persistence_engine;
  }
  return result;
}

ipvs::Destination kernel_destination(const Seat& seat, const ipvs::ServiceKey& service) {
  ipvs::Destination destination;
  destination.endpoint = kernel_endpoint(seat, service);
  destination.method = kernel_method(seat.method);
  if (seat.method == ForwardingMethod::tunnel) {
    destination.tunnel = {kernel_type(seat.tunnel.type), kernel_checksum(seat.tunnel.checksum),
                          seat.tunnel.port};
  }
  destination.weight = seat.weight;
  destination.upper_threshold = seat.upper_threshold;
  destination.lower_threshold = seat.lower_threshold;
  return destination;
}

/// A line of a group as log lines name it.
std::string line_name(const VirtualServer& service, const GroupAddresses& line) {
  VirtualServer one;
  one.protocol = service.protocol;
  one.endpoint = {line.first, line.port};
  if (line.first == line.last) return label(one);
  return fmt::format("{}-{}", label(one), line.last.to_string());
}

template <typename Line, typename Say>
void for_each_missing(const std::vector<Line>& from, const std::vector<Line>& in, Say say) {
  for (const auto& line : from) {
    if (std::ranges::find(in, line) == in.end()) say(line);
  }
}

}  // namespace

std::string service_name(const VirtualServer& service) {
  if (service.group.empty()) return kernel_services(service, nullptr).front().to_string();
  return label(service);
}

std::vector<ipvs::ServiceKey> kernel_services(const VirtualServer& service,
                                              const VirtualServerGroup* group,
                                              std::uint32_t auto_mark) {
  if (group == nullptr) {
    if (service.fwmark != 0) return {mark_key(service.fwmark, service.family)};
    return {address_key(service, service.endpoint)};
  }
  std::vector<ipvs::ServiceKey> keys;
  std::set<ipvs::ServiceKey> known;
  for (const auto& key : group_keys(service, *group, auto_mark)) {
    if (known.insert(key).second) keys.push_back(key);
  }
  return keys;
}

Endpoint kernel_endpoint(const Seat& seat, const ipvs::ServiceKey& service) {
  if (seat.method == ForwardingMethod::nat) return seat.endpoint;
  return {seat.endpoint.address, service.fwmark != 0 ? Port(0) : service.endpoint.port};
}

std::vector<ipvs::Entry> service_entries(const VirtualServer& service,
                                         const std::vector<ipvs::ServiceKey>& keys,
                                         const std::vector<Seat>& seats) {
  std::vector<ipvs::Entry> entries;
  entries.reserve(keys.size());
  for (const auto& key : keys) {
    std::vector<ipvs::Destination> destinations;
    destinations.reserve(seats.size());
    for (const auto& seat : seats) {
      const bool reachable =
          seat.method == ForwardingMethod::tunnel || seat.endpoint.address.family() == key.family;
      if (reachable) destinations.push_back(kernel_destination(seat, key));
    }
    entries.push_back({kernel_service(service, key), ipvs::Destinations(std::move(destinations))});
  }
  return entries;
}

std::vector<std::string> group_changes(const VirtualServer& service,
                                       const VirtualServerGroup& before,
                                       const VirtualServerGroup& after) {
  std::vector<std::string> lines;
  for_each_missing(before.addresses, after.addresses, [&](const GroupAddresses& line) {
    lines.push_back(fmt::format("VS [{}] in group {} no longer exists", line_name(service, line),
                                service.group));
  });
  for_each_missing(before.marks, after.marks, [&](const GroupMark& line) {
    lines.push_back(fmt::format("VS [{}] in group {} no longer exists", line.mark, service.group));
  });
  for_each_missing(after.addresses, before.addresses, [&](const GroupAddresses& line) {
    lines.push_back(
        fmt::format("VS [{}] added into group {}", line_name(service, line), service.group));
  });
  for_each_missing(after.marks, before.marks, [&](const GroupMark& line) {
    lines.push_back(fmt::format("VS [FWM {}] added into group {}", line.mark, service.group));
  });
  return lines;
}

}  // namespace understudy::checkers
