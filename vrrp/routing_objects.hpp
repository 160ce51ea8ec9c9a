// Routes and rules in the kernel: what should be there, and putting it back when it is not.
//
// The kernel's table is not read: it may hold a million routes of others. A route or rule that is
// put again answers EEXIST when it is there, in exactly this form and with our protocol number, so
// putting everything again is the way to find out what is missing, and deleting ours never takes
// what another has put.
#pragma once

#include <compare>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "daemon/base/log.hpp"
#include "daemon/netlink/monitor.hpp"
#include "daemon/netlink/route.hpp"
#include "daemon/netlink/rule.hpp"
#include "daemon/netlink/socket.hpp"
#include "daemon/run/handover.hpp"
#include "vrrp/restore_limit.hpp"
#include "vrrp/routing_config.hpp"

namespace understudy::vrrp {

/// The routes and rules of all who want some: instances that are master, and the static ones. Each
/// that we put is recorded in the page before.
class RoutingObjects {
 public:
  /// What a holder wants; both lists live as long as `keep_alive`.
  struct Wish {
    std::shared_ptr<const void> keep_alive;
    const std::vector<Route>* routes = nullptr;
    const std::vector<Rule>* rules = nullptr;
  };

  RoutingObjects(Log& log, netlink::Socket& socket, const netlink::Monitor& monitor,
                 run::HandoverPage& page);

  /// The holder wants these and nothing else from now on. `title` stands before what is said about
  /// them: "(VI_1) "; empty: they are static.
  void want(const std::string& holder, const std::string& title, const Wish& wish, TimePoint now);
  void release(const std::string& holder);
  void rename(const std::string& before, const std::string& after, const std::string& title);
  /// Deletes what nobody wants of these; a predecessor may have left it.
  void sweep(const Wish& wish);
  /// The same for everything a record names.
  void sweep_records();

  /// Sends removals, at most `limit`; true when more are left. They come before addresses go.
  bool remove(unsigned limit);
  /// Sends what is to be put, at most `limit`; true when more is left. It comes after addresses.
  bool add(unsigned limit, TimePoint now);
  [[nodiscard]] bool pending() const { return !leaving_.empty() || !coming_.empty(); }

  /// The kernel tells of a deletion by somebody else: it is put back, at once or a little later.
  void removed(const netlink::Route& route, TimePoint now);
  void removed(const netlink::Rule& rule, TimePoint now);
  /// Anything may be gone, or possible now: an interface or an address changed. All is put again,
  /// not more often than once a second.
  void recheck(TimePoint now);
  /// When expire() has something to do.
  [[nodiscard]] std::optional<TimePoint> deadline() const;
  void expire(TimePoint now);

 private:
  struct Key {
    enum class Kind : std::uint8_t { route, rule };
    Kind kind = Kind::route;
    std::uint64_t identity = 0;
    auto operator<=>(const Key&) const = default;
  };
  struct Object {
    /// One of them, alive in some configuration.
    std::shared_ptr<const Route> route;
    std::shared_ptr<const Rule> rule;
    std::string title;
    unsigned wanted = 0;
    bool present = false;
    bool leaving = false;
    bool coming = false;
    /// The kernel does not take it, which has been said.
    bool refused = false;
    /// It was there when we last looked: that it has to be put is worth a line.
    bool lost = false;
    [[nodiscard]] bool no_track() const { return route ? route->no_track : rule->no_track; }
  };
  using Objects = std::map<Key, Object>;
  struct Batch;

  void take(const Key& key, Object object, std::vector<Key>& list);
  void drop(const Key& key);
  void lose(const Key& key, Object& object, TimePoint now);
  void enqueue(const Key& key, Object& object);
  void plan_removal(const Key& key, const Object& object, Batch& batch);
  void plan_addition(const Key& key, Object& object, Batch& batch);
  void settle_removals(const Batch& batch);
  void settle_additions(const Batch& batch);
  void refuse(Object& object, const std::string& why);
  void forget_if_idle(const Key& key);
  void check_all(TimePoint now);
  void write_record(const Key& key, const Object& object, std::uint32_t table);
  [[nodiscard]] static std::string record_name(const Key& key);
  [[nodiscard]] static std::string text_of(const Object& object);

  Log& log_;
  netlink::Socket& socket_;
  const netlink::Monitor& monitor_;
  run::HandoverPage& page_;
  Objects objects_;
  std::map<std::string, std::vector<Key>> holders_;
  std::deque<Key> leaving_;
  std::deque<Key> coming_;
  RestoreLimitOf<Key> limit_;
  /// recheck() has been asked for and waits.
  std::optional<TimePoint> check_at_;
  TimePoint checked_;
  /// The next attempt at what is refused, and the wait after it.
  std::optional<TimePoint> retry_at_;
  Duration retry_wait_{};
  bool page_full_reported_ = false;
};

}  // namespace understudy::vrrp
