// Raw sockets for adverts: what hears them on one interface, and what sends them on any.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "daemon/base/address.hpp"
#include "daemon/base/bytes.hpp"
#include "daemon/base/fd.hpp"
#include "daemon/base/result.hpp"
#include "daemon/base/types.hpp"

namespace understudy::vrrp {

/// A packet as the kernel hands it over.
struct HeardPacket {
  /// IPv4: header included; IPv6: what follows the header.
  ByteView octets;
  /// IPv6 only: what the header said.
  IpAddress source;
  IpAddress destination;
  std::optional<std::uint8_t> hop_limit;
};

/// Hears one IP protocol on one interface, shared by all its virtual routers. Nothing here blocks.
class ListeningSocket {
 public:
  /// Needs CAP_NET_RAW. `device`: an interface or VRF; empty: any interface. AH of other protocols
  /// than VRRP is left out.
  static Result<ListeningSocket> open(Family family, std::uint8_t protocol,
                                      const std::string& device, InterfaceIndex index);

  /// Hears a multicast group on the device. Counted: leave() as often.
  Result<void> join(const IpAddress& group);
  void leave(const IpAddress& group);
  /// Room for packets that wait, in octets. Exceeds the system's limit if it may.
  Result<void> set_room(unsigned octets);
  /// Reads at most `limit` packets and calls `each` with each. Returns whether there may be more.
  bool receive(unsigned limit, const std::function<void(const HeardPacket&)>& each);
  /// For a loop to watch.
  [[nodiscard]] int fd() const { return fd_.get(); }

 private:
  ListeningSocket(Fd fd, Family family, InterfaceIndex index)
      : fd_(std::move(fd)), family_(family), index_(index) {}

  Result<void> join_further(const std::function<Result<void>(const Fd&)>& add);

  Fd fd_;
  /// Members of groups that are too many for one socket.
  std::vector<Fd> further_;
  Family family_;
  InterfaceIndex index_;
  std::map<IpAddress, unsigned> groups_;
};

/// Where and how an advert leaves.
struct Departure {
  IpAddress source;
  IpAddress destination;
  /// Unset: the routing table decides.
  InterfaceIndex index;
  /// IPv6; IPv4 packets have theirs in the header. nullopt: the kernel's.
  std::optional<std::uint8_t> hop_limit;
};

/// Sends adverts of one family on any interface; hears nothing. Its own group members on this host
/// do not hear it.
class SendingSocket {
 public:
  /// Needs CAP_NET_RAW.
  static Result<SendingSocket> open(Family family);
  /// Sends a whole IPv4 packet, or over IPv6 a VRRP PDU that has its checksum. Returns 0 or the
  /// errno.
  int send(ByteView packet, const Departure& departure);

 private:
  explicit SendingSocket(Fd fd) : fd_(std::move(fd)) {}
  Fd fd_;
};

}  // namespace understudy::vrrp
