// What all virtual servers together want of the kernel's table. No I/O.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "ipvs/reconcile.hpp"
#include "ipvs/types.hpp"

namespace understudy::checkers {

/// What one virtual server wants; no other has its name.
struct Wanted {
  std::string name;
  std::vector<ipvs::Entry> entries;
};

/// Most services are wanted by one virtual server. Several may share one: those of a group with a
/// firewall mark that are of different protocols, and those that are configured twice. Then it is
/// as the first of them wants it, with the destinations of all; where they differ over a
/// destination the first one's word counts.
class WantedTable {
 public:
  WantedTable() = default;
  /// In the order of the configuration.
  explicit WantedTable(std::vector<Wanted> all);

  [[nodiscard]] const ipvs::Table& table() const { return table_; }
  /// A virtual server wants other destinations now; its services are the same. `sink` gets what
  /// that means for the kernel.
  void change(Wanted wanted, const ipvs::ChangeSink& sink);

 private:
  using Shares = std::vector<std::pair<std::string, ipvs::Entry>>;

  ipvs::Table table_;
  std::map<ipvs::ServiceKey, Shares> shared_;
};

}  // namespace understudy::checkers
