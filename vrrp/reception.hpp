// May this advert be believed? All rules of reception for a virtual router, in the original's order
// (RFC 3768 section 7.1, RFC 5798 section 7.1).
#pragma once

#include <cstdint>
#include <string>
#include <variant>

#include "vrrp/config.hpp"
#include "vrrp/datagram.hpp"
#include "vrrp/packet.hpp"
#include "vrrp/rejection.hpp"
#include "vrrp/wire_state.hpp"

namespace understudy::vrrp {

/// An advert to act upon.
struct Reception {
  Advert advert;
  /// Its sender's place in WireState::senders has changed; nullptr: nothing is kept of it.
  const Sender* sender = nullptr;
  /// Something to be logged that is no reason to refuse; empty: nothing.
  std::string notice;
};

/// Examines a packet for an instance, whose VRID and family it has. `clock`: hmac_clock() now, used
/// if the instance has auth_hmac. Counts and complaints are the caller's (WireState::refused());
/// everything else there is to remember is kept in `state`, and only of adverts that are believed.
[[nodiscard]] std::variant<Reception, Rejection> examine(const Datagram& datagram,
                                                         const InstanceConfig& config,
                                                         WireState& state, std::uint64_t clock);

}  // namespace understudy::vrrp
