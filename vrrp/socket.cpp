#include "vrrp/socket.hpp"

#include <linux/if_packet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>

namespace understudy::vrrp {
Result<FrameSocket> FrameSocket::open() {
  // Protocol 0: nothing is ever delivered to it.
  Fd fd(socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) return Error::from_errno(errno, "cannot open a packet socket");
  const int priority = kControlPriority;
  setsockopt(fd.get(), SOL_SOCKET, SO_PRIORITY, &priority, sizeof priority);
  return FrameSocket(std::move(fd));
}

int FrameSocket::send(InterfaceIndex index, std::uint16_t ethertype, ByteView frame) {
  // No address: the frame's own header says where it goes.
  sockaddr_ll to{};
  to.sll_family = AF_PACKET;
  to.sll_ifindex = static_cast<int>(index.value());
  to.sll_protocol = htons(ethertype);
  const ssize_t sent = sendto(fd_.get(), frame.data(), frame.size(), MSG_DONTWAIT,
                              reinterpret_cast<const sockaddr*>(&to), sizeof to);
  return sent < 0 ? errno : 0;
}

}  // namespace understudy::vrrp
