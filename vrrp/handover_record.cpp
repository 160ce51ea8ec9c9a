#include "vrrp/handover_record.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "vrrp/timing.hpp"

namespace understudy::vrrp {

std::string record_key(const InstanceConfig& config) { return "instance " + config.name; }

std::string sender_key(const InstanceConfig& config, std::size_t place) {
  return fmt::format("sender {} {}", place, config.name);
}

void write_record(run::HandoverPage& page, const Instance& instance) {
  InstanceRecord record;
  record.state = static_cast<std::uint8_t>(instance.machine.state());
  record.priority = instance.machine.effective_priority().value();
  record.packet_id = instance.packet_id;
  record.last_advert_ns =
      std::chrono::duration_cast<std::chrono::nanoseconds>(instance.last_advert.time_since_epoch())
          .count();
  record.authentication = instance.wire.authentication;
  page.write(record_key(instance.config()), record);
}

bool adopt_record(const run::HandoverPage& page, Instance& instance, TimePoint now) {
  for (std::size_t place = 0;; ++place) {
    const auto sender = page.read<Sender>(sender_key(instance.config(), place));
    if (!sender) break;
    instance.wire.senders.restore(place, *sender);
  }
  const auto record = page.read<InstanceRecord>(record_key(instance.config()));
  if (!record) return false;
  instance.packet_id = record->packet_id;
  instance.wire.authentication = record->authentication;
  instance.last_advert = TimePoint(std::chrono::nanoseconds(record->last_advert_ns));
  const InstanceConfig& config = instance.config();
  // The shortest patience a peer can have: the highest priority below the owner's.
  const Duration patience = master_down_interval(
      config.version, Priority(kOwnerPriority.value() - 1), config.advert_interval);
  return record->state == static_cast<std::uint8_t>(RouterState::master) &&
         instance.last_advert <= now && now - instance.last_advert < patience;
}

}  // namespace understudy::vrrp
