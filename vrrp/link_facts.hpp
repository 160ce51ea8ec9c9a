// What -d shows of interfaces.
#pragma once

#include <vector>

#include "daemon/global/config.hpp"
#include "daemon/netlink/monitor.hpp"
#include "vrrp/dump.hpp"
#include "vrrp/link_layer.hpp"

namespace understudy::vrrp {

/// All interfaces of the network namespace, in the order of their indices.
[[nodiscard]] std::vector<LinkFacts> link_facts(const netlink::Monitor& monitor, LinkLayer& layer,
                                                const GlobalConfig& global);

}  // namespace understudy::vrrp
