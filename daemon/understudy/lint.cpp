#include "daemon/understudy/lint.hpp"

#include <array>

namespace understudy::tool {
namespace {

// clang-format off
constexpr std::array kLints{
    Lint{"vip-subnet", "a virtual address in no network of its interface, as the interface is here", find_foreign_subnets},
    Lint{"duplicate-vip", "an address that two instances have", find_duplicate_addresses},
    Lint{"hidden-vip", "strict mode without accept: the addresses answer nothing", find_hidden_addresses},
    Lint{"master-nopreempt", "state MASTER together with nopreempt", find_master_nopreempt},
    Lint{"idle-weight", "a tracked thing whose weight can never change the election", find_idle_weights},
    Lint{"zero-track-weight", "a tracked thing with weight 0: FAULT instead of another priority", find_zero_track_weights},
    Lint{"plain-unicast", "a plain-text password on unicast", find_plain_unicast},
    Lint{"empty-peers", "an empty list of unicast peers", find_empty_peer_lists},
    Lint{"long-script", "a tracking script whose timeout is longer than its interval", find_long_scripts},
    Lint{"long-check", "a check whose timeout is longer than its delay_loop", find_long_checks},
    Lint{"zero-weight", "a real server of weight 0", find_zero_weights},
    Lint{"idle-granularity", "persistence_granularity without persistence", find_idle_granularity},
    Lint{"equal-priority", "the same priority as at the peer", find_equal_priorities},
    Lint{"peer-differs", "a virtual router whose VRID, addresses, interval, authentication or version differ at the peer", find_disagreements},
};
// clang-format on

}  // namespace

std::span<const Lint> lints() { return kLints; }

std::vector<Finding> run_lints(const LintInput& input) {
  std::vector<Finding> all;
  for (const Lint& lint : kLints) {
    LintReport findings(lint.name, all);
    lint.find(input, findings);
  }
  return all;
}

}  // namespace understudy::tool
