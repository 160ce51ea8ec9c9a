#include "vrrp/routing_objects.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>

#include "vrrp/routing_records.hpp"
#include "vrrp/routing_requests.hpp"

namespace understudy::vrrp {
namespace {

/// Between two looks at everything.
constexpr std::chrono::seconds kCheckInterval(1);
/// Until what is refused is tried again, doubling.
constexpr std::chrono::seconds kFirstRetry(1);
constexpr std::chrono::seconds kLastRetry(60);

template <typename T>
std::shared_ptr<const T> part_of(const std::shared_ptr<const void>& whole, const T& part) {
  return {whole, &part};
}

}  // namespace

/// Work of one call: the requests and what each is about.
struct RoutingObjects::Batch {
  std::vector<Key> keys;
  std::vector<netlink::Message> requests;
};

RoutingObjects::RoutingObjects(Log& log, netlink::Socket& socket, const netlink::Monitor& monitor,
                               run::HandoverPage& page)
    : log_(log), socket_(socket), monitor_(monitor), page_(page) {}

std::string RoutingObjects::record_name(const Key& key) {
  return key.kind == Key::Kind::route ? route_key(key.identity) : rule_key(key.identity);
}

std::string RoutingObjects::text_of(const Object& object) {
  return (object.title.empty() ? "static " : "virtual ") +
         (object.route ? "route " + describe(*object.route) : "rule " + describe(*object.rule));
}

// ---- What is wanted

void RoutingObjects::enqueue(const Key& key, Object& object) {
  if (object.wanted == 0) {
    if (!std::exchange(object.leaving, true)) leaving_.push_back(key);
  } else if (!object.present) {
    if (!std::exchange(object.coming, true)) coming_.push_back(key);
  }
}

void RoutingObjects::take(const Key& key, Object object, std::vector<Key>& list) {
  if (std::ranges::find(list, key) != list.end()) return;
  list.push_back(key);
  const auto [at, is_new] = objects_.try_emplace(key, std::move(object));
  Object& entry = at->second;
  if (!is_new) {
    // The configuration it was in may go.
    entry.route = std::move(object.route);
    entry.rule = std::move(object.rule);
    entry.title = std::move(object.title);
  }
  ++entry.wanted;
  enqueue(key, entry);
}

void RoutingObjects::drop(const Key& key) {
  Object& object = objects_.at(key);
  --object.wanted;
  if (object.wanted == 0) enqueue(key, object);
}

void RoutingObjects::want(const std::string& holder, const std::string& title, const Wish& wish,
                          TimePoint now) {
  std::vector<Key> list;
  list.reserve(wish.routes->size() + wish.rules->size());
  for (const Route& route : *wish.routes) {
    take({Key::Kind::route, identity_of(route)}, {part_of(wish.keep_alive, route), nullptr, title},
         list);
  }
  for (const Rule& rule : *wish.rules) {
    take({Key::Kind::rule, identity_of(rule)}, {nullptr, part_of(wish.keep_alive, rule), title},
         list);
  }
  const auto found = holders_.find(holder);
  if (found != holders_.end()) {
    // Rules first, as they were put last.
    for (auto key = found->second.rbegin(); key != found->second.rend(); ++key) drop(*key);
    // An address that went may have taken a route along, and the kernel does not tell.
    if (!list.empty()) recheck(now);
  }
  if (list.empty()) {
    if (found != holders_.end()) holders_.erase(found);
  } else {
    holders_[holder] = std::move(list);
  }
}

void RoutingObjects::release(const std::string& holder) {
  const auto found = holders_.find(holder);
  if (found == holders_.end()) return;
  for (auto key = found->second.rbegin(); key != found->second.rend(); ++key) drop(*key);
  holders_.erase(found);
}

void RoutingObjects::rename(const std::string& before, const std::string& after,
                            const std::string& title) {
  auto node = holders_.extract(before);
  if (node.empty()) return;
  for (const Key& key : node.mapped()) objects_.at(key).title = title;
  node.key() = after;
  holders_.insert(std::move(node));
}

void RoutingObjects::sweep(const Wish& wish) {
  const auto unwanted = [this](const Key& key, Object object) {
    const auto [at, is_new] = objects_.try_emplace(key, std::move(object));
    if (at->second.wanted > 0) return;
    at->second.present = true;
    enqueue(key, at->second);
  };
  for (const Rule& rule : *wish.rules) {
    unwanted({Key::Kind::rule, identity_of(rule)}, {nullptr, part_of(wish.keep_alive, rule), ""});
  }
  for (const Route& route : *wish.routes) {
    unwanted({Key::Kind::route, identity_of(route)},
             {part_of(wish.keep_alive, route), nullptr, ""});
  }
}

void RoutingObjects::sweep_records() {
  std::vector<std::pair<std::string, Key>> recorded;
  page_.for_each_key([&recorded](std::string_view name) {
    const bool route = name.starts_with(kRouteKeyPrefix);
    if (!route && !name.starts_with(kRuleKeyPrefix)) return;
    const std::string_view digits = name.substr(name.find(' ') + 1);
    Key key{route ? Key::Kind::route : Key::Kind::rule, 0};
    const auto end = digits.data() + digits.size();
    const auto read = std::from_chars(digits.data(), end, key.identity, 16);
    if (read.ec == std::errc() && read.ptr == end) recorded.emplace_back(name, key);
  });
  std::vector<netlink::Message> requests;
  for (const auto& [name, key] : recorded) {
    // What is known of it is dealt with by whom it concerns.
    if (objects_.contains(key)) continue;
    if (key.kind == Key::Kind::route) {
      if (const auto route = page_.read<RouteRecord>(name)) requests.push_back(removal_of(*route));
    } else if (const auto rule = page_.read<RuleRecord>(name)) {
      requests.push_back(removal_of(*rule));
    }
    page_.erase(name);
  }
  // Gone already is as good.
  socket_.request(requests);
}

// ---- What is done

void RoutingObjects::plan_removal(const Key& key, const Object& object, Batch& batch) {
  if (object.rule) {
    batch.requests.push_back(netlink::delete_rule(kernel_rule(*object.rule)));
    batch.keys.push_back(key);
  } else if (const auto route = kernel_route(*object.route, monitor_)) {
    batch.requests.push_back(netlink::delete_route(*route));
    batch.keys.push_back(key);
  }
}

bool RoutingObjects::remove(unsigned limit) {
  Batch batch;
  while (!leaving_.empty() && batch.keys.size() < limit) {
    const Key key = leaving_.front();
    leaving_.pop_front();
    Object& object = objects_.at(key);
    object.leaving = false;
    const std::size_t before = batch.keys.size();
    if (object.wanted == 0 && object.present) plan_removal(key, object, batch);
    if (batch.keys.size() != before) continue;
    // Its interface is gone, and it with it.
    if (object.wanted == 0) {
      object.present = false;
      page_.erase(record_name(key));
    }
    forget_if_idle(key);
  }
  settle_removals(batch);
  return !leaving_.empty();
}

void RoutingObjects::settle_removals(const Batch& batch) {
  if (batch.requests.empty()) return;
  const auto outcome = socket_.request(batch.requests);
  for (std::size_t i = 0; i < outcome.size(); ++i) {
    Object& object = objects_.at(batch.keys[i]);
    const int code = outcome[i] ? outcome[i]->code : 0;
    // What cannot be understood (no IPv6, no such table) cannot be there.
    const bool gone = code == 0 || code == ESRCH || code == ENOENT || code == ENODEV ||
                      code == EAFNOSUPPORT || code == EOPNOTSUPP || code == EINVAL;
    if (!gone) {
      log_.error("{}cannot remove {}: {}", object.title, text_of(object), outcome[i]->message);
    }
    object.present = false;
    page_.erase(record_name(batch.keys[i]));
    forget_if_idle(batch.keys[i]);
  }
}

void RoutingObjects::write_record(const Key& key, const Object& object, std::uint32_t table) {
  const bool written = object.route ? page_.write(record_name(key), record_of(*object.route, table))
                                    : page_.write(record_name(key), record_of(*object.rule));
  if (written || std::exchange(page_full_reported_, true)) return;
  log_.warning("The record of routes and rules is full: after a crash some may be left behind");
}

void RoutingObjects::plan_addition(const Key& key, Object& object, Batch& batch) {
  if (object.rule) {
    write_record(key, object, 0);
    batch.requests.push_back(netlink::add_rule(kernel_rule(*object.rule)));
    batch.keys.push_back(key);
    return;
  }
  const auto route = kernel_route(*object.route, monitor_);
  if (!route) return refuse(object, route.error().message);
  write_record(key, object, route->table);
  batch.requests.push_back(netlink::add_route(*route, kernel_placement(*object.route)));
  batch.keys.push_back(key);
}

bool RoutingObjects::add(unsigned limit, TimePoint now) {
  Batch batch;
  while (!coming_.empty() && batch.keys.size() < limit) {
    const Key key = coming_.front();
    coming_.pop_front();
    Object& object = objects_.at(key);
    object.coming = false;
    if (object.wanted > 0 && !object.present) {
      plan_addition(key, object, batch);
    } else {
      forget_if_idle(key);
    }
  }
  settle_additions(batch);
  const bool refused = std::ranges::any_of(
      objects_, [](const auto& entry) { return entry.second.refused && entry.second.wanted > 0; });
  if (!refused) {
    retry_at_.reset();
    retry_wait_ = kFirstRetry;
  } else if (!retry_at_) {
    retry_at_ = now + retry_wait_;
    retry_wait_ = std::min<Duration>(2 * retry_wait_, kLastRetry);
  }
  return !coming_.empty();
}

void RoutingObjects::settle_additions(const Batch& batch) {
  if (batch.requests.empty()) return;
  const auto outcome = socket_.request(batch.requests);
  for (std::size_t i = 0; i < outcome.size(); ++i) {
    Object& object = objects_.at(batch.keys[i]);
    const int code = outcome[i] ? outcome[i]->code : 0;
    if (code != 0 && code != EEXIST) {
      page_.erase(record_name(batch.keys[i]));
      refuse(object, outcome[i]->message);
      continue;
    }
    if (code == 0 && (object.lost || object.refused)) {
      log_.info("{}{} {}", object.title, object.refused ? "Put at last:" : "Restoring deleted",
                text_of(object));
    }
    object.present = true;
    object.refused = object.lost = false;
  }
}

void RoutingObjects::refuse(Object& object, const std::string& why) {
  if (std::exchange(object.refused, true)) return;
  log_.error("{}cannot put {}: {} - trying again", object.title, text_of(object), why);
}

void RoutingObjects::forget_if_idle(const Key& key) {
  const auto found = objects_.find(key);
  if (found == objects_.end()) return;
  const Object& object = found->second;
  if (object.wanted > 0 || object.present || object.leaving || object.coming) return;
  objects_.erase(found);
}

// ---- What the kernel tells

void RoutingObjects::lose(const Key& key, Object& object, TimePoint now) {
  object.present = false;
  if (object.wanted == 0 || object.no_track()) return;
  object.lost = true;
  if (limit_.lost(key, now)) enqueue(key, object);
}

void RoutingObjects::removed(const netlink::Route& route, TimePoint now) {
  for (auto& [key, object] : objects_) {
    if (!object.route || !object.present) continue;
    if (object.route->destination.length != route.destination.length ||
        object.route->family() != route.family()) {
      continue;
    }
    const auto ours = kernel_route(*object.route, monitor_);
    if (ours && netlink::same_route(route, *ours)) lose(key, object, now);
  }
}

void RoutingObjects::removed(const netlink::Rule& rule, TimePoint now) {
  for (auto& [key, object] : objects_) {
    if (!object.rule || !object.present || object.rule->preference != rule.preference) continue;
    if (kernel_rule(*object.rule) == rule) lose(key, object, now);
  }
}

void RoutingObjects::recheck(TimePoint now) {
  if (objects_.empty() || check_at_) return;
  // Soon, not now: changes come in swarms, and the first of them is not the last.
  check_at_ = std::max(now, checked_ + kCheckInterval);
}

void RoutingObjects::check_all(TimePoint now) {
  checked_ = now;
  for (auto& [key, object] : objects_) {
    if (object.wanted == 0 || (object.no_track() && !object.refused)) continue;
    object.lost = object.lost || object.present;
    object.present = false;
    enqueue(key, object);
  }
}

std::optional<TimePoint> RoutingObjects::deadline() const {
  std::optional<TimePoint> first;
  for (const auto& candidate : {limit_.deadline(), check_at_, retry_at_}) {
    if (candidate && (!first || *candidate < *first)) first = candidate;
  }
  return first;
}

void RoutingObjects::expire(TimePoint now) {
  for (const Key& key : limit_.due(now)) {
    const auto found = objects_.find(key);
    if (found != objects_.end()) enqueue(key, found->second);
  }
  if (check_at_ && *check_at_ <= now) {
    check_at_.reset();
    check_all(now);
  }
  if (retry_at_ && *retry_at_ <= now) {
    retry_at_.reset();
    for (auto& [key, object] : objects_) {
      if (object.refused && object.wanted > 0) enqueue(key, object);
    }
  }
}

}  // namespace understudy::vrrp
