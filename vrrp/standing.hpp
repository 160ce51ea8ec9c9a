// What a machine and its sync group tell each other.
#pragma once

#include "daemon/base/types.hpp"

namespace understudy::vrrp {

/// What a member's machine is and wants.
struct Standing {
  RouterState state = RouterState::init;
  /// In FAULT by itself.
  bool faulty = false;
  /// A fault that scripts are told of, not only something unknown yet.
  bool failing = false;
  /// A backup that would be master if it were alone, or a master.
  bool wants_master = false;
  bool operator==(const Standing&) const = default;
};

/// What its group forbids a member at the moment.
struct Hold {
  /// To become master: others do not want to.
  bool master = false;
  /// To leave FAULT: others are faulty.
  bool recovery = false;
  /// The group's FAULT is one that scripts are told of.
  bool failing = false;
  bool operator==(const Hold&) const = default;
};

}  // namespace understudy::vrrp
