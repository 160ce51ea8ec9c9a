// What the vrrp process leaves on its page for a successor, besides what it made in the kernel
// (address_objects, routing_records, virtual_record) and what it knows of scripts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include "daemon/base/types.hpp"
#include "daemon/run/handover.hpp"
#include "vrrp/event.hpp"
#include "vrrp/instance.hpp"

namespace understudy::vrrp {

/// One virtual router, written before each advert leaves and whenever its machine took a step.
struct InstanceRecord {
  MachineMemory memory;
  /// When the last advert left. CLOCK_MONOTONIC is the same for all processes of a boot.
  TimePoint last_advert;
  AuthenticationState authentication;
  std::uint16_t packet_id = 0;
};
static_assert(std::is_trivially_copyable_v<InstanceRecord> &&
              sizeof(InstanceRecord) <= run::kLargestValue);

/// Key of an instance's record.
[[nodiscard]] std::string record_key(const InstanceConfig& config);
/// Key of what is remembered of the sender in a place of WireState::senders.
[[nodiscard]] std::string sender_key(const InstanceConfig& config, std::size_t place);
/// Writes what the instance is now.
void write_record(run::HandoverPage& page, const Instance& instance);
/// Forgets an instance.
void erase_records(run::HandoverPage& page, const InstanceConfig& config);
/// The instance was known under another name `before`.
void rename_records(run::HandoverPage& page, const InstanceConfig& before,
                    const Instance& instance);
/// Goes on with the predecessor's packet ids, sequences and replay marks, however old they are: no
/// peer believes lower ones.
void adopt_record(const run::HandoverPage& page, Instance& instance);
/// What each instance was, in the order of the configuration, where that is fresh (freshness.hpp).
[[nodiscard]] std::vector<std::optional<MachineMemory>> fresh_memories(
    const run::HandoverPage& page, const VrrpConfig& config, TimePoint now);

}  // namespace understudy::vrrp
