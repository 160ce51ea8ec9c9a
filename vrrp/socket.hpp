// The socket that gratuitous ARPs and neighbour advertisements leave through. Adverts have
// advert_socket.hpp.
#pragma once

#include <cstdint>
#include <utility>

#include "daemon/base/bytes.hpp"
#include "daemon/base/fd.hpp"
#include "daemon/base/result.hpp"
#include "daemon/base/types.hpp"

namespace understudy::vrrp {

/// Queueing priority of control traffic (TC_PRIO_CONTROL), so that a full queue does not hold
/// adverts or announcements back.
inline constexpr int kControlPriority = 7;

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
