// Whether what a predecessor left is young enough to go on from. Pure.
#pragma once

#include <optional>

#include "vrrp/config.hpp"
#include "vrrp/event.hpp"

namespace understudy::vrrp {

/// What a machine was, if that is fresh: a master whose last advert is so young that no peer can
/// have taken over, or a backup whose patience has not ended. Such a backup listens for at least an
/// advert interval, for nobody did while it was dead.
[[nodiscard]] std::optional<MachineMemory> fresh(const InstanceConfig& config,
                                                 const MachineMemory& memory, TimePoint last_advert,
                                                 TimePoint now);

}  // namespace understudy::vrrp
