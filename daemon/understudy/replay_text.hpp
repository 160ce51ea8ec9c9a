// What inputs, actions and steps of a replay look like, for people and as JSON.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "daemon/base/types.hpp"
#include "daemon/understudy/json.hpp"
#include "daemon/understudy/replay.hpp"
#include "vrrp/action.hpp"
#include "vrrp/ensemble.hpp"

namespace understudy::tool {

/// "MASTER", "BACKUP", "FAULT", "STOP", "INIT".
[[nodiscard]] std::string_view state_name(RouterState state);
/// "advert from 10.0.0.2 for VI_1, priority 90"; `name` names instances.
[[nodiscard]] std::string describe(const vrrp::Input& input,
                                   const std::function<std::string(vrrp::InstanceId)>& name);
/// A few words on what was to be done: "advert 100", "add addresses", "notify MASTER" …
[[nodiscard]] std::string describe(const vrrp::Action& action);

/// A step: the input on a line of its own, and one for each thing it concerned.
[[nodiscard]] std::string to_text(const ReplayedStep& step);
/// The same as one object.
[[nodiscard]] Json to_json(const ReplayedStep& step);

}  // namespace understudy::tool
