#include "vrrp/iproute_names.hpp"

#include <linux/rtnetlink.h>

#include <algorithm>
#include <array>
#include <boost/algorithm/string/classification.hpp>
#include <boost/algorithm/string/split.hpp>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <limits>
#include <set>
#include <span>
#include <unordered_set>
#include <utility>
#include <vector>

namespace understudy::vrrp {

namespace {

namespace fs = std::filesystem;
using Entry = std::pair<std::string_view, std::uint32_t>;

constexpr std::uint32_t kOctet = 255;

constexpr std::array<Entry, 12> kTypes{{{"local", RTN_LOCAL},
                                        {"nat", RTN_NAT},
                                        {"broadcast", RTN_BROADCAST},
                                        {"brd", RTN_BROADCAST},
                                        {"anycast", RTN_ANYCAST},
                                        {"multicast", RTN_MULTICAST},
                                        {"prohibit", RTN_PROHIBIT},
                                        {"unreachable", RTN_UNREACHABLE},
                                        {"blackhole", RTN_BLACKHOLE},
                                        {"xresolve", RTN_XRESOLVE},
                                        {"unicast", RTN_UNICAST},
                                        {"throw", RTN_THROW}}};

// Names that hold where the files give none to a number.
constexpr std::array<Entry, 3> kTables{
    {{"default", RT_TABLE_DEFAULT}, {"main", RT_TABLE_MAIN}, {"local", RT_TABLE_LOCAL}}};
constexpr std::array<Entry, 15> kProtocols{{{"none", RTPROT_UNSPEC},
                                            {"redirect", RTPROT_REDIRECT},
                                            {"kernel", RTPROT_KERNEL},
                                            {"boot", RTPROT_BOOT},
                                            {"static", RTPROT_STATIC},
                                            {"gated", RTPROT_GATED},
                                            {"ra", RTPROT_RA},
                                            {"mrt", RTPROT_MRT},
                                            {"zebra", RTPROT_ZEBRA},
                                            {"bird", RTPROT_BIRD},
                                            {"babel", RTPROT_BABEL},
                                            {"dnrouted", RTPROT_DNROUTED},
                                            {"xorp", RTPROT_XORP},
                                            {"ntk", RTPROT_NTK},
                                            {"dhcp", RTPROT_DHCP}}};
constexpr std::array<Entry, 5> kScopes{{{"global", RT_SCOPE_UNIVERSE},
                                        {"nowhere", RT_SCOPE_NOWHERE},
                                        {"host", RT_SCOPE_HOST},
                                        {"link", RT_SCOPE_LINK},
                                        {"site", RT_SCOPE_SITE}}};

std::optional<std::uint8_t> narrow(std::optional<std::uint32_t> value) {
  if (!value) return std::nullopt;
  return static_cast<std::uint8_t>(*value);
}

/// "NUMBER NAME # comment"; nullopt for a line that says nothing.
std::optional<std::pair<std::string, std::uint32_t>> parse_line(std::string line,
                                                                std::uint32_t max) {
  line.erase(std::find(line.begin(), line.end(), '#'), line.end());
  std::vector<std::string> words;
  boost::split(words, line, boost::is_any_of(" \t"), boost::token_compress_on);
  std::erase(words, "");
  if (words.size() != 2) return std::nullopt;
  const auto number = parse_c_number(words[0]);
  if (!number || *number > max) return std::nullopt;
  return std::pair(std::move(words[1]), static_cast<std::uint32_t>(*number));
}

/// The files NAME.d/*.conf of a directory, by name.
std::set<fs::path> drop_ins(const std::string& directory, std::string_view name) {
  std::set<fs::path> found;
  std::error_code error;
  const fs::path path = fs::path(directory) / (std::string(name) + ".d");
  for (fs::directory_iterator entry(path, error), end; !error && entry != end;
       entry.increment(error)) {
    const fs::path file = entry->path().filename();
    std::error_code ignored;
    if (file.extension() == ".conf" && fs::is_regular_file(entry->path(), ignored)) {
      found.insert(file);
    }
  }
  return found;
}

}  // namespace

/// One of the files.
struct IprouteNames::Kind {
  std::string_view file;
  std::uint32_t max;
  std::span<const Entry> defaults;
};

std::optional<std::uint64_t> parse_c_number(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(" \t\f\n\r\v"), text.size()));
  if (text.starts_with('+')) text.remove_prefix(1);
  int base = 10;
  if (text.starts_with("0x") || text.starts_with("0X")) {
    base = 16;
    text.remove_prefix(2);
  } else if (text.size() > 1 && text[0] == '0') {
    base = 8;
  }
  std::uint64_t value = 0;
  const char* last = text.data() + text.size();
  const auto result = std::from_chars(text.data(), last, value, base);
  if (result.ec != std::errc() || result.ptr != last) return std::nullopt;
  return value;
}

