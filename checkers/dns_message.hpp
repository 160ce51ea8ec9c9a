// The query of DNS_CHECK and what its answer amounts to (RFC 1035 section 4). Octets in, octets
// out.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "checkers/config.hpp"
#include "daemon/base/bytes.hpp"

namespace understudy::checkers {

/// Asks for the records of `type` of a domain, recursion desired; "." or "" is the root. nullopt:
/// no domain can be called so (an empty label, one of more than 63 octets, 255 in all).
[[nodiscard]] std::optional<Bytes> encode_query(std::uint16_t id, std::string_view name,
                                                DnsType type);

/// What a datagram from a name server is.
struct DnsAnswer {
  enum class Kind : std::uint8_t {
    /// No answer to the query: another number, a query itself, another question. Wait for more.
    stray,
    /// The server has no complaint; there may be no such record.
    good,
    /// The server says it failed: `code` is its RCODE.
    refused,
    /// An answer by its number that is cut off or makes no sense.
    malformed,
  };
  Kind kind = Kind::stray;
  unsigned code = 0;
  bool operator==(const DnsAnswer&) const = default;
};

/// Reads a datagram that came after `query`, made by encode_query().
[[nodiscard]] DnsAnswer read_answer(ByteView datagram, ByteView query);

}  // namespace understudy::checkers
