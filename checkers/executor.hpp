// Keeps the kernel's IPVS table as the pools want it.
//
// Ours are the services the configuration names or our ownership record (in the handover page);
// others are never touched. At a start, a reload and in a respawned process ours are made exactly
// what is wanted. In between only what a verdict changes is sent, so that a weight an operator set
// by hand stays; what somebody deleted of ours is put back.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "checkers/config.hpp"
#include "checkers/pool.hpp"
#include "daemon/base/log.hpp"
#include "daemon/base/loop.hpp"
#include "daemon/run/handover.hpp"
#include "ipvs/client.hpp"
#include "ipvs/types.hpp"

namespace understudy::checkers {

/// What a virtual server is known by from one configuration to the next: the kernel's name of its
/// service.
[[nodiscard]] std::string service_name(const VirtualServer& service);
/// A virtual server as the kernel should have it.
[[nodiscard]] std::vector<ipvs::Entry> service_entries(const VirtualServer& service,
                                                       const std::vector<Seat>& seats);

/// Not copyable: the loop calls back into it.
class Executor {
 public:
  /// `net_namespace`: whose table it is, see NamespaceVisit.
  Executor(Loop& loop, Log& log, run::HandoverPage& page,
           std::optional<std::string> net_namespace = std::nullopt);
  Executor(const Executor&) = delete;
  Executor& operator=(const Executor&) = delete;

  /// Makes ours exactly `desired`: foreign destinations in our services go, services of ours that
  /// are not in `desired` go. Needs no IPVS when there is nothing to do. When there is no IPVS it
  /// says so once and tries again now and then.
  void adopt(ipvs::Table desired);
  /// A verdict's consequence, for the entries of one virtual server: sends how `desired` differs
  /// from what was desired before.
  void change(const std::vector<ipvs::Entry>& desired);
  /// Deletes every service, whoever made it (lvs_flush).
  void flush();
  /// Deletes our services. Nothing is put back any more.
  void remove_ours();
  /// Lets go of the table as it is.
  void stop() { timer_.disarm(); }

 private:
  bool connect();
  /// Reads the kernel's table and sends the difference. `before` is what was desired last.
  void make_so(const ipvs::Table& before);
  /// Sends changes, mends those that failed because somebody else changed the table meanwhile, and
  /// logs the rest; false: something failed.
  bool send(const std::vector<ipvs::Change>& changes);
  /// What to do instead of a change that failed with `code`; empty: nothing can be done.
  [[nodiscard]] std::vector<ipvs::Change> remedy(const ipvs::Change& change, int code) const;
  /// A service of ours with its destinations, from nothing.
  [[nodiscard]] std::vector<ipvs::Change> whole(const ipvs::ServiceKey& key) const;
  void log_foreign(const std::vector<ipvs::Change>& changes, const ipvs::Table& before);
  void record(const ipvs::ServiceKey& key);
  [[nodiscard]] std::vector<std::string> records() const;
  void tick();
  /// Puts back what somebody deleted of ours; nullopt: the table could not be read.
  std::optional<std::size_t> repair();
  std::optional<std::vector<ipvs::Change>> missing_destinations(
      const std::set<ipvs::ServiceKey>& present);
  void lost(const Error& error);

  Loop& loop_;
  Log& log_;
  run::HandoverPage& page_;
  std::optional<std::string> net_namespace_;
  std::optional<ipvs::Client> client_;
  ipvs::Table desired_;
  /// Whether the kernel was made to hold `desired_` at least once.
  bool in_force_ = false;
  bool said_missing_ = false;
  bool said_full_ = false;
  /// Where the next look goes on, when there are more services than one look takes.
  ipvs::ServiceKey look_from_;
  Duration pause_;
  Timer timer_;
};

}  // namespace understudy::checkers
