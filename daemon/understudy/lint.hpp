// Lints: what a configuration says without fault and hardly on purpose.
//
// Each is a function of the values, named in the table of lint.cpp with a line on what it is about;
// its findings change no status unless one asks for that. What concerns one router is in
// lint_instances.cpp and lint_servers.cpp, what two say differently in lint_peer.cpp.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/config.hpp"
#include "daemon/understudy/places.hpp"

namespace understudy::tool {

/// Addresses of interfaces with their networks, by name.
using InterfaceAddresses = std::map<std::string, std::vector<Prefix>>;

/// What a lint looks at.
struct LintInput {
  const Config& config;
  const Places& places;
  /// What the other router says; nullptr: not known.
  const Config* peer = nullptr;
  /// Only of interfaces that are here.
  InterfaceAddresses interfaces = {};
};

/// What a lint found.
struct Finding {
  /// Its name in the table.
  std::string_view lint;
  parser::Location at;
  std::string message;
  std::string hint;
};

/// Takes the findings of one lint.
class LintReport {
 public:
  LintReport(std::string_view lint, std::vector<Finding>& all) : lint_(lint), all_(all) {}
  void add(parser::Location at, std::string message, std::string hint = {}) {
    all_.push_back({lint_, at, std::move(message), std::move(hint)});
  }

 private:
  std::string_view lint_;
  std::vector<Finding>& all_;
};

/// A lint of the table.
struct Lint {
  std::string_view name;
  std::string_view doc;
  void (*find)(const LintInput& input, LintReport& findings);
};

/// Every lint.
[[nodiscard]] std::span<const Lint> lints();

/// What all of them find, one after the other.
[[nodiscard]] std::vector<Finding> run_lints(const LintInput& input);

/// An instance and what the peer says of the same virtual router, nullptr when nothing.
struct Pair {
  const vrrp::InstanceConfig* ours = nullptr;
  const vrrp::InstanceConfig* theirs = nullptr;
};

/// Every instance of ours; the same VRID and family make a pair, of several the one with the same
/// name or interface, else the same name does.
[[nodiscard]] std::vector<Pair> pair_up(const vrrp::VrrpConfig& ours,
                                        const vrrp::VrrpConfig& theirs);

// The lints: lint_instances.cpp
void find_foreign_subnets(const LintInput& input, LintReport& findings);
void find_master_nopreempt(const LintInput& input, LintReport& findings);
void find_plain_unicast(const LintInput& input, LintReport& findings);
void find_empty_peer_lists(const LintInput& input, LintReport& findings);
void find_duplicate_addresses(const LintInput& input, LintReport& findings);
void find_hidden_addresses(const LintInput& input, LintReport& findings);
void find_long_scripts(const LintInput& input, LintReport& findings);
void find_zero_track_weights(const LintInput& input, LintReport& findings);
// lint_weights.cpp
void find_idle_weights(const LintInput& input, LintReport& findings);
// lint_servers.cpp
void find_long_checks(const LintInput& input, LintReport& findings);
void find_zero_weights(const LintInput& input, LintReport& findings);
void find_idle_granularity(const LintInput& input, LintReport& findings);
// lint_peer.cpp
void find_equal_priorities(const LintInput& input, LintReport& findings);
void find_disagreements(const LintInput& input, LintReport& findings);

}  // namespace understudy::tool
