// interface_up_down_delays: an interface counts as up, or down, when it has been for so long. Pure.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "daemon/base/types.hpp"
#include "vrrp/config.hpp"

namespace understudy::vrrp {

/// What is to be told of interfaces.
struct LinkNews {
  struct Change {
    std::string interface;
    bool up = false;
    bool operator==(const Change&) const = default;
  };
  std::vector<Change> changes;
  /// For the log, in the original's words.
  std::vector<std::string> lines;
};

/// The interfaces that have a delay; of all others it knows nothing and passes everything on.
class LinkDelays {
 public:
  /// Takes the place of what was configured before; a delay that runs goes on where there still is
  /// one, else it ends at once.
  LinkNews configure(const std::vector<InterfaceDelay>& delays, TimePoint now);

  /// The interface is up or down. Returns what to tell now; an interface that is there for the
  /// first time has no delay.
  LinkNews observe(const std::string& interface, bool up, TimePoint now);
  /// It does not exist any more: that is told at once.
  LinkNews vanished(const std::string& interface);
  /// What is told of it: its state before a delay that runs; nullopt: nothing of it is delayed.
  [[nodiscard]] std::optional<bool> told(const std::string& interface) const;

  /// When expire() has something to tell.
  [[nodiscard]] std::optional<TimePoint> deadline() const;
  LinkNews expire(TimePoint now);

 private:
  struct State {
    Duration down{};
    Duration up{};
    bool told = false;
    /// It has been up since it exists.
    bool seen_up = false;
    /// The opposite of `told` is to be told then.
    std::optional<TimePoint> change_at;
  };

  std::map<std::string, State, std::less<>> states_;
};

}  // namespace understudy::vrrp
