// IPVS values to and from the attributes of generic netlink messages (linux/ip_vs.h). Pure: bytes
// only, no socket.
#pragma once

#include <cstdint>

#include "daemon/base/bytes.hpp"
#include "daemon/base/result.hpp"
#include "ipvs/types.hpp"

namespace understudy::ipvs {

/// A generic netlink command (IPVS_CMD_*) and the attributes that follow its header.
struct Request {
  std::uint8_t command = 0;
  Bytes attributes;
};

/// The request that makes the kernel do `change`.
[[nodiscard]] Request encode(const Change& change);
/// The request that dumps every service.
[[nodiscard]] Request encode_list_services();
/// The request that dumps the destinations of one service.
[[nodiscard]] Request encode_list_destinations(const ServiceKey& service);
/// The request for the connection timeouts, and the one that sets those that are not 0.
[[nodiscard]] Request encode_get_timeouts();
[[nodiscard]] Request encode_set_timeouts(const Timeouts& timeouts);

/// A service from the attributes of an IPVS_CMD_NEW_SERVICE message. Flags the kernel keeps for
/// itself are taken off; without persistence, timeout and netmask are the defaults.
[[nodiscard]] Result<Service> decode_service(ByteView attributes);
/// A destination from the attributes of an IPVS_CMD_NEW_DEST message. Kernels before 3.18 do not
/// say its family: then it is the service's.
[[nodiscard]] Result<Destination> decode_destination(ByteView attributes, Family service_family);
/// What the same message says of its connections.
[[nodiscard]] Result<Usage> decode_usage(ByteView attributes, Family service_family);
/// The answer to encode_get_timeouts().
[[nodiscard]] Result<Timeouts> decode_timeouts(ByteView attributes);

}  // namespace understudy::ipvs