std::optional<std::uint8_t> parse_route_type(std::string_view word) {
  for (const auto& [name, type] : kTypes) {
    if (word == name) return static_cast<std::uint8_t>(type);
  }
  const auto number = parse_c_number(word);
  if (!number || *number > kOctet) return std::nullopt;
  return static_cast<std::uint8_t>(*number);
}

std::string route_type_text(std::uint8_t type) {
  for (const auto& [name, number] : kTypes) {
    if (number == type) return std::string(name);
  }
  return std::to_string(type);
}

std::optional<std::uint32_t> IprouteNames::table(std::string_view word) {
  return find(word, {"rt_tables", std::numeric_limits<std::uint32_t>::max(), kTables});
}

std::optional<std::uint8_t> IprouteNames::protocol(std::string_view word) {
  return narrow(find(word, {"rt_protos", kOctet, kProtocols}));
}

std::optional<std::uint8_t> IprouteNames::scope(std::string_view word) {
  return narrow(find(word, {"rt_scopes", kOctet, kScopes}));
}

std::optional<std::uint8_t> IprouteNames::tos(std::string_view word) {
  return narrow(find(word, {"rt_dsfield", kOctet, {}}));
}

std::optional<std::uint32_t> IprouteNames::group(std::string_view word) {
  return find(word, {"group", std::numeric_limits<std::int32_t>::max(), {}});
}

std::optional<std::uint32_t> IprouteNames::realms(std::string_view word) {
  constexpr unsigned kSourceShift = 16;
  const Kind kind{"rt_realms", kOctet, {}};
  const std::size_t slash = word.find('/');
  const auto first = find(word.substr(0, slash), kind);
  if (!first || slash == std::string_view::npos) return first;
  const auto second = find(word.substr(slash + 1), kind);
  if (!second) return std::nullopt;
  return *first << kSourceShift | *second;
}

std::optional<std::uint32_t> IprouteNames::find(std::string_view word, const Kind& kind) {
  if (const auto number = parse_c_number(word)) {
    if (*number > kind.max) return std::nullopt;
    return static_cast<std::uint32_t>(*number);
  }
  auto known = loaded_.find(kind.file);
  if (known == loaded_.end()) known = loaded_.emplace(kind.file, load(kind)).first;
  const auto found = known->second.find(std::string(word));
  return found == known->second.end() ? std::nullopt : std::optional(found->second);
}

IprouteNames::Names IprouteNames::load(const Kind& kind) const {
  Names names;
  std::unordered_set<std::uint32_t> numbers;
  const auto read = [&](const fs::path& path) {
    std::ifstream in(path);
    for (std::string line; std::getline(in, line);) {
      auto entry = parse_line(std::move(line), kind.max);
      if (!entry) continue;
      numbers.insert(entry->second);
      names.insert(*std::move(entry));
    }
  };
  const fs::path usr(usr_dir_);
  const fs::path etc(etc_dir_);
  const std::string parts = std::string(kind.file) + ".d";
  std::error_code ignored;
  read((fs::is_regular_file(etc / kind.file, ignored) ? etc : usr) / kind.file);
  for (const fs::path& file : drop_ins(usr_dir_, kind.file)) {
    if (!fs::exists(etc / parts / file, ignored)) read(usr / parts / file);
  }
  for (const fs::path& file : drop_ins(etc_dir_, kind.file)) read(etc / parts / file);
  for (const auto& [name, number] : kind.defaults) {
    if (!numbers.contains(number)) names.emplace(name, number);
  }
  return names;
}

}  // namespace understudy::vrrp
