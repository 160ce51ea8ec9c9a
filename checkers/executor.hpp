// Keeps the kernel's IPVS table as the pools want it.
//
// Ours are the services the configuration names or our ownership record (in the handover page);
// others are never touched. At a start, a reload and in a respawned process ours are made exactly
// what is wanted; where we know what we put there, a reload first sends how it differs from that,
// and then compares all with the kernel's in small portions. In between only what a verdict changes
// is sent, so that a weight an operator set by hand stays; what somebody deleted of ours is put
// back.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "checkers/change_sender.hpp"
#include "checkers/config.hpp"
#include "checkers/pool.hpp"
#include "checkers/wanted_table.hpp"
#include "daemon/base/log.hpp"
#include "daemon/base/loop.hpp"
#include "daemon/run/handover.hpp"
#include "ipvs/client.hpp"
#include "ipvs/types.hpp"

namespace understudy::checkers {

/// Not copyable: the loop calls back into it.
class Executor {
 public:
  /// `net_namespace`: whose table it is, see NamespaceVisit.
  Executor(Loop& loop, Log& log, run::HandoverPage& page,
           std::optional<std::string> net_namespace = std::nullopt);
  Executor(const Executor&) = delete;
  Executor& operator=(const Executor&) = delete;

  /// Makes ours exactly what is wanted: foreign destinations in our services go, services of ours
  /// that nobody wants go. Needs no IPVS when there is nothing to do. When there is no IPVS it says
  /// so once and tries again now and then.
  void adopt(std::vector<Wanted> wanted);
  /// The same where the virtual servers and their services are those of the last adopt(), in the
  /// same order: some of them want other attributes or destinations.
  void adopt_changes(std::vector<Wanted> changed);
  /// A verdict's consequence for one virtual server, whose services are the same: sends how what is
  /// wanted differs from what was.
  void change(Wanted wanted);
  /// Active connections the kernel counts for a seat, in all of the virtual server's services
  /// together; nullopt: that could not be read.
  [[nodiscard]] std::optional<std::uint64_t> connections(const std::vector<ipvs::ServiceKey>& keys,
                                                         const Seat& seat);
  /// lvs_timeouts. Those not given any more become what they were before we changed them.
  void set_timeouts(const ipvs::Timeouts& timeouts);
  /// Deletes every service, whoever made it (lvs_flush).
  void flush();
  /// Deletes our services and takes back the timeouts. Nothing is put back any more.
  void remove_ours();
  /// Lets go of the table as it is.
  void stop() { timer_.disarm(); }

 private:
  /// What a comparison with the kernel's table may change: all that is not as wanted, or only what
  /// is missing.
  enum class Look : bool { exact, missing };
  using Services = std::map<ipvs::ServiceKey, ipvs::Service>;

  bool connect();
  /// The same against the kernel's table, all at once.
  void make_so();
  /// Deletes services that are ours and that nobody wants.
  void drop_unwanted(const Services& actual, ChangeSender& sender);
  /// Sends what changes between two tables we know.
  void advance(const ipvs::Table& before);
  /// Compares some services from `from` on with the kernel's, one of which is `present`; the
  /// place to go on. nullopt: they could not be read.
  std::optional<ipvs::ServiceKey> look_at_some(const ipvs::ServiceKey& from,
                                               const Services& present, Look look,
                                               ChangeSender& sender);
  bool look_at(const ipvs::Entry& desired, const Services& present, Look look,
               ChangeSender& sender);
  std::optional<Services> read_services();
  /// What is wanted has been sent as far as we know the kernel's table: compare it with that.
  void audit_all();
  void begin_audit();
  /// Goes on with the comparison that follows a reload.
  void audit();
  /// Puts back what somebody deleted of ours; nullopt: the table could not be read.
  std::optional<std::size_t> repair();
  /// Sends the rest; false: something failed, which has been seen to.
  bool finish(ChangeSender& sender);
  void tick();
  void record(const ipvs::ServiceKey& key);
  [[nodiscard]] std::vector<std::string> records() const;
  void apply_timeouts();
  void lost(const Error& error);

  Loop& loop_;
  Log& log_;
  run::HandoverPage& page_;
  std::optional<std::string> net_namespace_;
  std::optional<ipvs::Client> client_;
  WantedTable wanted_;
  ipvs::Timeouts timeouts_;
  /// Whether the kernel was made to hold what is wanted at least once.
  bool in_force_ = false;
  bool said_missing_ = false;
  bool said_full_ = false;
  /// Where the next look goes on, when there are more services than one look takes.
  ipvs::ServiceKey look_from_;
  /// During an audit: the kernel's services at its beginning, how many are still to be compared,
  /// and where it goes on.
  Services audited_;
  std::size_t audit_left_ = 0;
  ipvs::ServiceKey audit_from_;
  Duration pause_;
  Timer timer_;
};

}  // namespace understudy::checkers
