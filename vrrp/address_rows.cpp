// virtual_ipaddress { ADDRESS[/LENGTH] [dev IF] [scope S] … }, and static_ipaddress alike.
#include <fmt/format.h>
#include <linux/if_addr.h>
#include <net/if.h>

#include <array>
#include <utility>

#include "parser/values.hpp"
#include "vrrp/address_options.hpp"
#include "vrrp/routing_rows.hpp"

namespace understudy::vrrp {

namespace {

using namespace parser;

/// How `brd` gives the broadcast address.
enum class Broadcast : std::uint8_t { absent, given, all_ones, all_zeros };

/// An entry while its options are read.
struct Entry {
  VirtualAddress address;
  std::string track_group;
  /// As written, for complaints.
  std::string text;
  Broadcast broadcast = Broadcast::absent;
  bool has_preferred_lifetime = false;
  VrrpDraft* section = nullptr;
  /// Something was wrong with it that leaves nothing to add.
  bool dropped = false;
};

using Options = Block<Entry>;

constexpr const char* kSyntax = "IP[/LENGTH] [OPTION ...]";

/// An option with a word after it; without one the entry is dropped.
template <typename Take>
Row<Entry>& option(Options& rows, parser::RowText names, parser::RowText doc,
                   parser::RowText syntax, Take take) {
  return rows
      .statement(names, doc,
                 [take](Entry& entry, const Binding& binding) {
                   if (binding.arguments().empty()) {
                     binding.error(fmt::format("No {} parameter specified for {}",
                                               binding.keyword(), entry.text));
                     entry.dropped = true;
                   } else {
                     take(entry, binding);
                   }
                 })
      .takes(syntax, 0, 1)
      .adds_up();
}

void take_device(Entry& entry, const Binding& binding) {
  const std::string name(binding.argument());
  if (!entry.address.device->empty()) {
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
  const auto scope = iproute_names(*entry.section).scope(binding.argument());
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
    entry.address.details.edit().broadcast.reset();
    if (*address != IpAddress(in_addr{})) entry.address.details.edit().broadcast = *address;
    entry.broadcast = Broadcast::given;
    return;
  }
  binding.error(
      fmt::format("VRRP is trying to assign invalid broadcast {}. skipping VIP...", word));
  entry.dropped = true;
}

void take_label(Entry& entry, const Binding& binding) {
  entry.address.details.edit().label = binding.argument();
  if (entry.address.details->label.size() < IFNAMSIZ) return;
  binding.error(fmt::format("Address label {} is longer than maximum length {} - removing address",
                            entry.address.details->label, IFNAMSIZ - 1));
  entry.dropped = true;
}

void take_peer(Entry& entry, const Binding& binding) {
  const auto word = binding.argument();
  if (entry.address.details->peer) {
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
    entry.address.details.edit().peer = *peer;
  }
}

void take_preferred_lifetime(Entry& entry, const Binding& binding) {
  const auto word = binding.argument();
  const auto seconds = word == "forever" ? Result<std::uint64_t>(VirtualAddress::kForever)
                                         : parse_unsigned(word, 0, VirtualAddress::kForever);
  if (seconds) {
    entry.address.preferred_lifetime = static_cast<std::uint32_t>(*seconds);
    entry.has_preferred_lifetime = true;
  } else {
    binding.error(seconds.error().message);
    binding.error(fmt::format("preferred_lft {} is invalid", word));
  }
}

void take_track_group(Entry& entry, const Binding& binding) {
  const std::string name(binding.argument());
  if (!entry.track_group.empty()) {
    binding.error(fmt::format("track_group {} is a duplicate", name));
  } else if (entry.section->track_groups.contains(name)) {
    entry.track_group = name;
  } else {
    binding.error(fmt::format("track_group {} not found", name),
                  "a track_group comes before what refers to it");
  }
}

void add_flags(Options& rows, bool is_static) {
  for (const auto& [name, flag, doc] : kAddressFlags) {
    rows.flag(name, std::string(doc),
              [flag = flag](Entry& entry, bool) { entry.address.flags |= flag; });
  }
  rows.flag("-nodad", "The kernel looks for duplicates of it; IPv6.",
            [](Entry& entry, bool) { entry.address.detect_duplicates = true; });
  rows.flag("no_track", "Its removal by others does not matter.",
            [](Entry& entry, bool) { entry.address.no_track = true; });
  if (is_static) return;
  rows.flag("use_vmac", "On an interface with the virtual router's MAC address.",
            [](Entry& entry, bool) { entry.address.use_vmac = true; });
}

Options option_rows(bool is_static) {
  Options rows;
  rows.unknown_message = "Unknown configuration entry '{0}' for ip address - ignoring";
  option(rows, "dev", "Interface it is added to.", "INTERFACE", take_device)
      .by_default(is_static ? "default_interface" : "the instance's interface");
  option(rows, "scope", "Kernel scope: global, site, link, host, nowhere or a number; IPv4.",
         "SCOPE", take_scope)
      .accepts("0..255, or a name")
      .by_default("global");
  option(rows, "brd|broadcast", "Broadcast address; + or -: host bits all one or zero.", "IP|+|-",
         take_broadcast);
  option(rows, "label", "Name of the address, INTERFACE:TEXT; IPv4.", "NAME", take_label)
      .accepts("at most 15 characters");
  option(rows, "peer", "Address of the other end.", "IP", take_peer);
  option(rows, "preferred_lft", "Seconds it is preferred, or forever; IPv6.", "SECONDS|forever",
         take_preferred_lifetime)
      .accepts("0..4294967295, or forever")
      .by_default("0 for IPv6 addresses of length 128, else forever");
  add_flags(rows, is_static);
  if (is_static) {
    option(rows, "track_group", "The track_group whose instances depend on it.", "NAME",
           take_track_group);
  }
  return rows;
}

/// Address and prefix length at the front of an entry; 0 when there is no address.
std::size_t take_address(VrrpDraft& section, const Binding& line, Entry& entry) {
  const Word& word = line.words()[0];
  entry.text = word.text;
  entry.section = &section;
  const auto prefix = read_prefix(line, word, true);
  if (!prefix) return 0;
  entry.address.address = prefix->address;
  entry.address.prefix_length = prefix->length;
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
  if (address.details->peer) {
    line.error_at(word, "Cannot specify broadcast and peer addresses - ignoring broadcast address");
    address.details.edit().broadcast.reset();
  } else if (entry.broadcast == Broadcast::given) {
    return;
  } else if (address.prefix_length > kLongestWithBroadcast) {
    line.error_at(word, fmt::format("Address prefix length {} too long for broadcast",
                                    address.prefix_length));
  } else {
    address.details.edit().broadcast =
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
  clear(!entry.address.details->label.empty(), "label");
  entry.address.scope = 0;
  if (!entry.address.details->label.empty()) entry.address.details.edit().label.clear();
  if (!entry.has_preferred_lifetime &&
      entry.address.prefix_length == entry.address.address.max_prefix()) {
    // Deprecated, so that the kernel does not take it as a source address by itself.
    entry.address.preferred_lifetime = 0;
  }
}

/// What can be said only when the whole line is read.
void finish(Entry& entry, const Binding& line) {
  const Word& word = line.words()[0];
  finish_broadcast(entry, word, line);
  if (entry.address.address.is_v6()) finish_ipv6(entry, word, line);
}

/// Whether the address is there already; an excluded one may be on another interface too.
bool is_duplicate(const InstanceDraft& draft, const Entry& entry, bool excluded,
                  const Binding& line) {
  const std::pair key(entry.address.address, *entry.address.device);
  const auto& vips = draft.address_index;
  const auto same_address = vips.lower_bound({key.first, {}});
  const bool is_vip = excluded ? vips.contains(key)
                               : same_address != vips.end() && same_address->first == key.first;
  if (!is_vip && !draft.excluded_index.contains(key)) return false;
  line.error_at(line.words()[0],
                fmt::format("({}): {}VIP duplicates {} VIP {} - ignoring", draft.name,
                            excluded ? "Excluded " : "", is_vip ? "a" : "an excluded", entry.text));
  return true;
}

void commit(InstanceDraft& draft, Entry&& entry, const Binding& line, bool excluded) {
  if (entry.dropped) return;
  finish(entry, line);
  if (!excluded) {
    const Family family = entry.address.address.family();
    if (draft.family == Family::none) draft.family = family;
    if (draft.family != family) {
      line.error_at(line.words()[0],
                    fmt::format("({}): address family must match VRRP instance [{}] - ignoring",
                                draft.name, entry.text));
      return;
    }
  }
  if (is_duplicate(draft, entry, excluded, line)) return;
  (excluded ? draft.excluded_index : draft.address_index)
      .emplace(entry.address.address, *entry.address.device);
  (excluded ? draft.excluded : draft.addresses).push_back(std::move(entry.address));
}

void commit_static(VrrpDraft& section, Entry&& entry, const Binding& line) {
  if (entry.dropped) return;
  finish(entry, line);
  if (entry.address.device->empty()) {
    const std::string& fallback = section.global->default_interface;
    if (!check_interface(section, fallback)) {
      line.report_at(Severity::fatal, line.words()[0].at,
                     fmt::format("Static address {} requires either an interface or default "
                                 "interface must exist",
                                 entry.text),
                     fmt::format("there is no interface {}: add 'dev INTERFACE', or set "
                                 "default_interface in global_defs",
                                 fallback));
      return;
    }
    entry.address.device = fallback;
  }
  section.routing.addresses.push_back({std::move(entry.address), std::move(entry.track_group)});
}

}  // namespace

void add_address_rows(Block<InstanceDraft>& rows) {
  const auto add = [&](parser::RowText name, parser::RowText doc, bool excluded) {
    rows.entries(
            name, doc, kSyntax, option_rows(false),
            [](InstanceDraft& draft, const Binding& line, Entry& entry) {
              return take_address(*draft.section, line, entry);
            },
            [excluded](InstanceDraft& draft, Entry&& entry, const Binding& line) {
              commit(draft, std::move(entry), line, excluded);
            })
        .when_extra(kExtraParameters)
        .adds_up();
  };
  add("virtual_ipaddress", "Addresses the master has, told in adverts.", false);
  add("virtual_ipaddress_excluded", "Further addresses the master has.", true);
  rows.flag("no_virtual_ipaddress", "It is meant to have no address.",
            &InstanceDraft::no_addresses);
}

void add_static_address_rows(Block<VrrpDraft>& rows) {
  rows.entries("static_ipaddress", "Addresses that are always there.", kSyntax, option_rows(true),
               take_address, commit_static)
      .when_extra(kExtraParameters)
      .adds_up()
      .reported_by(Stage::vrrp);
}

}  // namespace understudy::vrrp
