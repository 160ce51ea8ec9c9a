// Changes on their way to the kernel's IPVS table.
#pragma once

#include <optional>
#include <set>
#include <vector>

#include "daemon/base/log.hpp"
#include "daemon/base/result.hpp"
#include "ipvs/client.hpp"
#include "ipvs/types.hpp"

namespace understudy::checkers {

/// Sends changes in batches, however many there are in all. What fails because somebody else
/// changed the table meanwhile is mended, the rest logged.
class ChangeSender {
 public:
  /// `desired` is what mending leads to. All three outlive it.
  ChangeSender(Log& log, ipvs::Client& client, const ipvs::Table& desired)
      : log_(log), client_(client), desired_(desired) {}

  void push(ipvs::Change change);
  /// Sends what is left; false: something pushed since the construction could not be done.
  bool flush();
  /// How many changes there were.
  [[nodiscard]] std::size_t count() const { return count_; }
  /// The kernel does not answer any more: what came after that was not sent.
  [[nodiscard]] const std::optional<Error>& lost() const { return lost_; }

 private:
  void send();
  /// Notes a failure; `again` gets what to do instead.
  void on_failure(const ipvs::Change& change, int code, std::vector<ipvs::Change>& again);
  [[nodiscard]] std::vector<ipvs::Change> remedy(const ipvs::Change& change, int code) const;
  /// A service with its destinations, from nothing.
  [[nodiscard]] std::vector<ipvs::Change> whole(const ipvs::ServiceKey& key) const;

  Log& log_;
  ipvs::Client& client_;
  const ipvs::Table& desired_;
  std::vector<ipvs::Change> pending_;
  /// A service that cannot be added is said once, not again for each of its destinations.
  std::set<ipvs::ServiceKey> refused_;
  std::optional<Error> lost_;
  std::size_t count_ = 0;
  bool good_ = true;
};

}  // namespace understudy::checkers
