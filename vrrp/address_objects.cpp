#include "vrrp/address_objects.hpp"

#include <fmt/format.h>
#include <linux/if_addr.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <optional>

#include "vrrp/wiring.hpp"

namespace understudy::vrrp {
namespace {

constexpr std::string_view kRecordPrefix = "addr ";

/// A record's value: nothing, the key says everything.
using AddressRecord = std::uint8_t;

/// Calls `f` with each address of a wish.
template <typename F>
void for_each(const AddressObjects::Wish& wish, const F& f) {
  if (const auto* all = std::get_if<std::shared_ptr<const VrrpConfig>>(&wish)) {
    for (const StaticAddress& entry : (*all)->static_addresses) {
      f(PlacedAddress{&*entry.address.device, &entry.address});
    }
    return;
  }
  const auto& instance = std::get<std::shared_ptr<const InstanceConfig>>(wish);
  if (!instance) return;
  for (const auto* list : {&instance->addresses, &instance->excluded}) {
    for (const VirtualAddress& address : *list) {
      f(PlacedAddress{&interface_of(*instance, address), &address});
    }
  }
}

/// What is there without a record is the host's own and stays.
bool spares_foreign(const AddressObjects::Wish& wish) {
  const auto* instance = std::get_if<std::shared_ptr<const InstanceConfig>>(&wish);
  return instance == nullptr || (*instance)->owner();
}

netlink::InterfaceAddress form_of(const VirtualAddress& address, InterfaceIndex index) {
  netlink::InterfaceAddress form;
  form.index = index;
  form.address = address.address;
  form.prefix_length = address.prefix_length;
  form.scope = address.scope;
  const auto& details = *address.details;
  if (address.details != Rare<VirtualAddress::Details>()) {
    form.details =
        netlink::InterfaceAddress::Details{details.label, details.broadcast, details.peer};
  }
  form.flags = address.flags;
  return form;
}

netlink::AddressOptions options_of(const VirtualAddress& address) {
  netlink::AddressOptions options;
  options.detect_duplicates = address.detect_duplicates;
  // As the original: the kernel has lifetimes of IPv4 addresses too, but is not told any.
  if (address.address.is_v6() && address.preferred_lifetime != VirtualAddress::kForever) {
    options.preferred_lifetime = address.preferred_lifetime;
  }
  return options;
}

bool same_form(const VirtualAddress& one, const VirtualAddress& other) {
  return one.scope == other.scope && one.details == other.details &&
         one.preferred_lifetime == other.preferred_lifetime && one.flags == other.flags;
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

struct AddressObjects::Batch {
  struct Step {
    Key key;
    bool add = false;
  };
  std::vector<Step> steps;
  std::vector<netlink::Message> requests;
};

AddressObjects::AddressObjects(Log& log, netlink::Socket& socket, const netlink::Monitor& monitor,
                               run::HandoverPage& page)
    : log_(log), socket_(socket), monitor_(monitor), page_(page) {}

AddressObjects::InterfaceId AddressObjects::id_of(const std::string& interface) {
  const auto [at, is_new] = ids_.try_emplace(interface, static_cast<InterfaceId>(names_.size()));
  if (is_new) names_.push_back(&at->first);
  return at->second;
}

AddressObjects::Key AddressObjects::key_of(const PlacedAddress& which) {
  return {id_of(*which.interface), which.address->address, which.address->prefix_length};
}

std::string AddressObjects::record_of(const Key& key) const {
  return fmt::format("{}{} {}/{}", kRecordPrefix, name_of(key), key.address.to_string(),
                     key.prefix_length);
}

AddressObjects::Object& AddressObjects::object(const Key& key) {
  const auto [at, created] = objects_.try_emplace(key);
  if (!created) return at->second;
  const netlink::Link* link = monitor_.link(name_of(key));
  at->second.present =
      link != nullptr && monitor_.find(link->index, key.address, key.prefix_length) != nullptr;
  return at->second;
}

void AddressObjects::enqueue(const Key& key, Object& entry) {
  if (entry.queued) return;
  entry.queued = true;
  queue_.push_back(key);
}

// ---- What is wanted

void AddressObjects::take(const Holders::value_type& holder, const PlacedAddress& which) {
  const Key key = key_of(which);
  const bool known = objects_.contains(key);
  Object& entry = object(key);
  entry.marked = true;
  if (!known && entry.present && spares_foreign(holder.second)) {
    entry.foreign = !page_.read<AddressRecord>(record_of(key));
  }
  // Only what we put ourselves: the kernel completes a form, so theirs cannot be compared.
  if (known && entry.present && !entry.foreign && entry.form != nullptr &&
      !same_form(*entry.form, *which.address)) {
    entry.replace = true;
  }
  entry.form = which.address;
  if (entry.holder != nullptr && entry.holder != &holder) entry.shared = true;
  entry.holder = &holder;
  if (!entry.present || entry.replace) enqueue(key, entry);
}

void AddressObjects::drop(const Holders::value_type& holder, const Key& key) {
  Object& entry = object(key);
  if (entry.holder == &holder || entry.holder == nullptr) {
    entry.holder = nullptr;
    entry.form = nullptr;
  }
  if (entry.shared) {
    // Rare: two want the same, perhaps because it moves from one to the other.
    entry.shared = false;
    for (const auto& other : holders_) {
      if (&other == &holder) continue;
      for_each(other.second, [&](const PlacedAddress& which) {
        if (key_of(which) != key) return;
        entry.shared = entry.holder != nullptr && entry.holder != &other;
        entry.holder = &other;
        entry.form = which.address;
      });
    }
  }
  if (entry.holder == nullptr) enqueue(key, entry);
}

void AddressObjects::want(const std::string& name, Wish wish) {
  Holders::value_type& holder = *holders_.try_emplace(name).first;
  const Wish before = std::exchange(holder.second, std::move(wish));
  for_each(holder.second, [&](const PlacedAddress& which) { take(holder, which); });
  for_each(before, [&](const PlacedAddress& which) {
    const Key key = key_of(which);
    if (!object(key).marked) drop(holder, key);
  });
  for_each(holder.second,
           [&](const PlacedAddress& which) { object(key_of(which)).marked = false; });
}

void AddressObjects::release(const std::string& name) {
  const auto found = holders_.find(name);
  if (found == holders_.end()) return;
  for_each(found->second, [&](const PlacedAddress& which) { drop(*found, key_of(which)); });
  holders_.erase(found);
}

const InstanceConfig* AddressObjects::wish_of(const std::string& name) const {
  const auto found = holders_.find(name);
  if (found == holders_.end()) return nullptr;
  const auto* instance = std::get_if<std::shared_ptr<const InstanceConfig>>(&found->second);
  return instance == nullptr ? nullptr : instance->get();
}

void AddressObjects::rename(const std::string& before, const std::string& after) {
  // The node stays where it is, so what points to it does too.
  auto node = holders_.extract(before);
  if (node.empty()) return;
  node.key() = after;
  holders_.insert(std::move(node));
}

void AddressObjects::restore(const std::string& name, const IpAddress& address) {
  const auto found = holders_.find(name);
  if (found == holders_.end()) return;
  for_each(found->second, [&](const PlacedAddress& which) {
    if (which.address->address != address) return;
    const Key key = key_of(which);
    enqueue(key, object(key));
  });
}

void AddressObjects::sweep_key(const Key& key) {
  Object& entry = object(key);
  if (entry.present && entry.holder == nullptr) {
    enqueue(key, entry);
  } else {
    forget_if_idle(key);
  }
}

void AddressObjects::sweep(const PlacedAddress& which) { sweep_key(key_of(which)); }

void AddressObjects::sweep_records() {
  std::vector<RecordedAddress> recorded;
  page_.for_each_key([&recorded](std::string_view key) {
    if (auto address = parse_record(key)) recorded.push_back(std::move(*address));
  });
  for (const RecordedAddress& record : recorded) {
    const Key key{id_of(record.interface), record.prefix.address, record.prefix.length};
    sweep_key(key);
    // Gone already, for instance with its interface.
    if (!objects_.contains(key)) page_.erase(record_of(key));
  }
}

// ---- What is done

void AddressObjects::plan_removal(const Key& key, const Object& entry, InterfaceIndex index,
                                  Batch& batch) {
  netlink::InterfaceAddress address;
  if (entry.form != nullptr) {
    address = form_of(*entry.form, index);
  } else if (const auto* actual = monitor_.find(index, key.address, key.prefix_length)) {
    // The kernel's form of it, for the peer it may have.
    address = *actual;
  } else {
    address.index = index;
    address.address = key.address;
    address.prefix_length = key.prefix_length;
  }
  batch.requests.push_back(netlink::delete_address(address));
  batch.steps.push_back({key, false});
}

void AddressObjects::plan(const Key& key, Object& entry, Batch& batch) {
  const bool wanted = entry.holder != nullptr;
  const netlink::Link* link = monitor_.link(name_of(key));
  if (link == nullptr || (wanted == entry.present && !entry.replace)) return;
  if (entry.present && !entry.foreign) plan_removal(key, entry, link->index, batch);
  entry.replace = false;
  if (!wanted) return;
  if (!page_.write(record_of(key), AddressRecord{}) && !page_full_reported_) {
    page_full_reported_ = true;
    log_.warning("The record of addresses is full: after a crash some may be left behind");
  }
  batch.requests.push_back(
      netlink::add_address(form_of(*entry.form, link->index), options_of(*entry.form)));
  batch.steps.push_back({key, true});
}

bool AddressObjects::reconcile(unsigned limit) {
  Batch batch;
  while (!queue_.empty() && batch.steps.size() < limit) {
    const Key key = queue_.front();
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

void AddressObjects::settle(const Batch& batch) {
  if (batch.requests.empty()) return;
  const auto outcome = socket_.request(batch.requests);
  for (std::size_t i = 0; i < outcome.size(); ++i) {
    const auto& [key, add] = batch.steps[i];
    Object& entry = object(key);
    const int code = outcome[i] ? outcome[i]->code : 0;
    // It went with its interface.
    const bool gone = code == EADDRNOTAVAIL || code == ENODEV;
    const bool done = code == 0 || (add ? code == EEXIST : gone);
    if (!done) complain(key, entry, add, outcome[i]->message);
    if (!add && code == 0) ++entry.expected_removals;
    if (done) entry.present = add;
    if (done && add) entry.complained = false;
    if (!add && done && entry.holder == nullptr) page_.erase(record_of(key));
    forget_if_idle(key);
  }
}

void AddressObjects::complain(const Key& key, Object& entry, bool add, const std::string& why) {
  if (entry.complained) return;
  entry.complained = true;
  log_.error("Cannot {} address {}/{} {} {}: {}", add ? "put" : "remove", key.address.to_string(),
             key.prefix_length, add ? "on" : "from", name_of(key), why);
}

void AddressObjects::forget_if_idle(const Key& key) {
  const auto found = objects_.find(key);
  if (found == objects_.end()) return;
  const Object& entry = found->second;
  // A foreign one is forgotten too: whether it is there is then asked anew.
  if (entry.holder == nullptr && !entry.queued && entry.expected_removals == 0 &&
      (!entry.present || entry.foreign)) {
    objects_.erase(found);
  }
}

bool AddressObjects::settled(const std::string& interface, const IpAddress& address,
                             std::uint8_t prefix_length) const {
  const auto id = ids_.find(interface);
  if (id == ids_.end()) return false;
  const auto found = objects_.find(Key{id->second, address, prefix_length});
  if (found == objects_.end()) return false;
  const Object& entry = found->second;
  return entry.present && entry.holder != nullptr && !entry.replace;
}

// ---- What the kernel tells

void AddressObjects::say_duplicate(const Key& key, const Object& entry) const {
  log_.error("({}) address {} on {} is in use by another host - duplicate address detection failed",
             entry.holder->first, key.address.to_string(), name_of(key));
}

std::vector<AddressObjects::Loss> AddressObjects::changed(const netlink::InterfaceAddress& address,
                                                          bool removed, bool ours) {
  const auto link = monitor_.links().find(address.index);
  if (link == monitor_.links().end()) return {};
  const auto id = ids_.find(link->second.name);
  if (id == ids_.end()) return {};
  const Key key{id->second, address.address, address.prefix_length};
  const auto found = objects_.find(key);
  if (found == objects_.end()) return {};
  Object& entry = found->second;
  if (!removed) {
    // Our own is known since its answer, and this news may be older than a deletion that followed.
    if (!ours) entry.present = true;
    if (entry.holder != nullptr && (address.flags & IFA_F_DADFAILED) != 0) {
      say_duplicate(key, entry);
    }
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
  std::vector<Loss> losses;
  if (entry.holder == nullptr) page_.erase(record_of(key));
  if (entry.holder != nullptr && !entry.form->no_track) {
    losses.push_back({entry.holder->first, key.address});
  }
  forget_if_idle(key);
  return losses;
}

void AddressObjects::interface_changed(const netlink::Link& link, bool removed) {
  const auto id = ids_.find(link.name);
  if (id == ids_.end()) return;
  for (auto at = objects_.lower_bound(Key{id->second, {}, 0});
       at != objects_.end() && at->first.interface == id->second; ++at) {
    Object& entry = at->second;
    if (removed) {
      entry.present = false;
      entry.foreign = false;
      entry.expected_removals = 0;
      continue;
    }
    if (entry.holder != nullptr && !entry.present) enqueue(at->first, at->second);
  }
}

}  // namespace understudy::vrrp
