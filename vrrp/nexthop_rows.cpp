// nexthop … and encap … of a route.
#include <fmt/format.h>

#include <charconv>
#include <limits>

#include "vrrp/routing_rows.hpp"

namespace understudy::vrrp {

namespace {

using namespace parser;

constexpr std::uint32_t kLargestWeight = 256;

// --- encap ---

/// "16/17": at most two labels of 20 bits.
std::optional<MplsEncapsulation> parse_labels(std::string_view text) {
  constexpr std::size_t kMostLabels = 2;
  constexpr std::uint64_t kLargestLabel = 0xfffff;
  MplsEncapsulation mpls;
  while (mpls.labels.size() < kMostLabels) {
    const std::size_t slash = text.find('/');
    const auto label = parse_c_number(text.substr(0, slash));
    if (!label || *label > kLargestLabel) return std::nullopt;
    mpls.labels.push_back(static_cast<std::uint32_t>(*label));
    if (slash == std::string_view::npos) return mpls;
    text.remove_prefix(slash + 1);
  }
  return std::nullopt;
}

/// "2001:db8:0:1": four groups of 16 bits.
std::optional<IlaEncapsulation> parse_locator(std::string_view text) {
  constexpr int kGroups = 4;
  constexpr unsigned kGroupBits = 16;
  IlaEncapsulation ila;
  for (int i = 0; i < kGroups; ++i) {
    const std::size_t colon = text.find(':');
    if ((colon == std::string_view::npos) != (i == kGroups - 1)) return std::nullopt;
    const std::string_view group = text.substr(0, colon);
    std::uint16_t value = 0;
    const auto result = std::from_chars(group.data(), group.data() + group.size(), value, 16);
    if (result.ec != std::errc() || result.ptr != group.data() + group.size()) return std::nullopt;
    ila.locator = ila.locator << kGroupBits | value;
    text.remove_prefix(std::min(text.size(), group.size() + 1));
  }
  return ila;
}

/// What the original says of the parts of `encap ip` and `encap ip6`.
struct IpMessages {
  std::string_view name;
  Family family;
  std::string_view tos;
  std::string_view ttl;
  std::string_view bad_id;
  std::string_view bad_tos;
  std::string_view bad_ttl;
};
constexpr IpMessages kIp4{"ip",
                          Family::ipv4,
                          "tos",
                          "ttl",
                          "encap id {} value is invalid",
                          "dsfield {} not valid for ip encapsulation",
                          "ttl {} is not valid for ip encapsulation"};
constexpr IpMessages kIp6{"ip6",
                          Family::ipv6,
                          "tc",
                          "hoplimit",
                          "id {} value invalid for IPv6 encapsulation",
                          "tc value {} is invalid for ip6 encapsulation",
                          "Invalid hoplimit {} specified for ip6 encapsulation"};

IpAddress read_end(RouteReader& entry, const IpMessages& kind, std::string_view which) {
  const auto address = entry.address(fmt::format("Invalid encap {} {} {{}}", kind.name, which));
  if (!address) return {};
  if (address->family() != kind.family) {
    entry.fail("{} address {} not valid for {} encapsulation", address->is_v6() ? "IPv6" : "IPv4",
               address->to_string(), kind.name);
  }
  return *address;
}

/// False: the next word is no part of it.
bool read_part(RouteReader& entry, const IpMessages& kind, IpEncapsulation& ip) {
  const std::string invalid_flags =
      fmt::format("flags {{}} is not valid for {} encapsulation", kind.name);
  if (entry.take_if("id")) {
    ip.id = entry.number<std::uint64_t>(kind.bad_id);
  } else if (entry.take_if("dst")) {
    ip.destination = read_end(entry, kind, "dst");
  } else if (entry.take_if("src")) {
    ip.source = read_end(entry, kind, "src");
  } else if (entry.take_if(kind.tos)) {
    ip.tos =
        entry.word([&](std::string_view word) { return entry.names().tos(word); }, kind.bad_tos);
  } else if (entry.take_if(kind.ttl)) {
    ip.ttl = entry.number<std::uint8_t>(kind.bad_ttl);
  } else if (entry.take_if("flags")) {
    ip.flags = entry.number<std::uint16_t>(invalid_flags);
  } else {
    return false;
  }
  return true;
}

std::optional<Encapsulation> read_ip(RouteReader& entry, const IpMessages& kind) {
  IpEncapsulation ip;
  ip.family = kind.family;
  // As for the original, a name without a value is none of it.
  while (!entry.failed() && entry.has(2) && read_part(entry, kind, ip)) {
  }
  if (!entry.failed() && ip.destination.empty() && !ip.id) {
    entry.fail("address or id missing for {} encapsulation", kind.name);
  }
  return ip;
}

/// The words after `encap`.
std::optional<Encapsulation> read_encapsulation(RouteReader& entry) {
  if (entry.at_end()) {
    entry.fail("Missing encap type");
    return std::nullopt;
  }
  const std::string_view type = entry.take().text;
  if (type == "ip") return read_ip(entry, kIp4);
  if (type == "ip6") return read_ip(entry, kIp6);
  if (type != "mpls" && type != "ila") {
    entry.say(fmt::format("Unknown encap type - {}", type), "expected ip, ip6, mpls or ila");
    entry.drop();
    return std::nullopt;
  }
  if (entry.at_end()) {
    entry.fail("missing {}",
               type == "mpls" ? "address for MPLS encapsulation" : "locator for ILA encapsulation");
    return std::nullopt;
  }
  if (type == "mpls") return entry.word(parse_labels, "invalid mpls address {} for encapsulation");
  return entry.word(parse_locator, "invalid locator {} for ila encapsulation");
}

// --- nexthop ---

void read_gateway(RouteReader& entry, Nexthop& nexthop) {
  Family family = Family::none;
  if (entry.take_if("inet")) family = Family::ipv4;
  if (family == Family::none && entry.take_if("inet6")) family = Family::ipv6;
  if (!entry.join(family)) return entry.fail("IPv4/6 mismatch for nexthop");
  const auto address = entry.address("invalid nexthop address {}");
  if (!address) return;
  if (!entry.join(address->family())) return entry.fail("Address family mismatch for next hop");
  nexthop.gateway = *address;
}

void read_weight(RouteReader& entry, Nexthop& nexthop) {
  const auto weight = entry.number(kLargestWeight, "Invalid weight {} specified for route");
  if (!weight) return;
  if (*weight == 0) return entry.fail("Invalid weight 0 specified for route");
  nexthop.weight = static_cast<std::uint16_t>(*weight);
}

void read_nexthop_realms(RouteReader& entry, Nexthop& nexthop) {
  const auto realms = entry.word([&](std::string_view word) { return entry.names().realms(word); },
                                 "Invalid realms {} for route");
  if (!realms) return;
  if (!entry.join(Family::ipv4)) return entry.fail("realms are only supported for IPv4");
  nexthop.realms = *realms;
}

/// False: the next word is no part of it.
bool read_nexthop_part(RouteReader& entry, Nexthop& nexthop) {
  if (entry.take_if("via")) {
    read_gateway(entry, nexthop);
  } else if (entry.take_if("dev")) {
    nexthop.device = entry.device("WARNING - interface {} for VROUTE nexthop doesn't exist");
  } else if (entry.take_if("weight")) {
    read_weight(entry, nexthop);
  } else if (entry.take_if("onlink")) {
    nexthop.onlink = true;
  } else if (entry.take_if("encap")) {
    nexthop.encapsulation = read_encapsulation(entry);
  } else if (entry.take_if("realms")) {
    read_nexthop_realms(entry, nexthop);
  } else if (entry.take_if("as")) {
    entry.take_if("to");
    entry.fail("'as [to]' (nat) not supported");
  } else {
    return false;
  }
  return true;
}

/// All nexthops: they end the line. One that is wrong is left out, and what follows it.
void read_nexthops(RouteReader& entry) {
  if (!entry.route.nexthops.empty()) {
    entry.complain("Cannot specify nexthops with \"or\" route");
    return entry.fail("Route has trailing nonsense - nexthop");
  }
  do {
    Nexthop nexthop;
    while (!entry.failed() && !entry.at_end() && read_nexthop_part(entry, nexthop)) {
    }
    if (entry.failed()) return entry.forgive();
    entry.route.nexthops.push_back(std::move(nexthop));
  } while (entry.take_if("nexthop"));
  if (entry.at_end()) return;
  entry.complain("Route has trailing nonsense after nexthops - {}", entry.peek());
  entry.stop();
}

}  // namespace

void add_nexthop_rows(Block<RouteReader>& rows) {
  rows.statement("encap", "What packets are wrapped in.",
                 [](RouteReader& entry, const Binding&) {
                   entry.route.encapsulation = read_encapsulation(entry);
                 })
      .takes(
          "ip|ip6 [id N] [dst IP] [src IP] [tos|tc N] [ttl|hoplimit N] [flags N] | "
          "mpls LABEL[/LABEL] | ila LOCATOR",
          1, SIZE_MAX);
  rows.statement("nexthop", "One of several ways; nexthops end the line.",
                 [](RouteReader& entry, const Binding&) { read_nexthops(entry); })
      .takes(
          "[via [inet|inet6] IP] [dev INTERFACE] [weight 1..256] [onlink] [realms R[/R]] "
          "[encap …] …",
          0, SIZE_MAX)
      .adds_up();
}

}  // namespace understudy::vrrp
