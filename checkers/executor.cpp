#include "checkers/executor.hpp"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "ipvs/failure.hpp"
#include "ipvs/reconcile.hpp"

namespace understudy::checkers {
namespace {

/// The kernel does not tell when its table changes, so we look. A look at 64 services with 16
/// destinations each takes 8 ms of a user-mode kernel, where system calls are slow.
constexpr Duration kLookInterval = std::chrono::seconds(5);
/// Who fights us over an entry gets slower answers, up to this.
constexpr Duration kLongestPause = std::chrono::minutes(5);
constexpr Duration kConnectInterval = std::chrono::seconds(30);
/// Services whose destinations one look reads.
constexpr std::size_t kServicesPerLook = 64;

/// A record of ownership; that it is there is what counts.
struct OwnershipRecord {
  std::uint8_t ours = 1;
};

constexpr std::string_view kRecordPrefix = "svc ";

std::string record_key(const ipvs::ServiceKey& key) {
  return std::string(kRecordPrefix) + key.to_string();
}

ipvs::Protocol kernel_protocol(Protocol protocol) {
  switch (protocol) {
    case Protocol::udp:
      return ipvs::Protocol::udp;
    case Protocol::sctp:
      return ipvs::Protocol::sctp;
    case Protocol::tcp:
      break;
  }
  return ipvs::Protocol::tcp;
}

ipvs::ForwardingMethod kernel_method(ForwardingMethod method) {
  switch (method) {
    case ForwardingMethod::direct_routing:
      return ipvs::ForwardingMethod::direct;
    case ForwardingMethod::tunnel:
      return ipvs::ForwardingMethod::tunnel;
    case ForwardingMethod::nat:
      break;
  }
  return ipvs::ForwardingMethod::masquerade;
}

/// Whether the state wanted is there anyway.
bool harmless(const ipvs::Change& change, int code) {
  if (std::holds_alternative<ipvs::DeleteService>(change)) return code == ESRCH;
  if (std::holds_alternative<ipvs::DeleteDestination>(change)) {
    return code == ENOENT || code == ESRCH;
  }
  return false;
}

ipvs::ServiceKey service_key(const VirtualServer& service) {
  ipvs::ServiceKey key;
  key.fwmark = service.fwmark;
  if (service.fwmark != 0) {
    key.family = service.family;
    return key;
  }
  key.protocol = kernel_protocol(service.protocol);
  key.endpoint = service.endpoint;
  key.family = service.endpoint.address.family();
  return key;
}

ipvs::Entry service_entry(const VirtualServer& service, const std::vector<Seat>& seats) {
  ipvs::Entry entry;
  entry.service.key = service_key(service);
  entry.service.scheduler = service.scheduler;
  entry.service.flags = service.flags;
  entry.service.netmask = entry.service.key.family == Family::ipv6 ? 128U : 0xffffffffU;
  if (service.persistence_timeout != 0) {
    entry.service.persistence_timeout = service.persistence_timeout;
    entry.service.persistence_engine = service.persistence_engine;
    if (service.persistence_granularity != 0xffffffffU) {
      entry.service.netmask = service.persistence_granularity;
    }
  }
  for (const auto& seat : seats) {
    ipvs::Destination destination{seat.endpoint, kernel_method(seat.method), seat.weight,
                                  seat.upper_threshold, seat.lower_threshold};
    // Only NAT can change the port; by firewall mark any port may come.
    if (seat.method != ForwardingMethod::nat) {
      destination.endpoint.port = service.fwmark != 0 ? Port(0) : service.endpoint.port;
    }
    entry.destinations.emplace(destination.endpoint, destination);
  }
  return entry;
}

}  // namespace

std::string service_name(const VirtualServer& service) { return service_key(service).to_string(); }

std::vector<ipvs::Entry> service_entries(const VirtualServer& service,
                                         const std::vector<Seat>& seats) {
  return {service_entry(service, seats)};
}

Executor::Executor(Loop& loop, Log& log, run::HandoverPage& page,
                   std::optional<std::string> net_namespace)
    : loop_(loop),
      log_(log),
      page_(page),
      net_namespace_(std::move(net_namespace)),
      pause_(kLookInterval),
      timer_(loop, [this] { tick(); }) {}

void Executor::record(const ipvs::ServiceKey& key) {
  if (page_.write(record_key(key), OwnershipRecord{}) || said_full_) return;
  said_full_ = true;
  log_.warning(
      "The record of our IPVS services is full: after a crash, services no longer configured are "
      "left behind");
}

std::vector<std::string> Executor::records() const {
  std::vector<std::string> keys;
  page_.for_each_key([&](std::string_view key) {
    if (key.starts_with(kRecordPrefix)) keys.emplace_back(key);
  });
  return keys;
}

bool Executor::connect() {
  if (client_) return true;
  auto client = ipvs::Client::connect(net_namespace_);
  if (client) {
    if (said_missing_) log_.info("IPVS is available now");
    said_missing_ = false;
    client_.emplace(std::move(*client));
    return true;
  }
  if (!said_missing_ && !desired_.empty()) {
    said_missing_ = true;
    log_.error("{}. Until then real servers are checked but nothing is balanced",
               client.error().message);
  }
  return false;
}

void Executor::lost(const Error& error) {
  log_.error("{}", error.message);
  client_.reset();
  in_force_ = false;
}

void Executor::adopt(ipvs::Table desired) {
  const ipvs::Table before = std::exchange(desired_, std::move(desired));
  in_force_ = false;
  // Before anything is in the kernel: what a crash leaves behind must be known as ours.
  for (const auto& [key, entry] : desired_) record(key);
  if (desired_.empty() && before.empty() && records().empty()) return stop();
  make_so(before);
}

void Executor::make_so(const ipvs::Table& before) {
  timer_.arm(loop_.now() + kConnectInterval);
  if (!connect()) return;
  auto actual = client_->read();
  if (!actual) return lost(actual.error());
  const auto changes = ipvs::reconcile(desired_, *actual, [&](const ipvs::ServiceKey& key) {
    return before.contains(key) || page_.read<OwnershipRecord>(record_key(key)).has_value();
  });
  log_foreign(changes, before);
  if (send(changes)) {
    std::set<std::string> wanted;
    for (const auto& [key, entry] : desired_) wanted.insert(record_key(key));
    for (const auto& key : records()) {
      if (!wanted.contains(key)) page_.erase(key);
    }
  }
  if (!client_) return;
  in_force_ = true;
  pause_ = kLookInterval;
  if (desired_.empty()) return stop();
  timer_.arm(loop_.now() + pause_);
}

void Executor::log_foreign(const std::vector<ipvs::Change>& changes, const ipvs::Table& before) {
  for (const auto& change : changes) {
    const auto* deletion = std::get_if<ipvs::DeleteDestination>(&change);
    if (deletion == nullptr) continue;
    const auto service = before.find(deletion->service);
    if (service != before.end() && service->second.destinations.contains(deletion->destination)) {
      continue;
    }
    log_.info("Removing foreign destination {} from IPVS service {}",
              deletion->destination.to_string(), deletion->service.to_string());
  }
}

void Executor::change(const std::vector<ipvs::Entry>& desired) {
  ipvs::Table last;
  ipvs::Table next;
  for (const auto& entry : desired) {
    const auto& key = entry.service.key;
    if (const auto found = desired_.find(key); found != desired_.end()) last.insert(*found);
    desired_.insert_or_assign(key, entry);
    next.emplace(key, entry);
  }
  // Else the table as a whole is still to be made so.
  if (!in_force_) return;
  send(ipvs::reconcile(next, last, [](const ipvs::ServiceKey&) { return false; }));
}

std::vector<ipvs::Change> Executor::whole(const ipvs::ServiceKey& key) const {
  const auto found = desired_.find(key);
  if (found == desired_.end()) return {};
  return ipvs::reconcile({*found}, {}, [](const ipvs::ServiceKey&) { return false; });
}

std::vector<ipvs::Change> Executor::remedy(const ipvs::Change& change, int code) const {
  if (const auto* add = std::get_if<ipvs::AddService>(&change)) {
    if (code == EEXIST) return {ipvs::EditService{add->service}};
  } else if (const auto* edit = std::get_if<ipvs::EditService>(&change)) {
    if (code == ESRCH) return whole(edit->service.key);
  } else if (const auto* add_destination = std::get_if<ipvs::AddDestination>(&change)) {
    if (code == EEXIST) {
      return {ipvs::EditDestination{add_destination->service, add_destination->destination}};
    }
    if (code == ESRCH) return whole(add_destination->service);
  } else if (const auto* edit_destination = std::get_if<ipvs::EditDestination>(&change)) {
    if (code == ENOENT) {
      return {ipvs::AddDestination{edit_destination->service, edit_destination->destination}};
    }
    if (code == ESRCH) return whole(edit_destination->service);
  }
  return {};
}

bool Executor::send(const std::vector<ipvs::Change>& changes) {
  if (!client_ || changes.empty()) return client_.has_value();
  const auto results = client_->apply(changes);
  std::vector<ipvs::Change> again;
  bool good = true;
  // A service that cannot be added is said once, not again for each of its destinations.
  std::set<ipvs::ServiceKey> refused;
  for (std::size_t i = 0; i < changes.size(); ++i) {
    if (results[i] || harmless(changes[i], results[i].error().code)) continue;
    const int code = results[i].error().code;
    if (code == ETIMEDOUT) {
      lost(results[i].error());
      return false;
    }
    const auto* destination = std::get_if<ipvs::AddDestination>(&changes[i]);
    if (destination != nullptr && refused.contains(destination->service)) continue;
    const auto instead = remedy(changes[i], code);
    if (const auto* service = std::get_if<ipvs::AddService>(&changes[i])) {
      if (code != EEXIST) refused.insert(service->service.key);
    } else if (destination != nullptr && code == ESRCH) {
      refused.insert(destination->service);
    }
    if (instead.empty()) {
      good = false;
      log_.info("{}", ipvs::failure_line(changes[i], code));
    }
    again.insert(again.end(), instead.begin(), instead.end());
  }
  const auto second = client_->apply(again);
  for (std::size_t i = 0; i < again.size(); ++i) {
    if (second[i] || second[i].error().code == EEXIST) continue;
    good = false;
    log_.info("{}", ipvs::failure_line(again[i], second[i].error().code));
  }
  return good;
}

void Executor::flush() {
  if (!connect()) return;
  if (auto flushed = client_->flush(); !flushed) log_.error("{}", flushed.error().message);
}

void Executor::remove_ours() {
  adopt({});
  stop();
}

void Executor::tick() {
  if (!in_force_) return make_so({});
  const auto put_back = repair();
  if (!put_back) {
    timer_.arm(loop_.now() + kConnectInterval);
    return;
  }
  pause_ = *put_back == 0 ? kLookInterval : std::min(2 * pause_, kLongestPause);
  timer_.arm(loop_.now() + pause_);
}

std::optional<std::size_t> Executor::repair() {
  const auto services = client_->read_services();
  if (!services) {
    lost(services.error());
    return std::nullopt;
  }
  std::set<ipvs::ServiceKey> present;
  for (const auto& service : *services) present.insert(service.key);
  auto changes = missing_destinations(present);
  if (!changes) return std::nullopt;
  for (const auto& [key, entry] : desired_) {
    if (present.contains(key)) continue;
    log_.info("IPVS service {} was deleted by somebody else: putting it back", key.to_string());
    const auto parts = whole(key);
    changes->insert(changes->end(), parts.begin(), parts.end());
  }
  send(*changes);
  return changes->size();
}

std::optional<std::vector<ipvs::Change>> Executor::missing_destinations(
    const std::set<ipvs::ServiceKey>& present) {
  std::vector<ipvs::Change> changes;
  auto next = desired_.upper_bound(look_from_);
  for (std::size_t i = std::min(desired_.size(), kServicesPerLook); i > 0; --i, ++next) {
    if (next == desired_.end()) next = desired_.begin();
    const auto& [key, entry] = *next;
    look_from_ = key;
    if (!present.contains(key) || entry.destinations.empty()) continue;
    const auto actual = client_->read_entry(entry.service);
    if (!actual) {
      lost(actual.error());
      return std::nullopt;
    }
    for (const auto& [endpoint, destination] : entry.destinations) {
      if (actual->destinations.contains(endpoint)) continue;
      log_.info("Destination {} of IPVS service {} was deleted by somebody else: putting it back",
                endpoint.to_string(), key.to_string());
      changes.emplace_back(ipvs::AddDestination{key, destination});
    }
  }
  return changes;
}

}  // namespace understudy::checkers
