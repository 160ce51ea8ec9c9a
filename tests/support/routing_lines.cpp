#include "tests/support/routing_lines.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <regex>

#include "vrrp/effective_routing.hpp"

namespace understudy::test {

using namespace vrrp;

const char* const kGroupAndInstance =
    "track_group G {\n group {\n  A\n }\n}\nvrrp_instance A {\n interface eth0\n "
    "virtual_router_id 5\n virtual_ipaddress {\n  10.0.0.1\n }\n}\n";

namespace {

std::string joined(const Lines& words) {
  std::string line;
  for (const auto& word : words) line += (line.empty() ? "" : " ") + word;
  return line;
}

/// The only entry; "" when there is none.
template <typename T>
std::string only(const std::vector<T>& entries) {
  REQUIRE(entries.size() <= 1);
  return entries.empty() ? "" : short_text(entries[0]);
}

std::string understood(const std::string& block, const Loaded& loaded) {
  if (block == "static_routes") return only(loaded.config.vrrp.static_routes);
  if (block == "static_rules") return only(loaded.config.vrrp.static_rules);
  return only(loaded.config.vrrp.static_addresses);
}

}  // namespace

std::string short_text(const Route& route) {
  static const std::regex defaults(
      "^unicast | table 254| protocol 18| scope 0| tos 0| prepend| inet6?$");
  return std::regex_replace(joined(effective_route(route)), defaults, "");
}

std::string short_text(const Rule& rule) {
  static const std::regex defaults("^tos 0 | tos 0| protocol 18| inet$");
  return std::regex_replace(joined(effective_rule(rule)), defaults, "");
}

std::string short_text(const StaticAddress& address) {
  static const std::regex defaults(" scope 0| preferred_lft forever");
  return std::regex_replace(joined(effective_address(address.address)), defaults, "") +
         (address.track_group.empty() ? "" : " track_group " + address.track_group);
}

Loaded load_block(const std::string& name, const std::string& line) {
  return load_text(kGroupAndInstance + name + " {\n " + line + "\n}\n");
}

Lines complaints(const Loaded& loaded) {
  Lines lines;
  for (const auto& diagnostic : loaded.diagnostics) {
    if (diagnostic.severity != parser::Severity::note) lines.push_back(diagnostic.message);
  }
  return lines;
}

void check_meanings(const char* block, std::span<const Meaning> meanings) {
  for (const auto& [line, meaning] : meanings) {
    CAPTURE(line);
    const auto loaded = load_block(block, line);
    CHECK(complaints(loaded).empty());
    CHECK(loaded.test_status == 0);
    CHECK(understood(block, loaded) == meaning);
  }
}

void check_mistakes(const char* block, const std::vector<Mistake>& mistakes) {
  for (const auto& [line, kept, said] : mistakes) {
    CAPTURE(line);
    const auto loaded = load_block(block, line);
    CHECK(complaints(loaded) == said);
    CHECK(loaded.test_status == 5);
    CHECK(understood(block, loaded) == kept);
  }
}

void check_missing(const char* block, const Lines& lines) {
  for (const auto& line : lines) {
    CAPTURE(line);
    const auto loaded = load_block(block, line);
    const auto words = std::ranges::count(line, ' ') + 1;
    CHECK(loaded.test_status == 2);
    CHECK(complaints(loaded) ==
          Lines{"*** Configuration line starting `" + line.substr(0, line.find(' ')) +
                "` is missing a parameter after keyword `" + line.substr(line.rfind(' ') + 1) +
                "` at word position " + std::to_string(words + 1)});
  }
}

}  // namespace understudy::test
