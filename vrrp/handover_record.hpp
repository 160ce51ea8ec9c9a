// What the vrrp process leaves on its page for a successor.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "daemon/base/types.hpp"
#include "daemon/run/handover.hpp"
#include "vrrp/instance.hpp"

namespace understudy::vrrp {

/// One virtual router, written before each advert leaves.
struct InstanceRecord {
  std::uint8_t state = 0;
  std::uint8_t priority = 0;
  std::uint16_t packet_id = 0;
  /// CLOCK_MONOTONIC, the same for all processes of a boot.
  std::int64_t last_advert_ns = 0;
  AuthenticationState authentication;
};

/// Key of an instance's record.
[[nodiscard]] std::string record_key(const InstanceConfig& config);
/// Key of what is remembered of the sender in a place of WireState::senders.
[[nodiscard]] std::string sender_key(const InstanceConfig& config, std::size_t place);
/// Writes what the instance is now.
void write_record(run::HandoverPage& page, const Instance& instance);
/// Goes on with the predecessor's packet ids, sequences and replay marks. True when it was master
/// and its last advert is so young that no peer can have taken over.
[[nodiscard]] bool adopt_record(const run::HandoverPage& page, Instance& instance, TimePoint now);

}  // namespace understudy::vrrp
