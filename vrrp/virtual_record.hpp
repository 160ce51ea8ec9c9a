// Which virtual interfaces we made, on the page that outlives the process; and what wire() has to
// know of the kernel's interfaces.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "daemon/netlink/monitor.hpp"
#include "daemon/run/handover.hpp"
#include "vrrp/wiring.hpp"

namespace understudy::vrrp {

/// Notes that the interface of that name is ours.
void record_virtual(run::HandoverPage& page, const std::string& name);
void forget_virtual(run::HandoverPage& page, const std::string& name);
[[nodiscard]] bool is_recorded(const run::HandoverPage& page, const std::string& name);
/// Calls `f` with the name of every one.
void for_each_recorded(const run::HandoverPage& page,
                       const std::function<void(const std::string& name)>& f);

/// All interfaces of the namespace as wire() wants them; `page` says which are ours.
[[nodiscard]] std::vector<KnownLink> known_links(const netlink::Monitor& monitor,
                                                 const run::HandoverPage& page);

}  // namespace understudy::vrrp
