// What packets on a route are wrapped in, as attributes (RTA_ENCAP_TYPE, RTA_ENCAP;
// linux/lwtunnel.h).
#pragma once

#include <optional>

#include "daemon/netlink/message.hpp"
#include "daemon/netlink/route.hpp"

namespace understudy::netlink {

/// Appends the two attributes.
void write_tunnel(AttributeWriter& writer, const Encapsulation& tunnel);
/// Reads them; nullopt when there are none, or of a kind we do not know.
[[nodiscard]] std::optional<Encapsulation> read_tunnel(const Attributes& attributes);

}  // namespace understudy::netlink
