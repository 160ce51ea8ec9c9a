#include "vrrp/kernel_objects.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <optional>

namespace understudy::vrrp {
namespace {

constexpr std::string_view kRecordPrefix = "addr ";

/// A record's value: which process put it there. The key says everything else.
struct AddressRecord {
  std::uint32_t pid = 0;
};

netlink::InterfaceAddress form_of(const VirtualAddress& address) {
  netlink::InterfaceAddress form;
  form.address = address.address;
  form.prefix_length = address.prefix_length;
  form.scope = address.scope;
  form.label = address.label;
  form.broadcast = address.broadcast;
  form.peer = address.peer;
  return form;
}

/// "addr eth0 10.0.0.1/24" taken apart; nullopt for other records.
struct RecordedAddress {
  std::string interface;
  Prefix prefix;
};

std::optional<RecordedAddress> parse_record(std::string_view key) {
  if (!key.starts_with(kRecordPrefix)) return std::nullopt;
  key.remove_prefix(kRecordPrefix.size());
  const auto space = key.find(' ');
  const auto slash = key.rfind('/');
  if (space == std::string_view::npos || slash == std::string_view::npos || slash < space) {
    return std::nullopt;
  }
  const auto address = IpAddress::parse(key.substr(space + 1, slash - space - 1));
  unsigned length = 0;
  const std::string_view digits = key.substr(slash + 1);
  std::from_chars(digits.data(), digits.data() + digits.size(), length);
  if (!address || length > address->max_prefix()) return std::nullopt;
  return RecordedAddress{std::string(key.substr(0, space)),
                         {*address, static_cast<std::uint8_t>(length)}};
}

}  // namespace

struct KernelObjects::Batch {
  struct Step {
    Key key;
    bool add = false;
  };
  std::vector<Step> steps;
  std::vector<netlink::Message> requests;
};

KernelObjects::KernelObjects(Log& log, netlink::Socket& socket, const netlink::Monitor& monitor,
                             run::HandoverPage& page)
    : log_(log), socket_(socket), monitor_(monitor), page_(page) {}

KernelObjects::Key KernelObjects::key_of(const InstanceConfig& config,
                                         const VirtualAddress& address) {
  return {address.device.empty() ? config.interface : address.device, address.address,
          address.prefix_length};
}

std::string KernelObjects::record_of(const Key& key) {
  return fmt::format("{}{} {}/{}", kRecordPrefix, key.interface, key.address.to_string(),
                     key.prefix_length);
}

KernelObjects::Object& KernelObjects::object(const Key& key) {
  const auto [at, created] = objects_.try_emplace(key);
  if (!created) return at->second;
  const netlink::Link* link = monitor_.link(key.interface);
  at->second.form.address = key.address;
  at->second.form.prefix_length = key.prefix_length;
  at->second.present =
      link != nullptr && monitor_.find(link->index, key.address, key.prefix_length) != nullptr;
  return at->second;
}

void KernelObjects::enqueue(const Key& key) {
  Object& entry = object(key);
  if (entry.queued) return;
  entry.queued = true;
  queue_.push_back(key);
}

void KernelObjects::want_one(const InstanceConfig& config, const VirtualAddress& address,
                             std::set<Key>& wanted) {
  const Key key = key_of(config, address);
  if (!wanted.insert(key).second) return;
  const bool known = objects_.contains(key);
  Object& entry = object(key);
  if (!known && entry.present && config.owner()) {
    entry.foreign = !page_.read<AddressRecord>(record_of(key));
  }
  netlink::InterfaceAddress form = form_of(address);
  // Only what we put ourselves: the kernel completes a form, so theirs cannot be compared.
  entry.replace = known && entry.present && !entry.foreign && entry.form != form;
  entry.form = std::move(form);
  entry.wanted_by.insert(config.name);
  enqueue(key);
}

void KernelObjects::want(const InstanceConfig& config) {
  std::set<Key> wanted;
  for (const auto* list : {&config.addresses, &config.excluded}) {
    for (const VirtualAddress& address : *list) want_one(config, address, wanted);
  }
  std::set<Key>& before = by_instance_[config.name];
  for (const Key& key : before) {
    if (wanted.contains(key)) continue;
    object(key).wanted_by.erase(config.name);
    enqueue(key);
  }
  before = std::move(wanted);
}

void KernelObjects::release(const std::string& instance) {
  const auto found = by_instance_.find(instance);
  if (found == by_instance_.end()) return;
  for (const Key& key : found->second) {
    object(key).wanted_by.erase(instance);
    enqueue(key);
  }
  by_instance_.erase(found);
}

void KernelObjects::rename(const std::string& before, const std::string& after) {
  auto node = by_instance_.extract(before);
  if (node.empty()) return;
  for (const Key& key : node.mapped()) {
    auto& names = object(key).wanted_by;
    names.erase(before);
    names.insert(after);
  }
  node.key() = after;
  by_instance_.insert(std::move(node));
}

void KernelObjects::restore(const std::string& instance, const IpAddress& address) {
  const auto found = by_instance_.find(instance);
  if (found == by_instance_.end()) return;
  for (const Key& key : found->second) {
    if (key.address == address) enqueue(key);
  }
}

void KernelObjects::sweep_one(const Key& key) {
  const Object& entry = object(key);
  if (entry.present && entry.wanted_by.empty()) {
    enqueue(key);
  } else {
    forget_if_idle(key);
  }
}

void KernelObjects::sweep(const std::vector<InstanceConfig>& instances) {
  std::vector<RecordedAddress> recorded;
  page_.for_each_key([&recorded](std::string_view key) {
    if (auto address = parse_record(key)) recorded.push_back(std::move(*address));
  });
  for (const RecordedAddress& record : recorded) {
    const Key key{record.interface, record.prefix.address, record.prefix.length};
    sweep_one(key);
    // Gone already, for instance with its interface.
    if (!objects_.contains(key)) page_.erase(record_of(key));
  }
  for (const InstanceConfig& config : instances) {
    // The owner's addresses are the host's own: without a record they are not ours.
    if (config.owner()) continue;
    for (const auto* list : {&config.addresses, &config.excluded}) {
      for (const VirtualAddress& address : *list) sweep_one(key_of(config, address));
    }
  }
}

void KernelObjects::plan_removal(const Key& key, const Object& entry, InterfaceIndex index,
                                 Batch& batch) {
  netlink::InterfaceAddress address = entry.form;
  address.index = index;
  // The kernel's form of it where there is one, for the peer it may have.
  const auto* actual = monitor_.find(index, key.address, key.prefix_length);
  batch.requests.push_back(netlink::delete_address(actual != nullptr ? *actual : address));
  batch.steps.push_back({key, false});
}

void KernelObjects::plan(const Key& key, Object& entry, Batch& batch) {
  const bool wanted = !entry.wanted_by.empty();
  const netlink::Link* link = monitor_.link(key.interface);
  if (link == nullptr || (wanted == entry.present && !entry.replace)) return;
  if (entry.present && !entry.foreign) plan_removal(key, entry, link->index, batch);
  entry.replace = false;
  if (!wanted) return;
  if (!page_.write(record_of(key), AddressRecord{static_cast<std::uint32_t>(getpid())}) &&
      !page_full_reported_) {
    page_full_reported_ = true;
    log_.warning("The record of addresses is full: after a crash some may be left behind");
  }
  netlink::InterfaceAddress address = entry.form;
  address.index = link->index;
  batch.requests.push_back(netlink::add_address(address));
  batch.steps.push_back({key, true});
}

bool KernelObjects::reconcile(unsigned limit) {
  Batch batch;
  while (!queue_.empty() && batch.steps.size() < limit) {
    const Key key = std::move(queue_.front());
    queue_.pop_front();
    Object& entry = object(key);
    entry.queued = false;
    const std::size_t before = batch.steps.size();
    plan(key, entry, batch);
    if (batch.steps.size() == before) forget_if_idle(key);
  }
  settle(batch);
  return !queue_.empty();
}

void KernelObjects::settle(const Batch& batch) {
  if (batch.requests.empty()) return;
  const auto outcome = socket_.request(batch.requests);
  for (std::size_t i = 0; i < outcome.size(); ++i) {
    const auto& [key, add] = batch.steps[i];
    Object& entry = object(key);
    const int code = outcome[i] ? outcome[i]->code : 0;
    const bool done = code == 0 || (add ? code == EEXIST : code == EADDRNOTAVAIL);
    if (!done) {
      log_.error("Cannot {} address {}/{} {} {}: {}", add ? "put" : "remove",
                 key.address.to_string(), key.prefix_length, add ? "on" : "from", key.interface,
                 outcome[i]->message);
    }
    if (!add && code == 0) ++entry.expected_removals;
    if (done) entry.present = add;
    if (!add && done && entry.wanted_by.empty()) page_.erase(record_of(key));
    forget_if_idle(key);
  }
}

void KernelObjects::forget_if_idle(const Key& key) {
  const auto found = objects_.find(key);
  if (found == objects_.end()) return;
  const Object& entry = found->second;
  // A foreign one is forgotten too: whether it is there is then asked anew.
  if (entry.wanted_by.empty() && !entry.queued && entry.expected_removals == 0 &&
      (!entry.present || entry.foreign)) {
    objects_.erase(found);
  }
}

std::string KernelObjects::interface_name(InterfaceIndex index) const {
  const auto found = monitor_.links().find(index);
  return found == monitor_.links().end() ? std::string() : found->second.name;
}

std::vector<std::string> KernelObjects::changed(const netlink::InterfaceAddress& address,
                                                bool removed, bool ours) {
  const Key key{interface_name(address.index), address.address, address.prefix_length};
  const auto found = objects_.find(key);
  if (found == objects_.end()) return {};
  Object& entry = found->second;
  if (!removed) {
    // Our own is known since its answer, and this news may be older than a deletion that followed.
    if (!ours) entry.present = true;
    return {};
  }
  // A deletion may take other addresses of the subnet along; those were not expected.
  if (ours && entry.expected_removals > 0) {
    --entry.expected_removals;
    forget_if_idle(key);
    return {};
  }
  entry.present = false;
  entry.foreign = false;
  const std::vector<std::string> losers(entry.wanted_by.begin(), entry.wanted_by.end());
  if (losers.empty()) page_.erase(record_of(key));
  forget_if_idle(key);
  return losers;
}

void KernelObjects::interface_changed(const netlink::Link& link, bool removed) {
  for (auto at = objects_.lower_bound(Key{link.name, {}, 0});
       at != objects_.end() && at->first.interface == link.name; ++at) {
    Object& entry = at->second;
    if (removed) {
      entry.present = false;
      entry.foreign = false;
      entry.expected_removals = 0;
      continue;
    }
    if (!entry.wanted_by.empty() && !entry.present) enqueue(at->first);
  }
}

bool KernelObjects::is_ours(const netlink::InterfaceAddress& address) const {
  return configured_.contains(address.address);
}

void KernelObjects::set_configured(const std::vector<InstanceConfig>& instances) {
  configured_.clear();
  for (const InstanceConfig& config : instances) {
    if (config.owner()) continue;
    for (const auto* list : {&config.addresses, &config.excluded}) {
      for (const VirtualAddress& address : *list) configured_.insert(address.address);
    }
  }
}

}  // namespace understudy::vrrp
