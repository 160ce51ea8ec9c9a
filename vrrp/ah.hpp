// The authentication header in front of an advert (auth_type AH), as keepalived uses RFC 2402.
//
//    0                   1                   2                   3
//    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   | Next Header   | Payload Len 4 |           reserved 0          |
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |          Security Parameters Index: the source address        |
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |                        Sequence Number                        |
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |   Integrity check value: HMAC-MD5-96 with the password        |
//   |   over IP header, this header and PDU; zero there: this value,|
//   |   and of the IP header type of service, fragment offset,      |
//   |   checksum, and in unicast the time to live                   |
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "vrrp/datagram.hpp"
#include "vrrp/rejection.hpp"

namespace understudy::vrrp {

/// An IPv4 packet with an authentication header around a PDU; nullopt: the digest cannot be made.
/// `header.protocol` does not matter.
[[nodiscard]] std::optional<Bytes> wrap_ah(ByteView pdu, Ipv4Header header, std::uint32_t sequence,
                                           std::string_view password);

/// The sequence number after `last`. It stays at the last one there is, which receivers then take
/// for a repetition: another router becomes master.
[[nodiscard]] std::uint32_t next_ah_sequence(std::uint32_t last);

/// Why the header of a packet that has one is not to be believed; nullopt: it is. `sequence` is the
/// last one accepted or sent, and becomes this one's.
[[nodiscard]] std::optional<RejectionReason> verify_ah(const Datagram& datagram,
                                                       std::string_view password,
                                                       std::uint32_t& sequence);

/// The protocol of what follows the header.
[[nodiscard]] std::uint8_t ah_next_header(ByteView ah);
/// Its sequence number.
[[nodiscard]] std::uint32_t ah_sequence(ByteView ah);

}  // namespace understudy::vrrp
