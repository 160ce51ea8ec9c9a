// virtual_server_group NAME { addresses, ranges, networks and firewall marks }.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "checkers/keywords.hpp"

namespace understudy::checkers {

namespace {

using namespace parser;
using Lines = Block<VirtualServerGroup>;

constexpr unsigned kUnlimited = 0xffffffff;
/// What the short form of a range can change: the last octet, the last two of IPv6.
constexpr std::size_t kLastPart4 = 1;
constexpr std::size_t kLastPart6 = 2;

using Octets = std::array<std::uint8_t, 16>;

Octets octets_of(const IpAddress& address) {
  Octets octets{};
  std::ranges::copy(address.bytes(), octets.begin());
  return octets;
}

IpAddress address_of(const Octets& octets, const IpAddress& like) {
  return IpAddress(std::span<const std::uint8_t>(octets).first(like.bytes().size()));
}

/// The text of what comes before a network's length or a range's end, and that.
struct Parts {
  std::string_view whole;
  std::string_view tail;
};

/// ADDRESS/LENGTH: the last address; nullopt: it is none, which has been reported.
std::optional<IpAddress> end_of_network(const Binding& line, const Parts& parts,
                                        const IpAddress& first) {
  const auto length = parse_unsigned(parts.tail, 1, first.max_prefix());
  if (!length || parts.tail.empty()) {
    line.error_at(line.words()[0], fmt::format("Invalid netmask - {} - skipping", parts.whole),
                  fmt::format("expected 1..{} after the '/'", first.max_prefix()));
    return std::nullopt;
  }
  Octets octets = octets_of(first);
  bool empty = true;
  for (std::size_t bit = *length; bit < first.max_prefix(); ++bit) {
    const auto mask = static_cast<std::uint8_t>(0x80U >> bit % 8);
    empty = empty && (octets[bit / 8] & mask) == 0;
    octets[bit / 8] = static_cast<std::uint8_t>(octets[bit / 8] | mask);
  }
  if (empty) return address_of(octets, first);
  line.error_at(line.words()[0],
                fmt::format("Address mask bits not empty - {} - skipping", parts.whole),
                fmt::format("a network starts where all bits after its {} are 0", *length));
  return std::nullopt;
}

/// ADDRESS-ADDRESS.
std::optional<IpAddress> end_of_long_range(const Binding& line, const Parts& parts,
                                           const IpAddress& first) {
  const auto last = parse_plain_address(parts.tail);
  std::string message;
  if (!last) {
    message = "Invalid range end {} - skipping";
  } else if (last->family() != first.family()) {
    message = "Range address families do not match {} - skipping";
  } else if (*last < first) {
    message = "Address range end is less than address range start - {} - skipping";
  } else {
    return last;
  }
  line.error_at(line.words()[0], fmt::format(fmt::runtime(message), parts.whole));
  return std::nullopt;
}

/// What stands after '-' in the short form, as a number; `extra` is what follows it.
struct ShortEnd {
  std::uint64_t value = 0;
  std::string_view extra;
};

ShortEnd read_short_end(std::string_view text, unsigned base) {
  ShortEnd end;
  std::size_t at = 0;
  for (; at < text.size(); ++at) {
    constexpr std::string_view kDigits = "0123456789abcdefABCDEF";
    const std::size_t digit = kDigits.find(text[at]);
    const std::size_t value = digit >= 16 && digit != std::string_view::npos ? digit - 6 : digit;
    if (value >= base) break;
    // Far above any that is accepted, and no danger of growing round.
    end.value = std::min<std::uint64_t>(end.value * base + value, kUnlimited);
  }
  end.extra = text.substr(at);
  return end;
}

/// ADDRESS-NUMBER: the number is the last part of the last address, in hexadecimal for IPv6.
std::optional<IpAddress> end_of_short_range(const Binding& line, const Parts& parts,
                                            const IpAddress& first) {
  const bool v6 = first.is_v6();
  const ShortEnd end = read_short_end(parts.tail, v6 ? 16 : 10);
  const std::size_t size = v6 ? kLastPart6 : kLastPart4;
  const Word& word = line.words()[0];
  if (!end.extra.empty()) {
    line.error_at(word, fmt::format("Virtual server group range '{}' has extra characters at end "
                                    "'{}'",
                                    parts.whole, end.extra));
    return std::nullopt;
  }
  if (end.value >= std::uint64_t{1} << (8 * size)) {
    line.error_at(word, fmt::format("Virtual server group range '{}' end '{}' too large",
                                    parts.whole, parts.tail));
    return std::nullopt;
  }
  Octets octets = octets_of(first);
  const std::size_t last = first.bytes().size() - 1;
  if (v6) octets[last - 1] = static_cast<std::uint8_t>(end.value >> 8U);
  octets[last] = static_cast<std::uint8_t>(end.value);
  const IpAddress address = address_of(octets, first);
  if (first < address) return address;
  line.error_at(word, fmt::format("Address range end is not greater than address range start - {} "
                                  "- skipping",
                                  parts.whole));
  return std::nullopt;
}

std::optional<IpAddress> end_of(const Binding& line, const IpAddress& first) {
  const std::string_view whole = line.words()[0].text;
  if (const auto slash = whole.find('/'); slash != std::string_view::npos) {
    return end_of_network(line, {whole, whole.substr(slash + 1)}, first);
  }
  const auto dash = whole.find('-');
  if (dash == std::string_view::npos) return first;
  const Parts parts{whole, whole.substr(dash + 1)};
  const bool full = parts.tail.find(first.is_v6() ? ':' : '.') != std::string_view::npos;
  return full ? end_of_long_range(line, parts, first) : end_of_short_range(line, parts, first);
}

void take_addresses(VirtualServerGroup& group, const Binding& line) {
  const auto start = read_server(line, 0);
  if (!start) {
    const auto words = line.words();
    const bool port =
        words.size() > 1 && words[1].text.find_first_not_of('0') != std::string_view::npos;
    line.error_at(words[0],
                  fmt::format("Invalid virtual server group IP address {} {}{} - skipping",
                              words[0].text, port ? "/port/" : "", port ? words[1].text : ""),
                  "expected an address, ADDRESS-ADDRESS, ADDRESS-NUMBER or ADDRESS/LENGTH, and a "
                  "port; or fwmark NUMBER");
    return;
  }
  const auto last = end_of(line, start->address);
  if (last) group.addresses.push_back({start->address, *last, start->port});
}

void take_mark(VirtualServerGroup& group, const Binding& line) {
  const auto mark = parse_unsigned(line.argument(), 0, kUnlimited);
  if (!mark) {
    line.error(mark.error().message);
    line.error(fmt::format("({}): fwmark '{}' must be in [0, 4294967295] - ignoring", group.name,
                           line.argument()));
    return;
  }
  Family family = Family::none;
  if (line.arguments().size() > 1) {
    const auto word = line.argument(1);
    if (word == "inet") family = Family::ipv4;
    if (word == "inet6") family = Family::ipv6;
    if (family == Family::none) {
      line.error_at(
          line.arguments()[1],
          fmt::format("({}): fwmark '{}' family {} unknown - ignoring", group.name, *mark, word),
          "expected inet or inet6");
      return;
    }
  }
  group.marks.push_back({static_cast<std::uint32_t>(*mark), family});
}

/// Whether it can be used; if not, that has been reported.
bool usable(const VirtualServerGroup& group, const Binding& block) {
  std::string message;
  if (group.addresses.empty() && group.marks.empty()) {
    message = "virtual server group {} has no entries - removing";
  } else if (has_family(group, Family::ipv4) && has_family(group, Family::ipv6) &&
             std::ranges::any_of(
                 group.marks, [](const GroupMark& mark) { return mark.family == Family::none; })) {
    message = "virtual server group {} cannot have IPv4, IPv6 and fwmark without family - removing";
  } else {
    return true;
  }
  block.report_at(Severity::error, block.closing(), fmt::format(fmt::runtime(message), group.name));
  return false;
}

}  // namespace

bool has_family(const VirtualServerGroup& group, Family family) {
  return std::ranges::any_of(group.addresses,
                             [family](const GroupAddresses& addresses) {
                               return addresses.first.family() == family;
                             }) ||
         std::ranges::any_of(group.marks,
                             [family](const GroupMark& mark) { return mark.family == family; });
}

void add_group_rows(Block<CheckersDraft>& rows) {
  auto lines = std::make_shared<Lines>();
  lines->statement("fwmark", "Packets with this mark.", take_mark)
      .takes("NUMBER [inet|inet6]", 1, 2)
      .accepts("0..4294967295")
      .adds_up();
  auto& row = rows.entries("virtual_server_group", "Services that have real servers in common.",
                           "ADDRESS[-END|/LENGTH] [PORT]", [](CheckersDraft&, const Binding&) {});
  row.adds_up().reported_by(Stage::checkers);
  row.min_words = row.max_words = 1;
  row.children = lines;
  row.apply = [lines](CheckersDraft& section, const Binding& block) {
    if (block.arguments().size() > 1) {
      const Word& word = block.arguments()[1];
      block.report_at(
          Severity::missing_argument, word.at,
          fmt::format("*** virtual_server_group has one name only: what is '{}'?", word.text));
      return;
    }
    VirtualServerGroup group;
    group.name = block.argument();
    Seen seen;
    for_each_entry(block, [&](const Binding& line) {
      const auto* option = lines->find(line.keyword());
      if (option == nullptr) {
        take_addresses(group, line);
      } else if (admit(*option, seen, line)) {
        option->apply(group, line);
      }
    });
    if (usable(group, block)) section.groups.push_back(std::move(group));
  };
}

}  // namespace understudy::checkers
