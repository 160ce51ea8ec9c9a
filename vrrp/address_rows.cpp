// virtual_ipaddress { ADDRESS[/LENGTH] [dev IF] [scope S] … }.
#include <fmt/format.h>
#include <net/if.h>

#include <array>
#include <utility>

#include "vrrp/keywords.hpp"

namespace understudy::vrrp {

namespace {

using namespace parser;

/// How `brd` gives the broadcast address.
enum class Broadcast : std::uint8_t { absent, given, all_ones, all_zeros };

/// An entry while its options are read.
struct Entry {
  VirtualAddress address;
  /// As written, for complaints.
  std::string text;
  Broadcast broadcast = Broadcast::absent;
  VrrpDraft* section = nullptr;
  /// Something was wrong with it that leaves nothing to add.
  bool dropped = false;
};

using Options = Block<Entry>;

/// Names of scopes as iproute2's rt_scopes has them.
constexpr std::array<std::pair<std::string_view, std::uint8_t>, 5> kScopes{
    {{"global", 0}, {"nowhere", 255}, {"host", 254}, {"link", 253}, {"site", 200}}};

std::optional<std::uint8_t> parse_scope(std::string_view word) {
  for (const auto& [name, value] : kScopes) {
    if (word == name) return value;
  }
  const auto number = parse_unsigned(word, 0, 255);
  if (!number || word.empty()) return std::nullopt;
  return static_cast<std::uint8_t>(*number);
}

/// An option with a word after it; without one the entry is dropped.
template <typename Take>
void option(Options& rows, std::string_view names, std::string doc, std::string syntax, Take take) {
  rows.statement(names, std::move(doc),
                 [take](Entry& entry, const Binding& binding) {
                   if (binding.arguments().empty()) {
                     binding.error(fmt::format("No {} parameter specified for {}",
                                               binding.keyword(), entry.text));
                     entry.dropped = true;
                   } else {
                     take(entry, binding);
                   }
                 })
      .takes(std::move(syntax), 0, 1)
      .adds_up();
}

void take_device(Entry& entry, const Binding& binding) {
  const std::string name(binding.argument());
  if (!entry.address.device.empty()) {
    binding.error(fmt::format("Cannot specify ipaddress device more than once for {}", entry.text));
    entry.dropped = true;
  } else if (!check_interface(*entry.section, name)) {
    binding.error(
        fmt::format("WARNING - interface {} for ip address {} doesn't exist", name, entry.text));
    entry.dropped = true;
  } else {
    entry.address.device = name;
  }
}

void take_scope(Entry& entry, const Binding& binding) {
  const auto scope = parse_scope(binding.argument());
  if (scope) {
    entry.address.scope = *scope;
  } else {
    binding.error(fmt::format("Invalid scope '{}' specified for {} - ignoring", binding.argument(),
                              entry.text));
  }
}

void take_broadcast(Entry& entry, const Binding& binding) {
  if (entry.address.address.is_v6()) {
    binding.error(
        fmt::format("VRRP is trying to assign a broadcast {} to the IPv6 address {} !!?? WTF... "
                    "skipping VIP...",
                    binding.keyword(), entry.text));
    entry.dropped = true;
    return;
  }
  const auto word = binding.argument();
  if (word == "+" || word == "-") {
    entry.broadcast = word == "+" ? Broadcast::all_ones : Broadcast::all_zeros;
    return;
  }
  const auto address = IpAddress::parse(word);
  if (address && address->is_v4()) {
    entry.address.broadcast = *address;
    entry.broadcast = Broadcast::given;
    return;
  }
  binding.error(
      fmt::format("VRRP is trying to assign invalid broadcast {}. skipping VIP...", word));
  entry.dropped = true;
}

void take_label(Entry& entry, const Binding& binding) {
  entry.address.label = binding.argument();
  if (entry.address.label.size() < IFNAMSIZ) return;
  binding.error(fmt::format("Address label {} is longer than maximum length {} - removing address",
                            entry.address.label, IFNAMSIZ - 1));
  entry.dropped = true;
}

void take_peer(Entry& entry, const Binding& binding) {
  const auto word = binding.argument();
  if (entry.address.peer) {
    binding.error(fmt::format("Peer {} - another peer has already been specified", word));
    return;
  }
  const auto peer = IpAddress::parse(word);
  if (!peer) {
    binding.error(fmt::format("VRRP parsed invalid IP {}. skipping IP...", word));
    binding.error(fmt::format("Invalid peer address {}", word));
  } else if (peer->family() != entry.address.address.family()) {
    binding.error(fmt::format("Peer address {} does not match address family", word));
  } else {
    if (entry.address.prefix_length != peer->max_prefix()) {
      binding.error("Cannot specify address prefix when specifying peer address - ignoring");
    }
    entry.address.prefix_length = peer->max_prefix();
    entry.address.peer = *peer;
  }
}

Options option_rows() {
  Options rows;
  rows.unknown_message = "Unknown configuration entry '{0}' for ip address - ignoring";
  option(rows, "dev", "Interface it is added to.", "INTERFACE", take_device);
  option(rows, "scope", "Kernel scope: global, site, link, host, nowhere or a number.", "SCOPE",
         take_scope);
  option(rows, "brd|broadcast", "Broadcast address; + or -: host bits all one or zero.", "IP|+|-",
         take_broadcast);
  option(rows, "label", "Name of the address, INTERFACE:TEXT.", "NAME", take_label);
  option(rows, "peer", "Address of the other end.", "IP", take_peer);
  option(rows, "preferred_lft", "Seconds it is preferred, or forever; without effect yet.",
         "SECONDS", [](Entry&, const Binding& binding) {
           if (binding.argument() == "forever") return;
           const auto seconds = parse_unsigned(binding.argument(), 0, 0xffffffff);
           if (seconds) return;
           binding.error(seconds.error().message);
           binding.error(fmt::format("preferred_lft {} is invalid", binding.argument()));
         });
  for (const auto* flag :
       {"home", "-nodad", "mngtmpaddr", "noprefixroute", "autojoin", "no_track", "use_vmac"}) {
    rows.flag(flag, "Address flag; without effect yet.", [](Entry&, bool) {}).no_effect = true;
  }
  return rows;
}

/// Address and prefix length at the front of an entry; 0 when there is no address.
std::size_t take_address(InstanceDraft& draft, const Binding& line, Entry& entry) {
  const Word& word = line.words()[0];
  entry.text = word.text;
  entry.section = draft.section;
  const std::size_t slash = entry.text.find('/');
  // The length is looked at first, so that both complaints are made about an entry wrong in both.
  const std::uint8_t longest = entry.text.find(':') == std::string::npos ? 32 : 128;
  entry.address.prefix_length = longest;
  if (slash != std::string::npos) {
    const auto length = parse_unsigned(std::string_view(entry.text).substr(slash + 1), 0, longest);
    if (length) {
      entry.address.prefix_length = static_cast<std::uint8_t>(*length);
    } else {
      line.error_at(word, length.error().message);
      line.error_at(word, fmt::format("Invalid address prefix len {} for address {} - using {}",
                                      entry.text.substr(slash + 1), entry.text, longest));
    }
  }
  const auto address = IpAddress::parse(std::string_view(entry.text).substr(0, slash));
  if (!address) {
    line.error_at(word, fmt::format("VRRP parsed invalid IP {}. skipping IP...", entry.text));
    return 0;
  }
  entry.address.address = *address;
  return 1;
}

/// The network's address with all host bits one or zero.
IpAddress host_bits(const IpAddress& address, std::uint8_t prefix_length, bool ones) {
  const std::uint32_t mask = 0xffffffffU >> prefix_length;
  const std::uint32_t host = ntohl(address.v4().s_addr);
  return IpAddress(in_addr{htonl(ones ? host | mask : host & ~mask)});
}

void finish_broadcast(Entry& entry, const Word& word, const Binding& line) {
  constexpr std::uint8_t kLongestWithBroadcast = 30;
  VirtualAddress& address = entry.address;
  if (entry.broadcast == Broadcast::absent) return;
  if (address.peer) {
    line.error_at(word, "Cannot specify broadcast and peer addresses - ignoring broadcast address");
    address.broadcast.reset();
  } else if (entry.broadcast == Broadcast::given) {
    return;
  } else if (address.prefix_length > kLongestWithBroadcast) {
    line.error_at(word, fmt::format("Address prefix length {} too long for broadcast",
                                    address.prefix_length));
  } else {
    address.broadcast =
        host_bits(address.address, address.prefix_length, entry.broadcast == Broadcast::all_ones);
  }
}

void finish_ipv6(Entry& entry, const Word& word, const Binding& line) {
  const auto clear = [&](bool given, std::string_view what) {
    if (given) {
      line.error_at(word, fmt::format("Cannot specify {0} for IPv6 addresses ({1}) - ignoring {0}",
                                      what, entry.text));
    }
  };
  clear(entry.address.scope != 0, "scope");
  clear(!entry.address.label.empty(), "label");
  entry.address.scope = 0;
  entry.address.label.clear();
}

/// Whether the address is there already; an excluded one may be on another interface too.
bool is_duplicate(const InstanceDraft& draft, const Entry& entry, bool excluded, const Word& word,
                  const Binding& line) {
  const auto report = [&](std::string_view of) {
    line.error_at(word, fmt::format("({}): {}VIP duplicates {} VIP {} - ignoring", draft.name,
                                    excluded ? "Excluded " : "", of, entry.text));
    return true;
  };
  for (const auto& known : draft.addresses) {
    if (known.address == entry.address.address &&
        (!excluded || known.device == entry.address.device)) {
      return report("a");
    }
  }
  for (const auto& known : draft.excluded) {
    if (known.address == entry.address.address && known.device == entry.address.device) {
      return report("an excluded");
    }
  }
  return false;
}

void commit(InstanceDraft& draft, Entry&& entry, const Binding& line, bool excluded) {
  if (entry.dropped) return;
  const Word& word = line.words()[0];
  finish_broadcast(entry, word, line);
  if (entry.address.address.is_v6()) finish_ipv6(entry, word, line);
  if (!excluded) {
    const Family family = entry.address.address.family();
    if (draft.family == Family::none) draft.family = family;
    if (draft.family != family) {
      line.error_at(word,
                    fmt::format("({}): address family must match VRRP instance [{}] - ignoring",
                                draft.name, entry.text));
      return;
    }
  }
  if (is_duplicate(draft, entry, excluded, word, line)) return;
  (excluded ? draft.excluded : draft.addresses).push_back(std::move(entry.address));
}

}  // namespace

void add_address_rows(Block<InstanceDraft>& rows) {
  const std::string syntax = "IP[/LENGTH] [OPTION ...]";
  rows.entries("virtual_ipaddress", "Addresses the master has, told in adverts.", syntax,
               option_rows(), take_address,
               [](InstanceDraft& draft, Entry&& entry, const Binding& line) {
                 commit(draft, std::move(entry), line, false);
               })
      .when_extra("Block {0} has extra parameters {1} ...")
      .adds_up();
  rows.entries("virtual_ipaddress_excluded", "Further addresses the master has.", syntax,
               option_rows(), take_address,
               [](InstanceDraft& draft, Entry&& entry, const Binding& line) {
                 commit(draft, std::move(entry), line, true);
               })
      .when_extra("Block {0} has extra parameters {1} ...")
      .adds_up();
  rows.flag("no_virtual_ipaddress", "It is meant to have no address.",
            &InstanceDraft::no_addresses);
}

}  // namespace understudy::vrrp
