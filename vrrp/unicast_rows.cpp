// unicast_*: adverts to named routers instead of a group.
#include <fmt/format.h>
#include <net/if.h>

#include <utility>

#include "vrrp/keywords.hpp"

namespace understudy::vrrp {

namespace {

using namespace parser;
using InstanceRows = Block<InstanceDraft>;
using OldChecksum = UnicastConfig::OldChecksum;

constexpr unsigned kHighestTtl = 255;

struct PeerEntry {
  UnicastPeer peer;
  /// A hop limit was given: it is checked who sends.
  bool limited = false;
};

void add_limit(Block<PeerEntry>& rows, const std::string& name, const std::string& fallback,
               std::uint8_t UnicastPeer::*member) {
  rows.value(name, "Hop limit its adverts may arrive with.", number<unsigned>(0, kHighestTtl),
             [member](PeerEntry& entry, unsigned value) {
               entry.peer.*member = static_cast<std::uint8_t>(value);
               entry.limited = true;
             })
      .by_default(fallback);
}

Block<PeerEntry> peer_options() {
  Block<PeerEntry> rows;
  add_limit(rows, "min_ttl", "0", &UnicastPeer::min_ttl);
  add_limit(rows, "max_ttl", "255", &UnicastPeer::max_ttl);
  return rows;
}

/// A line of unicast_peer, and how to complain about it.
class PeerLine {
 public:
  PeerLine(InstanceDraft& draft, const Binding& line) : draft_(draft), line_(line) {}

  /// The address; nullopt after a complaint.
  [[nodiscard]] std::optional<IpAddress> address() const {
    const auto address = parse_plain_address(word());
    if (!address) {
      line_.error_at(line_.words()[0],
                     fmt::format("Configuration error: VRRP instance[{}] malformed unicast peer "
                                 "address[{}]. Skipping...",
                                 draft_.name, word()));
      return std::nullopt;
    }
    if (draft_.family == Family::none) draft_.family = address->family();
    if (draft_.family == address->family()) return address;
    line_.error_at(line_.words()[0],
                   fmt::format("Configuration error: VRRP instance[{}] and unicast peer "
                               "address[{}] MUST be of the same family !!! Skipping...",
                               draft_.name, word()));
    return std::nullopt;
  }

  void read_options(PeerEntry& entry, const Block<PeerEntry>& options) const {
    const auto words = line_.words();
    for (std::size_t at = 1; at < words.size(); at += 2) {
      if (at + 1 == words.size()) {
        complain(words[at], fmt::format("{} is missing a value", words[at].text));
        return;
      }
      const Row<PeerEntry>* row = options.find(words[at].text);
      if (row == nullptr) {
        complain(words[at], fmt::format("unknown unicast_peer option {}", words[at].text));
        return;
      }
      row->apply(entry, line_.narrowed(words.subspan(at, 2)));
    }
  }

  void complain(const Word& about, const std::string& what) const {
    line_.error_at(about, fmt::format("({}) {} - {}", draft_.name, word(), what),
                   "expected: IP [min_ttl NUMBER] [max_ttl NUMBER]");
  }

 private:
  [[nodiscard]] std::string_view word() const { return line_.words()[0].text; }

  InstanceDraft& draft_;
  const Binding& line_;
};

void take_peer(InstanceDraft& draft, const Binding& binding, const Block<PeerEntry>& options) {
  const PeerLine line(draft, binding);
  const auto address = line.address();
  if (!address) return;
  PeerEntry entry;
  entry.peer.address = *address;
  line.read_options(entry, options);
  if (entry.limited) draft.unicast.edit().check_source = true;
  const Word& word = binding.words()[0];
  if (!draft.section->seen_in_block.insert("unicast_peer " + address->to_string()).second) {
    line.complain(word, "duplicate unicast_peer");
    return;
  }
  if (entry.peer.min_ttl > entry.peer.max_ttl) {
    line.complain(word, fmt::format("min_ttl {} > max_ttl {} - all packets will be discarded",
                                    entry.peer.min_ttl, entry.peer.max_ttl));
  }
  draft.unicast.edit().peers.push_back(entry.peer);
}

void take_vrf(InstanceDraft& draft, const Binding& binding) {
  const std::string name(binding.argument());
  std::string& vrf = draft.unicast.edit().vrf;
  const auto complain = [&](const std::string& what) {
    binding.error(fmt::format("({}) {}", draft.name, what));
  };
  if (name.size() >= IFNAMSIZ) {
    complain(fmt::format("VRF interface name '{}' too long - ignoring", name));
  } else if (!draft.interface.empty()) {
    complain("Cannot specify VRF interface and interface - ignoring");
  } else if (!vrf.empty()) {
    complain(fmt::format("VRF interface already specified as '{}' - ignoring", vrf));
  } else if (!check_interface(*draft.section, name)) {
    complain(fmt::format("WARNING - VRF interface {} doesn't exist", name));
  } else if (draft.section->facts(name).loopback) {
    complain(fmt::format("cannot use a loopback interface ({}) for VRF - ignoring", name));
  } else {
    vrf = name;
  }
}

void take_old_checksum(InstanceDraft& draft, const Binding& binding) {
  draft.unicast_configured = true;
  if (binding.arguments().empty()) {
    draft.unicast.edit().old_checksum = OldChecksum::always;
  } else if (binding.argument() == "never") {
    draft.unicast.edit().old_checksum = OldChecksum::never;
  } else {
    binding.error(fmt::format("({}) Unknown old_unicast_chksum mode {} - ignoring", draft.name,
                              binding.argument()),
                  "expected never or nothing");
  }
}

}  // namespace

void add_unicast_rows(InstanceRows& rows) {
  const auto options = std::make_shared<const Block<PeerEntry>>(peer_options());
  auto& peers = rows.entries(
      "unicast_peer", "Routers adverts go to instead of the group.",
      "IP [min_ttl NUMBER] [max_ttl NUMBER]",
      [options](InstanceDraft& draft, const Binding& line) { take_peer(draft, line, *options); });
  peers.adds_up().when_extra(kExtraParameters);
  peers.children = options;
  peers.apply = [inner = peers.apply](InstanceDraft& draft, const Binding& binding) {
    draft.unicast_configured = true;
    inner(draft, binding);
  };
  rows.flag("unicast_fault_no_peer", "FAULT instead of multicast when there is no peer.",
            [](InstanceDraft& draft, bool) {
              draft.unicast_configured = true;
              draft.unicast.edit().fault_without_peers = true;
            });
  rows.flag("check_unicast_src", "Accept adverts of configured peers only.",
            [](InstanceDraft& draft, bool) {
              draft.unicast_configured = true;
              draft.unicast.edit().check_source = true;
            });
  rows.value("unicast_ttl", "Hop limit of unicast adverts.", number<unsigned>(0, kHighestTtl),
             [](InstanceDraft& draft, unsigned value) {
               draft.unicast.edit().ttl = static_cast<std::uint8_t>(value);
             })
      .by_default("255; the kernel's for IPv6")
      .invalid("({2}): TTL '{1}' not valid - must be between 0 & 255");
  rows.statement("old_unicast_checksum",
                 "Checksum of unicast adverts as keepalived before 1.2.20 made it; never: do not "
                 "fall back to it.",
                 take_old_checksum)
      .takes("[never]", 0, 1)
      .by_default("as the peers do");
  rows.statement("vrf", "VRF of a unicast instance without interface.", take_vrf)
      .takes("INTERFACE", 1, 1);
}

}  // namespace understudy::vrrp
