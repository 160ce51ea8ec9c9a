#include "vrrp/handover_record.hpp"

#include <fmt/format.h>

#include "vrrp/freshness.hpp"

namespace understudy::vrrp {
namespace {

void adopt_senders(const run::HandoverPage& page, Instance& instance) {
  for (std::size_t place = 0;; ++place) {
    const auto sender = page.read<Sender>(sender_key(instance.config(), place));
    if (!sender) return;
    instance.wire.senders.restore(place, *sender);
  }
}

}  // namespace

std::string record_key(const InstanceConfig& config) { return "instance " + config.name; }

std::string sender_key(const InstanceConfig& config, std::size_t place) {
  return fmt::format("sender {} {}", place, config.name);
}

void write_record(run::HandoverPage& page, const Instance& instance) {
  const InstanceRecord record{instance.machine.memory(), instance.last_advert,
                              instance.wire.authentication, instance.packet_id};
  page.write(record_key(instance.config()), record);
}

void erase_records(run::HandoverPage& page, const InstanceConfig& config) {
  page.erase(record_key(config));
  for (std::size_t place = 0; page.read<Sender>(sender_key(config, place)); ++place) {
    page.erase(sender_key(config, place));
  }
}

void rename_records(run::HandoverPage& page, const InstanceConfig& before,
                    const Instance& instance) {
  erase_records(page, before);
  write_record(page, instance);
  std::size_t place = 0;
  for (const Sender& sender : instance.wire.senders.all()) {
    page.write(sender_key(instance.config(), place++), sender);
  }
}

void adopt_record(const run::HandoverPage& page, Instance& instance) {
  adopt_senders(page, instance);
  const auto record = page.read<InstanceRecord>(record_key(instance.config()));
  if (!record) return;
  instance.packet_id = record->packet_id;
  instance.wire.authentication = record->authentication;
  instance.last_advert = record->last_advert;
}

std::vector<std::optional<MachineMemory>> fresh_memories(const run::HandoverPage& page,
                                                         const VrrpConfig& config, TimePoint now) {
  std::vector<std::optional<MachineMemory>> memories;
  memories.reserve(config.instances.size());
  for (const InstanceConfig& instance : config.instances) {
    const auto record = page.read<InstanceRecord>(record_key(instance));
    memories.push_back(record ? fresh(instance, record->memory, record->last_advert, now)
                              : std::nullopt);
  }
  return memories;
}

}  // namespace understudy::vrrp
