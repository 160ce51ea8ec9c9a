#include "vrrp/handover_record.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "vrrp/timing.hpp"

namespace understudy::vrrp {
namespace {

void adopt_senders(const run::HandoverPage& page, Instance& instance) {
  for (std::size_t place = 0;; ++place) {
    const auto sender = page.read<Sender>(sender_key(instance.config(), place));
    if (!sender) return;
    instance.wire.senders.restore(place, *sender);
  }
}

bool is_fresh_master(const InstanceConfig& config, const InstanceRecord& record, TimePoint now) {
  // The shortest patience a peer can have: the highest priority below the owner's.
  const Duration patience =
      master_down_interval(config.version, Priority(kOwnerPriority.value() - 1),
                           config.advert_interval, config.down_timer_adverts);
  return record.last_advert <= now && now - record.last_advert < patience;
}

/// What is left of a backup's patience; nullopt: nothing, or the record is none of a backup's.
std::optional<MachineMemory> fresh_backup(const InstanceConfig& config, MachineMemory memory,
                                          TimePoint now) {
  const Duration interval = memory.master_interval.count() > 0 ? memory.master_interval
                                                               : Duration(config.advert_interval);
  const Duration patience =
      master_down_interval(config.version, config.priority, interval, config.down_timer_adverts);
  if (memory.timer_start > now || now - memory.timer_start >= patience) return std::nullopt;
  const Duration listening = interval + skew_time(config.version, config.priority, interval);
  memory.timer_start = std::max(memory.timer_start, now - (patience - listening));
  return memory;
}

std::optional<MachineMemory> fresh(const InstanceConfig& config, const InstanceRecord& record,
                                   TimePoint now) {
  switch (record.memory.state) {
    case RouterState::master:
      return is_fresh_master(config, record, now) ? std::optional(record.memory) : std::nullopt;
    case RouterState::backup:
      return fresh_backup(config, record.memory, now);
    default:
      return std::nullopt;
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
    memories.push_back(record ? fresh(instance, *record, now) : std::nullopt);
  }
  return memories;
}

}  // namespace understudy::vrrp
