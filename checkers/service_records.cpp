// A service's records in the handover page.
#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <string_view>

#include "checkers/service.hpp"

namespace understudy::checkers {
namespace {

/// FNV-1a: stands for a name where there are tens of thousands of keys.
std::uint64_t hash_of(std::string_view name) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return hash;
}

/// Appends the octets of a number as this machine has them.
template <typename Number>
void append(std::string& key, Number number) {
  const auto octets = std::bit_cast<std::array<char, sizeof number>>(number);
  key.append(octets.begin(), octets.end());
}

}  // namespace

static_assert(sizeof(ServerRecord) <= run::kLargestValue);
static_assert(std::is_trivially_copyable_v<Leaver> && sizeof(Leaver) <= run::kLargestValue);

std::string Service::service_record() const { return "vs " + name_; }

std::string Service::server_record(std::size_t server) const {
  const Endpoint& endpoint = pool_.config().real_servers[server].endpoint;
  std::string key = "rs";
  append(key, hash_of(name_));
  const auto address = endpoint.address.bytes();
  key.append(address.begin(), address.end());
  append(key, endpoint.port.value());
  return key;
}

std::string Service::leaver_record(const Leaver& leaver) const {
  return "leaver " + name_ + " " + leaver.seat.endpoint.to_string();
}

std::optional<ServerRecord> Service::read_server(const std::string& key) const {
  if (const auto brief = host_.page.read<BriefServerRecord>(key)) return in_full(*brief);
  return host_.page.read<ServerRecord>(key);
}

void Service::write_server(const std::string& key, const ServerRecord& record) {
  if (const auto brief = in_brief(record)) {
    host_.page.write(key, *brief);
  } else {
    host_.page.write(key, record);
  }
}

PoolState Service::recorded() {
  PoolState state = pool_.state();
  const auto service = host_.page.read<ServiceRecord>(service_record());
  state.quorum_up = service && service->quorum_up != 0;
  state.told_up = service && service->told_up != 0;
  for (std::size_t i = 0; i < state.servers.size(); ++i) {
    const auto record = read_server(server_record(i));
    if (record && restore(*record, i, state)) (*had_run_)[i] = record->has_run;
  }
  if (!service || service->has_leavers == 0) return state;
  const std::string prefix = "leaver " + name_ + " ";
  std::vector<std::string> keys;
  host_.page.for_each_key([&](std::string_view key) {
    if (key.starts_with(prefix)) keys.emplace_back(key);
  });
  for (const auto& key : keys) {
    const auto leaver = host_.page.read<Leaver>(key);
    // "FWM 5 " begins what "FWM 5 inet6" has recorded, too.
    if (!leaver || key != leaver_record(*leaver)) continue;
    state.leavers.push_back(*leaver);
    leaver_keys_.push_back(key);
  }
  return state;
}

void Service::save(Told told) {
  if (forgotten_) return;
  save_service(told);
  save_leavers();
  for (std::size_t i = 0; i < pool_.state().servers.size(); ++i) save_server(i, told);
}

void Service::save_service(Told told) {
  const auto& state = pool_.state();
  const auto key = service_record();
  ServiceRecord record;
  record.quorum_up = state.quorum_up ? 1 : 0;
  record.told_up = state.told_up ? 1 : 0;
  record.has_leavers = state.leavers.empty() ? 0 : 1;
  if (told == Told::no) {
    const auto before = host_.page.read<ServiceRecord>(key);
    record.told_up = before ? before->told_up : std::uint8_t{0};
  }
  host_.page.write(key, record);
}

void Service::save_server(std::size_t server, Told told) {
  const auto key = server_record(server);
  const auto& state = pool_.state();
  std::uint64_t ran = 0;
  for (std::size_t i = 0; i < state.servers[server].checks.size(); ++i) {
    if (has_run(server, i)) ran |= record_bit(i);
  }
  ServerRecord record = record_of(state, server, ran);
  if (told == Told::no) {
    if (const auto before = read_server(key)) {
      record.told_alive = before->told_alive;
    }
  }
  write_server(key, record);
}

void Service::save_leavers() {
  std::vector<std::string> keys;
  for (const auto& leaver : pool_.state().leavers) {
    keys.push_back(leaver_record(leaver));
    host_.page.write(keys.back(), leaver);
  }
  for (const auto& key : leaver_keys_) {
    if (std::ranges::find(keys, key) == keys.end()) host_.page.erase(key);
  }
  leaver_keys_ = std::move(keys);
}

void Service::forget() {
  forgotten_ = true;
  host_.page.erase(service_record());
  for (std::size_t i = 0; i < pool_.config().real_servers.size(); ++i) {
    host_.page.erase(server_record(i));
  }
  for (const auto& key : leaver_keys_) host_.page.erase(key);
  leaver_keys_.clear();
}

}  // namespace understudy::checkers
