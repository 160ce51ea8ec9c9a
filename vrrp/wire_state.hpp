// What a virtual router has to remember of the adverts it sent and heard, besides its state: values
// that a successor of the process continues from (handover_record.hpp).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>
#include <vector>

#include "daemon/base/address.hpp"
#include "daemon/base/rare.hpp"
#include "vrrp/packet.hpp"
#include "vrrp/rejection.hpp"

namespace understudy::vrrp {

/// Sequence numbers of our own adverts.
struct AuthenticationState {
  /// Of the last advert signed (auth_hmac); 0: none was.
  std::uint64_t hmac_sequence = 0;
  /// Of the last advert with an AH header, sent or heard: a new master goes on from what it heard.
  std::uint32_t ah_sequence = 0;
  /// A unicast peer uses the checksum of keepalived before 1.2.20, so we do too
  /// (old_unicast_checksum).
  bool old_checksum = false;
  bool operator==(const AuthenticationState&) const = default;
};

/// One router whose adverts were believed.
struct Sender {
  IpAddress address;
  /// `mark` means something.
  bool marked = false;
  /// Rank of the last use among the senders of an instance.
  std::uint64_t last_used = 0;
  /// The highest sequence accepted (auth_hmac).
  std::uint64_t mark = 0;
  /// Adverts by ChecksumForm, of version 3 over IPv4.
  std::array<std::uint32_t, kChecksumForms> forms{};
  bool operator==(const Sender&) const = default;
};
static_assert(std::is_trivially_copyable_v<Sender> && sizeof(Sender) <= 64);

/// The senders of an instance: a small table in which the least recently used one gives way.
class Senders {
 public:
  /// Places in the table where there are no unicast peers.
  static constexpr std::size_t kPlaces = 4;

  /// The sender's place, taken from the least recently used one of `places` if it has none.
  Sender& enter(const IpAddress& address, std::size_t places);
  /// nullptr: it has no place.
  [[nodiscard]] const Sender* find(const IpAddress& address) const;
  /// By place.
  [[nodiscard]] std::span<const Sender> all() const { return senders_; }
  /// What a predecessor had in a place. Places come in ascending order.
  void restore(std::size_t place, const Sender& sender);

 private:
  std::vector<Sender> senders_;
};

/// All of it.
struct WireState {
  AuthenticationState authentication;
  Senders senders;
  Rare<RejectionCounters> rejections;
  /// Reasons complained of since the master changed, a bit each.
  std::uint32_t complaints = 0;

  /// Counts a refused advert; true the first time since the master changed: it is to be logged.
  bool refused(RejectionReason reason);
};

}  // namespace understudy::vrrp
