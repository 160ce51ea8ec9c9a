// Who follows what: for each tracked thing of a dump the instances that depend on it.
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "daemon/global/dump_lines.hpp"

namespace understudy::vrrp {

/// Instances that follow things of one kind, by the thing's name.
class Followers {
 public:
  /// The instance follows the thing. A second time, by way of a sync group or an address, changes
  /// the weight unless it is 0: then the thing's failure is a fault in any case.
  void add(const std::string& thing, const std::string& instance, int weight, bool reverse);
  [[nodiscard]] bool any(const std::string& thing) const { return followers_.contains(thing); }
  /// "   HEADING" and a line each; nothing where nobody follows it.
  void dump(DumpLines& out, const std::string& thing, std::string_view heading) const;

 private:
  struct Follower {
    std::string instance;
    int weight = 0;
    bool reverse = false;
  };
  struct Thing {
    std::vector<Follower> all;
    /// Where an instance is in `all`.
    std::unordered_map<std::string, std::size_t> places;
  };
  std::unordered_map<std::string, Thing> followers_;
};

}  // namespace understudy::vrrp
