// The sockets of an interface: adverts in and out, gratuitous ARPs out.
#pragma once

#include <functional>
#include <map>
#include <string>

#include "daemon/base/address.hpp"
#include "daemon/base/bytes.hpp"
#include "daemon/base/fd.hpp"
#include "daemon/base/result.hpp"
#include "daemon/base/types.hpp"

namespace understudy::vrrp {

/// Raw IPv4 sockets bound to one interface, shared by all its virtual routers: one hears protocol
/// 112 for the groups joined, one sends complete packets. Nothing here blocks.
class AdvertSocket {
 public:
  /// Opens both; needs CAP_NET_RAW.
  static Result<AdvertSocket> open(const std::string& interface, InterfaceIndex index);

  /// Hears a multicast group. Counted: leave() as often.
  Result<void> join(const IpAddress& group);
  void leave(const IpAddress& group);
  /// Sends an IPv4 packet, header included, to the group or address that it is addressed to.
  /// Returns 0 or the errno.
  int send(ByteView packet, const IpAddress& destination);
  /// Reads at most `limit` packets and calls `each` with each, IPv4 header included. Returns
  /// whether there may be more.
  bool receive(unsigned limit, const std::function<void(ByteView)>& each);
  /// The hearing one, for a loop to watch.
  [[nodiscard]] int fd() const { return receiving_.get(); }

 private:
  AdvertSocket(Fd receiving, Fd sending, InterfaceIndex index)
      : receiving_(std::move(receiving)), sending_(std::move(sending)), index_(index) {}

  Fd receiving_;
  Fd sending_;
  InterfaceIndex index_;
  std::map<IpAddress, unsigned> groups_;
};

/// Sends whole frames on any interface; hears nothing.
class FrameSocket {
 public:
  /// Needs CAP_NET_RAW.
  static Result<FrameSocket> open();
  /// Sends one frame, link-layer header included, of the protocol `ethertype` (host order). Returns
  /// 0 or the errno.
  int send(InterfaceIndex index, std::uint16_t ethertype, ByteView frame);

 private:
  explicit FrameSocket(Fd fd) : fd_(std::move(fd)) {}
  Fd fd_;
};

}  // namespace understudy::vrrp
