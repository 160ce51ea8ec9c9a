#include "checkers/executor.hpp"

#include <algorithm>
#include <utility>

#include "checkers/kernel_services.hpp"
#include "ipvs/reconcile.hpp"

namespace understudy::checkers {
namespace {

/// The kernel does not tell when its table changes, so we look. A look at 64 services with 16
/// destinations each takes 8 ms of a user-mode kernel, where system calls are slow.
constexpr Duration kLookInterval = std::chrono::seconds(5);
/// Who fights us over an entry gets slower answers, up to this.
constexpr Duration kLongestPause = std::chrono::minutes(5);
constexpr Duration kConnectInterval = std::chrono::seconds(30);
/// Services whose destinations one look reads; other work gets its turn in between.
constexpr std::size_t kServicesPerLook = 64;
/// Between two portions of an audit, for those who wait for descriptors.
constexpr Duration kAuditPause = std::chrono::milliseconds(20);

/// A record of ownership; that it is there is what counts.
struct OwnershipRecord {
  std::uint8_t ours = 1;
};

constexpr std::string_view kRecordPrefix = "svc ";
/// The kernel's timeouts before we changed them.
constexpr std::string_view kTimeoutsRecord = "timeouts";

std::string record_key(const ipvs::ServiceKey& key) {
  return std::string(kRecordPrefix) + key.to_string();
}

}  // namespace

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
  if (!said_missing_ && !wanted_.table().empty()) {
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
  audit_left_ = 0;
}

bool Executor::finish(ChangeSender& sender) {
  const bool good = sender.flush();
  if (sender.lost()) lost(*sender.lost());
  return good;
}

void Executor::adopt(std::vector<Wanted> wanted) {
  const WantedTable before = std::exchange(wanted_, WantedTable(std::move(wanted)));
  // Before anything is in the kernel: what a crash leaves behind must be known as ours.
  for (const auto& [key, entry] : wanted_.table()) {
    if (!before.table().contains(key)) record(key);
  }
  if (wanted_.table().empty() && before.table().empty() && records().empty()) return stop();
  if (in_force_ && client_) {
    advance(before.table());
  } else {
    make_so();
  }
}

void Executor::advance(const ipvs::Table& before) {
  ChangeSender sender(log_, *client_, wanted_.table());
  const auto all = [](const ipvs::ServiceKey&) { return true; };
  ipvs::reconcile(wanted_.table(), before, all,
                  [&](ipvs::Change change) { sender.push(std::move(change)); });
  if (finish(sender)) {
    for (const auto& [key, entry] : before) {
      if (!wanted_.table().contains(key)) page_.erase(record_key(key));
    }
  }
  audit_all();
}

void Executor::audit_all() {
  if (wanted_.table().empty()) return stop();
  if (!client_) return timer_.arm(loop_.now() + kConnectInterval);
  begin_audit();
}

void Executor::adopt_changes(std::vector<Wanted> changed) {
  for (auto& wanted : changed) change(std::move(wanted));
  if (wanted_.table().empty()) return adopt({});
  if (in_force_ && client_) {
    audit_all();
  } else {
    make_so();
  }
}

void Executor::make_so() {
  in_force_ = false;
  timer_.arm(loop_.now() + kConnectInterval);
  if (!connect()) return;
  apply_timeouts();
  const auto actual = read_services();
  if (!actual) return;
  ChangeSender sender(log_, *client_, wanted_.table());
  drop_unwanted(*actual, sender);
  for (const auto& [key, entry] : wanted_.table()) {
    if (!look_at(entry, *actual, Look::exact, sender)) return;
  }
  if (finish(sender)) {
    std::set<std::string> ours;
    for (const auto& [key, entry] : wanted_.table()) ours.insert(record_key(key));
    for (const auto& key : records()) {
      if (!ours.contains(key)) page_.erase(key);
    }
  }
  if (!client_) return;
  in_force_ = true;
  pause_ = kLookInterval;
  if (wanted_.table().empty()) return stop();
  timer_.arm(loop_.now() + pause_);
}

void Executor::drop_unwanted(const Services& actual, ChangeSender& sender) {
  for (const auto& [key, service] : actual) {
    if (wanted_.table().contains(key)) continue;
    if (page_.read<OwnershipRecord>(record_key(key))) sender.push(ipvs::DeleteService{key});
  }
}

std::optional<Executor::Services> Executor::read_services() {
  auto read = client_->read_services();
  if (!read) {
    lost(read.error());
    return std::nullopt;
  }
  Services services;
  for (auto& service : *read) {
    const ipvs::ServiceKey key = service.key;
    services.emplace(key, std::move(service));
  }
  return services;
}

bool Executor::look_at(const ipvs::Entry& desired, const Services& present, Look look,
                       ChangeSender& sender) {
  const auto sink = [&](ipvs::Change change) {
    if (const auto* deletion = std::get_if<ipvs::DeleteDestination>(&change)) {
      log_.info("Removing foreign destination {} from IPVS service {}",
                deletion->destination.to_string(), deletion->service.to_string());
    } else if (const auto* add = std::get_if<ipvs::AddDestination>(&change);
               add != nullptr && look == Look::missing) {
      log_.info("Destination {} of IPVS service {} was deleted by somebody else: putting it back",
                add->destination.endpoint.to_string(), add->service.to_string());
    }
    sender.push(std::move(change));
  };
  if (sender.lost()) {
    lost(*sender.lost());
    return false;
  }
  const auto found = present.find(desired.service.key);
  if (found == present.end()) {
    if (look == Look::exact) ipvs::reconcile(desired, nullptr, sink);
    return true;
  }
  if (look == Look::missing && desired.destinations.empty()) return true;
  auto destinations = client_->read_destinations(desired.service.key);
  if (!destinations) {
    lost(destinations.error());
    return false;
  }
  if (look == Look::missing) {
    ipvs::complete(desired, *destinations, sink);
  } else {
    const ipvs::Entry actual{found->second, std::move(*destinations)};
    ipvs::reconcile(desired, &actual, sink);
  }
  return true;
}

std::optional<ipvs::ServiceKey> Executor::look_at_some(const ipvs::ServiceKey& from,
                                                       const Services& present, Look look,
                                                       ChangeSender& sender) {
  const auto& table = wanted_.table();
  auto place = from;
  auto next = table.upper_bound(from);
  for (std::size_t i = std::min(table.size(), kServicesPerLook); i > 0; --i, ++next) {
    if (next == table.end()) next = table.begin();
    place = next->first;
    if (!look_at(next->second, present, look, sender)) return std::nullopt;
  }
  return place;
}

void Executor::begin_audit() {
  audit_left_ = 0;
  timer_.arm(loop_.now() + kConnectInterval);
  auto actual = read_services();
  if (!actual) return;
  audited_ = std::move(*actual);
  audit_left_ = wanted_.table().size();
  audit_from_ = {};
  ChangeSender sender(log_, *client_, wanted_.table());
  drop_unwanted(audited_, sender);
  finish(sender);
  if (client_) timer_.arm(loop_.now() + kAuditPause);
}

void Executor::audit() {
  ChangeSender sender(log_, *client_, wanted_.table());
  const auto place = look_at_some(audit_from_, audited_, Look::exact, sender);
  if (!place || (!finish(sender) && !client_)) return timer_.arm(loop_.now() + kConnectInterval);
  audit_from_ = *place;
  audit_left_ -= std::min(audit_left_, kServicesPerLook);
  if (audit_left_ > 0) return timer_.arm(loop_.now() + kAuditPause);
  audited_ = {};
  pause_ = kLookInterval;
  timer_.arm(loop_.now() + pause_);
}

void Executor::change(Wanted wanted) {
  if (!in_force_ || !client_) {
    // The table as a whole is still to be made so.
    return wanted_.change(std::move(wanted), [](const ipvs::Change&) {});
  }
  ChangeSender sender(log_, *client_, wanted_.table());
  wanted_.change(std::move(wanted), [&](ipvs::Change change) { sender.push(std::move(change)); });
  finish(sender);
}

std::optional<std::uint64_t> Executor::connections(const std::vector<ipvs::ServiceKey>& keys,
                                                   const Seat& seat) {
  if (!connect()) return std::nullopt;
  std::uint64_t sum = 0;
  for (const auto& key : keys) {
    const auto usage = client_->read_usage(key);
    if (!usage) {
      lost(usage.error());
      return std::nullopt;
    }
    const auto own =
        std::ranges::find(*usage, kernel_endpoint(seat, key), &ipvs::Usage::destination);
    if (own != usage->end()) sum += own->active;
  }
  return sum;
}

void Executor::set_timeouts(const ipvs::Timeouts& timeouts) {
  timeouts_ = timeouts;
  apply_timeouts();
}

void Executor::apply_timeouts() {
  const auto record = page_.read<ipvs::Timeouts>(kTimeoutsRecord);
  if (!record && timeouts_ == ipvs::Timeouts{}) return;
  if (!connect()) return;
  const auto now = client_->read_timeouts();
  if (!now) return log_.info("Failed to get IPVS timeouts: {}", now.error().message);
  const ipvs::Timeouts before = record.value_or(*now);
  if (!record) page_.write(kTimeoutsRecord, before);
  const auto choose = [](std::uint32_t wanted, std::uint32_t was) {
    return wanted != 0 ? wanted : was;
  };
  const ipvs::Timeouts next{choose(timeouts_.tcp, before.tcp),
                            choose(timeouts_.tcp_fin, before.tcp_fin),
                            choose(timeouts_.udp, before.udp)};
  if (next != *now) {
    const auto set = client_->set_timeouts(next);
    if (!set) return log_.info("Failed to set ipvs timeouts: {}", set.error().message);
  }
  if (timeouts_ == ipvs::Timeouts{}) page_.erase(kTimeoutsRecord);
}

void Executor::flush() {
  if (!connect()) return;
  if (auto flushed = client_->flush(); !flushed) log_.error("{}", flushed.error().message);
}

void Executor::remove_ours() {
  set_timeouts({});
  adopt({});
  stop();
}

void Executor::tick() {
  if (!in_force_ || !client_) return make_so();
  if (audit_left_ > 0) return audit();
  const auto put_back = repair();
  if (!put_back) return timer_.arm(loop_.now() + kConnectInterval);
  pause_ = *put_back == 0 ? kLookInterval : std::min(2 * pause_, kLongestPause);
  timer_.arm(loop_.now() + pause_);
}

std::optional<std::size_t> Executor::repair() {
  const auto present = read_services();
  if (!present) return std::nullopt;
  ChangeSender sender(log_, *client_, wanted_.table());
  const auto place = look_at_some(look_from_, *present, Look::missing, sender);
  if (!place) return std::nullopt;
  look_from_ = *place;
  for (const auto& [key, entry] : wanted_.table()) {
    if (present->contains(key)) continue;
    log_.info("IPVS service {} was deleted by somebody else: putting it back", key.to_string());
    ipvs::reconcile(entry, nullptr, [&](ipvs::Change change) { sender.push(std::move(change)); });
  }
  finish(sender);
  return sender.count();
}

}  // namespace understudy::checkers
