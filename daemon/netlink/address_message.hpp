// An address on an interface as the kernel describes it (rtnetlink(7), RTM_*ADDR).
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "daemon/base/address.hpp"
#include "daemon/base/rare.hpp"
#include "daemon/base/types.hpp"
#include "daemon/netlink/message.hpp"

namespace understudy::netlink {

/// What the kernel is told as the origin of addresses we put (IFA_PROTO, kernel 5.18): the number
/// `ip` calls "keepalived". A hint for people; others may set it too, so it proves nothing.
inline constexpr std::uint8_t kAddressOrigin = 18;

/// An address of an interface.
struct InterfaceAddress {
  /// What few addresses have.
  struct Details {
    /// "eth0:1"; empty: the interface's name (IPv4) or none.
    std::string label;
    std::optional<IpAddress> broadcast;
    /// Other end of a point-to-point link.
    std::optional<IpAddress> peer;
    bool operator==(const Details&) const = default;
  };
  Rare<Details> details;
  InterfaceIndex index;
  /// IFA_F_*.
  std::uint32_t flags = 0;
  IpAddress address;
  std::uint8_t prefix_length = 0;
  /// RT_SCOPE_UNIVERSE = 0 … RT_SCOPE_HOST = 254.
  std::uint8_t scope = 0;
  bool operator==(const InterfaceAddress&) const = default;
};

/// RTM_NEWADDR or RTM_DELADDR.
struct AddressMessage {
  bool removed = false;
  InterfaceAddress address;
  /// Netlink port of the socket whose request caused it; 0: the kernel itself.
  std::uint32_t origin_port = 0;
  bool operator==(const AddressMessage&) const = default;
};

/// What an address is put with besides.
struct AddressOptions {
  /// IPv6: the kernel looks for duplicates; until then the address is tentative (RFC 4862 section
  /// 5.4). Without, the protocol above is the substitute.
  bool detect_duplicates = false;
  /// Seconds until the kernel prefers other source addresses; nullopt: never.
  std::optional<std::uint32_t> preferred_lifetime;
};

/// Puts an address on its interface; EEXIST when it is there.
[[nodiscard]] Message add_address(const InterfaceAddress& address,
                                  const AddressOptions& options = {});
/// Takes it away; EADDRNOTAVAIL when it is not there.
[[nodiscard]] Message delete_address(const InterfaceAddress& address);
/// Asks for all addresses of both families.
[[nodiscard]] Message dump_addresses();
/// nullopt for anything that is not a well-formed address message.
[[nodiscard]] std::optional<AddressMessage> decode_address(ByteView message);

}  // namespace understudy::netlink
