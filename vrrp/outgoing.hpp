// One advert as octets, for each router that it is sent to.
#pragma once

#include <cstdint>
#include <optional>

#include "vrrp/config.hpp"
#include "vrrp/packet.hpp"
#include "vrrp/wire_state.hpp"

namespace understudy::vrrp {

/// Takes the sequence numbers of the next advert, whose copies share them. To be kept for a
/// successor before the advert leaves. `clock`: hmac_clock() now, used if the instance signs.
void take_sequences(const InstanceConfig& config, AuthenticationState& state, std::uint64_t clock);

/// An advert, and its copies. Made after take_sequences().
class OutgoingAdvert {
 public:
  /// All outlive this object. Signs the advert if the instance does so.
  OutgoingAdvert(const InstanceConfig& config, const AuthenticationState& state,
                 const IpAddress& source, Priority priority);

  /// Over IPv4 the packet with identification `id`; over IPv6 the payload, checksum filled in.
  /// nullopt: the system cannot authenticate it.
  [[nodiscard]] std::optional<Bytes> to(const IpAddress& destination, std::uint16_t id);

 private:
  const InstanceConfig& config_;
  const AuthenticationState& state_;
  const IpAddress& source_;
  Bytes pdu_;
  Bytes trailer_;
  bool unsigned_ = false;
};

/// The form of the checksum of what the instance sends.
[[nodiscard]] ChecksumForm sent_form(const InstanceConfig& config,
                                     const AuthenticationState& state);
/// Time to live of what it sends over IPv4, hop limit over IPv6; nullopt: the kernel's.
[[nodiscard]] std::optional<std::uint8_t> sent_ttl(const InstanceConfig& config);
/// Octets of its adverts, IPv4 header included.
[[nodiscard]] std::size_t advert_size(const InstanceConfig& config);

}  // namespace understudy::vrrp
