#include "vrrp/process_quorum.hpp"

#include <utility>

namespace understudy::vrrp {
namespace {

bool within(const TrackProcess& config, unsigned count) {
  return count >= config.quorum && count <= config.quorum_max;
}

}  // namespace

void ProcessQuorum::counted(const TrackProcess& config, unsigned count, TimePoint now) {
  const std::optional<unsigned> before = std::exchange(count_, count);
  const bool now_within = within(config, count);
  if (!before) {
    reached_ = now_within;
  } else if (now_within == reached_) {
    deadline_.reset();
  } else if (!deadline_) {
    const Duration delay = count > *before ? config.fork_delay : config.terminate_delay;
    if (delay == Duration::zero()) {
      reached_ = now_within;
    } else {
      deadline_ = now + delay;
    }
  }
}

void ProcessQuorum::reconfigure(const TrackProcess& config) {
  if (count_ && !deadline_) reached_ = within(config, *count_);
}

void ProcessQuorum::expire(const TrackProcess& config, TimePoint now) {
  if (!deadline_ || now < *deadline_) return;
  deadline_.reset();
  reached_ = within(config, *count_);
}

}  // namespace understudy::vrrp
