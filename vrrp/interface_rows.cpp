// garp_group, interface_up_down_delays and linkbeat_interfaces: what is said of interfaces.
#include <fmt/format.h>

#include <array>
#include <chrono>
#include <optional>
#include <utility>

#include "vrrp/keywords.hpp"

namespace understudy::vrrp {

namespace {

using namespace parser;
using namespace std::chrono_literals;
using Microseconds = std::chrono::microseconds;

constexpr std::uint64_t kLongestPause = 0xffffffff;
constexpr std::uint64_t kLongestDelay = 255ULL * 1'000'000;
/// Decimals of a second.
constexpr unsigned kMicro = 6;

// --- garp_group ---

auto take_pause(std::optional<Microseconds> GarpGroup::*member) {
  return [member](GarpGroupDraft& draft, Microseconds value, const Binding& binding) {
    draft.group.*member = value;
    if (value < 1s) return;
    binding.report(Severity::note, fmt::format("The {} is very large - {} seconds",
                                               binding.keyword(), binding.argument()));
  };
}

void take_garp_interface(GarpGroupDraft& draft, const std::string& name, const Binding& binding) {
  if (!check_interface(*draft.section, name)) {
    binding.error(
        fmt::format("WARNING - interface {} specified for garp_group doesn't exist", name));
  } else if (draft.section->facts(name).is_vmac()) {
    binding.error(fmt::format("Cannot specify garp_delay on a vmac ({}) - ignoring", name));
  } else if (!draft.section->garp_interfaces.insert(name).second) {
    binding.error(fmt::format("garp_group already specified for {} - ignoring", name));
  } else {
    draft.group.interfaces.push_back(name);
  }
}

Block<GarpGroupDraft> garp_group_rows() {
  Block<GarpGroupDraft> rows;
  rows.value("garp_interval", "Seconds between two gratuitous ARPs.",
             decimal_seconds(0, kLongestPause), take_pause(&GarpGroup::garp_interval))
      .invalid("garp_group garp_interval '{1}' invalid");
  rows.value("gna_interval", "Seconds between two unsolicited neighbour advertisements.",
             decimal_seconds(0, kLongestPause), take_pause(&GarpGroup::gna_interval))
      .invalid("garp_group gna_interval '{1}' invalid");
  rows.value("interface", "An interface of the group.", text("INTERFACE"), take_garp_interface)
      .adds_up();
  auto& interfaces = rows.words("interfaces", "Interfaces that share the pause.", text("INTERFACE"),
                                take_garp_interface);
  interfaces.adds_up().when_extra(kExtraParameters);
  interfaces.apply = [inner = interfaces.apply](GarpGroupDraft& draft, const Binding& binding) {
    const auto lines = binding.tree().children(binding.node());
    if (lines.first() == lines.last()) {
      binding.report_at(Severity::error, binding.closing(),
                        "Warning - empty garp_group interfaces block");
      return;
    }
    ++draft.section->garp_interface_blocks;
    inner(draft, binding);
  };
  return rows;
}

void close_garp_group(VrrpDraft& section, GarpGroupDraft& draft, const Binding& binding) {
  GarpGroup& group = draft.group;
  if (group.garp_interval || group.gna_interval) {
    section.garp_groups.push_back(std::move(group));
  } else {
    binding.report_at(Severity::error, binding.closing(),
                      fmt::format("garp group {} does not have any delay set - removing",
                                  section.garp_interface_blocks));
    for (const auto& name : group.interfaces) section.garp_interfaces.erase(name);
  }
}

// --- interface_up_down_delays ---

/// What is wrong with the number has been said; that it is ignored is worth a note.
std::optional<Microseconds> read_delay(const Binding& line, const Word& word,
                                       std::string_view which) {
  const auto delay = parse_decimal(word.text, kMicro, 0, kLongestDelay);
  for (const auto& complaint : delay.complaints) line.error_at(word, complaint);
  if (delay.value) return Microseconds(*delay.value);
  line.report_at(Severity::note, word.at,
                 fmt::format("Invalid {} delay {} for {}", which, word.text, line.words()[0].text));
  return std::nullopt;
}

void take_delays(VrrpDraft& section, const Binding& line) {
  const auto words = line.words();
  InterfaceDelay delay{std::string(words[0].text)};
  const auto note = [&](std::string_view what) {
    line.report_at(Severity::note, line.here(),
                   fmt::format("{} for {} up/down delays", what, delay.interface));
  };
  if (!section.interface_exists(delay.interface)) {
    line.report_at(
        Severity::fatal, words[0].at,
        fmt::format("unknown interface {} specified for up/down delay", delay.interface));
    return;
  }
  if (words.size() < 2) {
    note("No timeouts specified");
    return;
  }
  if (words.size() > 3) note("Too many parameters");
  const auto down = read_delay(line, words[1], "down");
  if (!down) return;
  delay.down = *down;
  if (words.size() > 2) {
    const auto up = read_delay(line, words[2], "up");
    if (!up) return;
    delay.up = *up;
  }
  section.interface_delays.push_back(std::move(delay));
}

// --- linkbeat_interfaces ---

using Method = LinkbeatInterface::Method;
constexpr std::array<std::pair<std::string_view, Method>, 3> kMethods{
    {{"MII", Method::mii}, {"ETHTOOL", Method::ethtool}, {"IOCTL", Method::ioctl}}};

void take_linkbeat(VrrpDraft& section, const Binding& line) {
  const auto words = line.words();
  LinkbeatInterface entry{std::string(words[0].text)};
  if (!section.interface_exists(entry.interface)) {
    line.report_at(
        Severity::fatal, words[0].at,
        fmt::format("unknown interface {} specified for linkbeat interface", entry.interface));
    return;
  }
  if (section.facts(entry.interface).is_vmac()) {
    line.report_at(
        Severity::note, words[0].at,
        fmt::format("({}): linkbeat not supported for vmacs since netlink works", entry.interface));
    return;
  }
  if (words.size() > 1) {
    for (const auto& [name, method] : kMethods) {
      if (words[1].text == name) entry.method = method;
    }
    if (entry.method == Method::any || words.size() > 2) {
      line.error_at(words[1],
                    fmt::format("extra characters {} in linkbeat interface", words[1].text),
                    "expected: INTERFACE [MII|ETHTOOL|IOCTL]");
    }
  }
  section.linkbeat_interfaces.push_back(std::move(entry));
}

}  // namespace

void add_interface_rows(Block<VrrpDraft>& rows) {
  rows.block(
          "garp_group", "Interfaces that share a pause between announcements.", garp_group_rows(),
          [](VrrpDraft& section, const Binding&) {
            section.garp_group = {&section, {}};
            return &section.garp_group;
          },
          close_garp_group)
      .adds_up()
      .reported_by(Stage::vrrp);
  rows.entries("interface_up_down_delays", "Seconds a link must be down, or up, until it counts.",
               "INTERFACE DOWN [UP]", take_delays)
      .when_extra(kExtraParameters)
      .adds_up()
      .reported_by(Stage::vrrp);
  rows.entries("linkbeat_interfaces", "Interfaces whose link is asked for time and again.",
               "INTERFACE [MII|ETHTOOL|IOCTL]", take_linkbeat)
      .when_extra(kExtraParameters)
      .adds_up()
      .reported_by(Stage::vrrp);
}

}  // namespace understudy::vrrp
