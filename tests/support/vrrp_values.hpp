// Making VRRP values and reading them, for the tests of vrrp/'s cores.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "vrrp/action.hpp"
#include "vrrp/config.hpp"
#include "vrrp/event.hpp"

namespace understudy::vrrp {

/// Time zero of a test; everything is relative to it.
inline constexpr TimePoint kEpoch{std::chrono::hours(1)};

/// An address that must be well formed.
IpAddress ip(const char* text);

/// VI_1: version 2, VRID 51, priority 100, eth0, 10.0.0.100, one second, no authentication.
InstanceConfig instance();
/// The same as the machine wants it.
std::shared_ptr<const InstanceConfig> shared(InstanceConfig config);

/// An advert for instance()'s virtual router.
AdvertReceived advert(unsigned priority, const char* source);

/// "MASTER".
const char* name(RouterState state);
/// "advert 100", "add", "remove", "restore 10.0.0.100", "announce 5", "announce 5 10.0.0.100",
/// "cancel", "notify MASTER 100", "log: TEXT".
std::string describe(const Action& action);
/// All but log lines, joined by "; ".
std::string deeds(const Actions& actions);
/// Log lines only.
std::vector<std::string> lines(const Actions& actions);

}  // namespace understudy::vrrp
