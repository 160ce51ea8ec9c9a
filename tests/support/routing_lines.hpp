// Lines of static_routes, static_rules and static_ipaddress, what they mean and what is said of
// them.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "tests/support/config_file.hpp"

namespace understudy::test {

using Lines = std::vector<std::string>;

/// A route, rule or address as a line, without what every one has unless told otherwise.
std::string short_text(const vrrp::Route& route);
std::string short_text(const vrrp::Rule& rule);
std::string short_text(const vrrp::StaticAddress& address);

/// A track_group G, an instance A on eth0 with the address 10.0.0.1.
extern const char* const kGroupAndInstance;
/// Reads `line` in a block of that name after these.
Loaded load_block(const std::string& name, const std::string& line);

/// Messages without the place they are about; no notes.
Lines complaints(const Loaded& loaded);

/// A line, and what it means.
struct Meaning {
  const char* line;
  const char* meaning;
};
/// That each line of that block is fine and means what it should.
void check_meanings(const char* block, std::span<const Meaning> meanings);

/// A line that is wrong: what is kept of it ("": nothing), and what is said.
struct Mistake {
  const char* line;
  const char* kept;
  Lines messages;
};
void check_mistakes(const char* block, const std::vector<Mistake>& mistakes);

/// That each line lacks a word at its end, which ends the reading.
void check_missing(const char* block, const Lines& lines);

}  // namespace understudy::test
