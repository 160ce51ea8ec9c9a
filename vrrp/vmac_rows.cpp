// use_vmac, use_ipvlan and what goes with them: the interface a virtual router has of its own.
#include <fmt/format.h>
#include <net/if.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

#include "vrrp/routing_rows.hpp"

namespace understudy::vrrp {

namespace {

using namespace parser;
using InstanceRows = Block<InstanceDraft>;
using MacAddress = std::array<std::uint8_t, 6>;
using Kind = InterfaceFacts::Kind;

/// RFC 9568 section 7.3: the first four octets of the protocol's own addresses.
constexpr std::array<std::uint8_t, 4> kProtocolPrefix{0x00, 0x00, 0x5e, 0x00};

/// A MAC address as configured.
struct Mac {
  MacAddress address{};
  /// Five octets: the VRID is the last.
  bool ends_in_vrid = false;
};

/// Five or six octets of one or two hexadecimal digits with ':' between them. As the original,
/// blind to what follows the sixth.
std::optional<Mac> parse_mac(std::string_view text) {
  constexpr int kHexadecimal = 16;
  Mac mac;
  for (std::size_t octet = 0; octet < mac.address.size(); ++octet) {
    const bool last_but_one = octet + 2 == mac.address.size();
    const std::size_t colon = text.find(':');
    const std::string_view digits = text.substr(0, colon);
    if (digits.empty() || digits.size() > 2) return std::nullopt;
    mac.address[octet] =
        static_cast<std::uint8_t>(std::stoul(std::string(digits), nullptr, kHexadecimal));
    text.remove_prefix(colon == std::string_view::npos ? text.size() : colon + 1);
    if (last_but_one && text.empty()) {
      mac.ends_in_vrid = true;
      return mac;
    }
    if (text.empty() && octet + 1 < mac.address.size()) return std::nullopt;
  }
  return mac;
}

bool is_protocol_address(const MacAddress& address) {
  const auto family = address[kProtocolPrefix.size()];
  return std::equal(kProtocolPrefix.begin(), kProtocolPrefix.end(), address.begin()) &&
         (family == 1 || family == 2);
}

/// As the kernel's dev_valid_name().
bool is_device_name(std::string_view name) {
  return !name.empty() && name.size() < IFNAMSIZ && name != "." && name != ".." &&
         std::ranges::none_of(
             name, [](unsigned char c) { return c == '/' || c == ':' || std::isspace(c) != 0; });
}

/// The number of an interface group.
std::optional<std::uint32_t> take_group(InstanceDraft& draft, std::string_view prefix,
                                        const Binding& option) {
  auto group = iproute_names(*draft.section).group(option.argument());
  if (!group) option.error(fmt::format("{} group {} not found", prefix, option.argument()));
  return group;
}

/// Whether the name is free for this instance; complains if not.
bool claim_name(InstanceDraft& draft, const std::string& name, const Binding& option) {
  const auto& names = draft.section->vmac_names;
  const auto user = names.find(name);
  if (user == names.end() || user->second == draft.name) return true;
  option.report_at(Severity::error, option.words().back().at,
                   fmt::format("({}) VRRP instance {} is already using {} - ignoring name",
                               draft.name, user->second, name));
  return false;
}

/// Whether an interface of that name is there, and none of the wanted kind.
bool is_taken(const InstanceDraft& draft, const std::string& name, Kind wanted) {
  return draft.section->interface_is_there(name) && draft.section->facts(name).kind != wanted;
}

// --- use_vmac ---

/// Words of use_vmac after their keyword; `option.words().back()` is what they say.
void take_vmac_name(InstanceDraft& draft, const Binding& option) {
  const Word& word = option.words().back();
  const std::string name(word.text);
  VirtualMac& vmac = draft.vmac.edit();
  if (!vmac.name.empty()) {
    option.error_at(word, "VMAC interface name already specified");
  } else if (!is_device_name(name)) {
    option.error_at(word, fmt::format("VMAC interface name '{}' too long or invalid characters - "
                                      "ignoring",
                                      name));
  } else if (claim_name(draft, name, option)) {
    if (is_taken(draft, name, Kind::private_macvlan)) {
      option.error_at(word, fmt::format("({}) interface {} already exists and is not a private "
                                        "macvlan; ignoring vmac if_name",
                                        draft.name, name));
      return;
    }
    vmac.name = name;
    draft.section->vmac_names.emplace(name, draft.name);
  }
}

void take_mac(InstanceDraft& draft, const Word& word, const Binding& binding) {
  VirtualMac& vmac = draft.vmac.edit();
  const auto complain = [&](std::string_view format) {
    binding.error_at(word, fmt::format(fmt::runtime(format), word.text),
                     "expected five or six octets, 02:00:00:00:00 or 02:00:00:00:00:01");
  };
  if (vmac.address) {
    complain("VMAC interface address already specified");
    return;
  }
  if (word.text.find_first_not_of("0123456789ABCDEFabcdef:") != std::string_view::npos) {
    complain("VMAC invalid MAC address {}");
    return;
  }
  const auto mac = parse_mac(word.text);
  if (!mac) {
    complain("VMAC invalid MAC address {} - ignored");
  } else if ((mac->address[0] & 1U) != 0) {
    complain("VMAC MAC address is multicast {} - ignoring");
  } else if (is_protocol_address(mac->address)) {
    complain("VMAC MAC address not allowed to be RFC5798 address ({}) - ignoring");
  } else {
    vmac.address = mac->address;
    vmac.address_ends_in_vrid = mac->ends_in_vrid;
  }
}

InstanceRows vmac_options() {
  InstanceRows rows;
  rows.statement("name", "Name of the interface.", take_vmac_name).takes("INTERFACE", 1, 1);
  rows.statement(
          "netlink_notify_msg", "Tell listeners of netlink about the interface.",
          [](InstanceDraft& draft, const Binding&) { draft.vmac.edit().netlink_notify = true; })
      .takes("", 0, 0);
  rows.statement("group", "Interface group, a number or a name of iproute2's group file.",
                 [](InstanceDraft& draft, const Binding& option) {
                   if (const auto group = take_group(draft, "VMAC", option)) {
                     draft.vmac.edit().group = group;
                   }
                 })
      .takes("NUMBER|NAME", 1, 1);
  return rows;
}

/// Takes the words of a line: options with their arguments, and others, one by one.
template <typename Other>
void take_words(InstanceDraft& draft, const Binding& binding, const InstanceRows& options,
                Other take_other) {
  const auto words = binding.words();
  for (std::size_t at = 1; at < words.size();) {
    const Row<InstanceDraft>* row = options.find(words[at].text);
    if (row == nullptr) {
      take_other(words[at]);
      ++at;
      continue;
    }
    const std::size_t count = 1 + row->min_words;
    if (at + count > words.size()) {
      binding.missing(at + 1);
      return;
    }
    row->apply(draft, binding.narrowed(words.subspan(at, count)));
    at += count;
  }
}

void take_vmac(InstanceDraft& draft, const Binding& binding, const InstanceRows& options) {
  draft.vmac.edit().used = true;
  take_words(draft, binding, options, [&](const Word& word) {
    if (word.text.find(':') != std::string_view::npos) {
      take_mac(draft, word, binding);
    } else {
      take_vmac_name(draft, binding.narrowed(std::span(&word, 1)));
    }
  });
}

// --- use_ipvlan ---

void take_ipvlan_name(InstanceDraft& draft, const Binding& option) {
  const Word& word = option.words().back();
  const std::string name(word.text);
  Ipvlan& ipvlan = draft.ipvlan.edit();
  const auto complain = [&](const std::string& what) {
    option.error_at(word, fmt::format("({}) {}", draft.name, what));
  };
  if (!ipvlan.name.empty() || !draft.vmac->name.empty()) {
    complain(fmt::format("IPVLAN interface already specified - ignoring '{}'", name));
  } else if (name.size() >= IFNAMSIZ) {
    complain(fmt::format("IPVLAN interface name '{}' too long - ignoring", name));
  } else if (claim_name(draft, name, option)) {
    if (is_taken(draft, name, Kind::l2_ipvlan)) {
      complain(
          fmt::format("interface {} already exists and is not an l2 ipvlan; ignoring ipvlan "
                      "if_name",
                      name));
      return;
    }
    ipvlan.name = name;
    draft.section->vmac_names.emplace(name, draft.name);
  }
}

void take_ipvlan_address(InstanceDraft& draft, const Prefix& address, const Word& word,
                         const Binding& binding) {
  const auto complain = [&](std::string_view what) {
    binding.error_at(word, fmt::format("({}) ipvlan address{}", draft.name, what));
  };
  Ipvlan& ipvlan = draft.ipvlan.edit();
  if (ipvlan.address) {
    complain(fmt::format(" already specified - ignoring '{}'", word.text));
    return;
  }
  if (draft.family == Family::none) draft.family = address.address.family();
  if (draft.family != address.address.family()) {
    complain(fmt::format("[{}] MUST match vrrp instance family !!! Skipping...", word.text));
    return;
  }
  ipvlan.address = address;
  if (!draft.mcast_source) draft.mcast_source = address.address;
}

InstanceRows ipvlan_options() {
  InstanceRows rows;
  rows.statement("name", "Name of the interface.", take_ipvlan_name).takes("INTERFACE", 1, 1);
  const auto mode = [&](parser::RowText name, parser::RowText doc, Ipvlan::Mode value) {
    rows.statement(name, doc,
                   [value](InstanceDraft& draft, const Binding& option) {
                     if (draft.section->seen_in_block.insert("use_ipvlan mode").second) {
                       draft.ipvlan.edit().mode = value;
                       return;
                     }
                     option.error_at(option.words()[0],
                                     fmt::format("({}) ipvlan type already specified - ignoring "
                                                 "'{}'",
                                                 draft.name, option.keyword()));
                   })
        .takes("", 0, 0);
  };
  mode("bridge", "Instances on the same interface reach each other. The default.",
       Ipvlan::Mode::bridge);
  mode("private", "They do not.", Ipvlan::Mode::private_);
  mode("vepa", "They do by way of the switch.", Ipvlan::Mode::vepa);
  rows.statement("group", "Interface group, a number or a name of iproute2's group file.",
                 [](InstanceDraft& draft, const Binding& option) {
                   if (const auto group = take_group(draft, "ipvlan", option)) {
                     draft.ipvlan.edit().group = group;
                   }
                 })
      .takes("NUMBER|NAME", 1, 1);
  return rows;
}

/// "IP" or "IP/LENGTH".
std::optional<Prefix> parse_prefix(std::string_view text) {
  const std::size_t slash = text.find('/');
  const auto address = IpAddress::parse(text.substr(0, slash));
  if (!address) return std::nullopt;
  if (slash == std::string_view::npos) return Prefix{*address, address->max_prefix()};
  const auto length = parse_unsigned(text.substr(slash + 1), 0, address->max_prefix());
  if (!length) return std::nullopt;
  return Prefix{*address, static_cast<std::uint8_t>(*length)};
}

void take_ipvlan(InstanceDraft& draft, const Binding& binding, const InstanceRows& options) {
  draft.ipvlan.edit().used = true;
  take_words(draft, binding, options, [&](const Word& word) {
    if (const auto address = parse_prefix(word.text)) {
      take_ipvlan_address(draft, *address, word, binding);
    } else {
      take_ipvlan_name(draft, binding.narrowed(std::span(&word, 1)));
    }
  });
}

}  // namespace

void add_vmac_rows(InstanceRows& rows) {
  const auto vmac = std::make_shared<const InstanceRows>(vmac_options());
  auto& use_vmac = rows.statement(
      "use_vmac", "Use the virtual router's MAC address.",
      [vmac](InstanceDraft& draft, const Binding& binding) { take_vmac(draft, binding, *vmac); });
  use_vmac.takes("[[name] INTERFACE] [MAC] [netlink_notify_msg] [group NUMBER|NAME]", 0, SIZE_MAX);
  use_vmac.children = vmac;
  rows.flag("use_vmac_addr", "The same for addresses on other interfaces.",
            [](InstanceDraft& draft, bool) { draft.vmac.edit().for_addresses = true; });
  rows.flag("vmac_xmit_base", "Send adverts from the interface below.",
            [](InstanceDraft& draft, bool) { draft.vmac.edit().transmit_on_base = true; });
  const auto ipvlan = std::make_shared<const InstanceRows>(ipvlan_options());
  auto& use_ipvlan = rows.statement("use_ipvlan", "Use an ipvlan interface.",
                                    [ipvlan](InstanceDraft& draft, const Binding& binding) {
                                      take_ipvlan(draft, binding, *ipvlan);
                                    });
  use_ipvlan
      .takes("[[name] INTERFACE] [IP[/LENGTH]] [bridge|private|vepa] [group NUMBER|NAME]", 0,
             SIZE_MAX)
      .once("({2}) use_ipvlan already specified");
  use_ipvlan.children = ipvlan;
}

}  // namespace understudy::vrrp
