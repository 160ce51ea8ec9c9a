// The echo request of PING_CHECK and its reply (RFC 792, RFC 4443 section 4). Octets in, octets
// out.
#pragma once

#include <cstdint>

#include "daemon/base/address.hpp"
#include "daemon/base/bytes.hpp"

namespace understudy::checkers {

/// What tells one request from all others. The kernel of a datagram socket puts an identifier of
/// its own in place of ours, and a raw socket hears the replies to everybody: only `nonce` is sure.
struct EchoMark {
  std::uint16_t identifier = 0;
  std::uint16_t sequence = 0;
  std::uint64_t nonce = 0;
};

/// The message without an IP header: ICMP with its checksum, or ICMPv6, whose checksum the kernel
/// adds.
[[nodiscard]] Bytes encode_echo_request(Family family, const EchoMark& mark);

/// Whether `message`, without an IP header, is the reply to the request with this mark.
[[nodiscard]] bool is_echo_reply(Family family, ByteView message, const EchoMark& mark);

/// An ICMP message out of the IPv4 packet a raw socket gives; empty when it is none.
[[nodiscard]] ByteView without_ipv4_header(ByteView packet);

}  // namespace understudy::checkers
