#include "vrrp/handover_record.hpp"

#include <algorithm>

#include "vrrp/timing.hpp"

namespace understudy::vrrp {

std::string record_key(const InstanceConfig& config) { return "instance " + config.name; }

void write_record(run::HandoverPage& page, const Instance& instance) {
  InstanceRecord record;
  record.state = static_cast<std::uint8_t>(instance.machine.state());
  record.priority = instance.machine.effective_priority().value();
  record.packet_id = instance.packet_id;
  record.last_advert_ns =
      std::chrono::duration_cast<std::chrono::nanoseconds>(instance.last_advert.time_since_epoch())
          .count();
  page.write(record_key(instance.config()), record);
}

bool adopt_record(const run::HandoverPage& page, Instance& instance, TimePoint now) {
  const auto record = page.read<InstanceRecord>(record_key(instance.config()));
  if (!record) return false;
  instance.packet_id = record->packet_id;
  instance.last_advert = TimePoint(std::chrono::nanoseconds(record->last_advert_ns));
  const InstanceConfig& config = instance.config();
  // The shortest patience a peer can have: the highest priority below the owner's.
  const Duration patience = master_down_interval(
      config.version, Priority(kOwnerPriority.value() - 1), config.advert_interval);
  return record->state == static_cast<std::uint8_t>(RouterState::master) &&
         instance.last_advert <= now && now - instance.last_advert < patience;
}

}  // namespace understudy::vrrp
