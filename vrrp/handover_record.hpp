// What the vrrp process leaves on its page for a successor.
#pragma once

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
};

/// Key of an instance's record.
[[nodiscard]] std::string record_key(const InstanceConfig& config);
/// Writes what the instance is now.
void write_record(run::HandoverPage& page, const Instance& instance);
/// Goes on with the predecessor's packet ids. True when it was master and its last advert is so
/// young that no peer can have taken over.
[[nodiscard]] bool adopt_record(const run::HandoverPage& page, Instance& instance, TimePoint now);

}  // namespace understudy::vrrp
