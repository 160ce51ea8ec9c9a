#include "vrrp/socket.hpp"

#include <linux/if_packet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "vrrp/packet.hpp"

namespace understudy::vrrp {
namespace {

/// Adverts of a thousand routers while the process is busy.
constexpr int kReceiveBuffer = 1024 * 1024;
/// An IPv4 header with options and a VRRP PDU with 255 addresses fit.
constexpr std::size_t kLargestPacket = 2048;
/// Queueing priority of control traffic (TC_PRIO_CONTROL), so that a full queue does not hold
/// adverts back.
constexpr int kControlPriority = 7;

template <typename Value>
Result<void> set(const Fd& fd, int level, int name, const Value& value, const char* what) {
  if (setsockopt(fd.get(), level, name, &value, sizeof value) == 0) return {};
  return Error::from_errno(errno, what);
}

Result<Fd> open_raw(int protocol, const std::string& interface) {
  Fd fd(socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol));
  if (!fd) return Error::from_errno(errno, "cannot open a raw socket");
  if (setsockopt(fd.get(), SOL_SOCKET, SO_BINDTODEVICE, interface.c_str(),
                 static_cast<socklen_t>(interface.size() + 1)) < 0) {
    return Error::from_errno(errno, "cannot bind a socket to " + interface);
  }
  // Only groups joined through this very socket.
  auto done = set(fd, IPPROTO_IP, IP_MULTICAST_ALL, 0, "IP_MULTICAST_ALL");
  if (!done) return done.error();
  return fd;
}

Result<Fd> open_receiving(const std::string& interface) {
  auto fd = open_raw(kIpProtocolVrrp, interface);
  if (!fd) return fd;
  if (setsockopt(fd->get(), SOL_SOCKET, SO_RCVBUFFORCE, &kReceiveBuffer, sizeof kReceiveBuffer) <
      0) {
    auto done = set(*fd, SOL_SOCKET, SO_RCVBUF, kReceiveBuffer, "SO_RCVBUF");
    if (!done) return done.error();
  }
  return fd;
}

Result<Fd> open_sending(const std::string& interface, InterfaceIndex index) {
  auto fd = open_raw(IPPROTO_RAW, interface);
  if (!fd) return fd;
  ip_mreqn outgoing{};
  outgoing.imr_ifindex = static_cast<int>(index.value());
  for (const auto& done : {set(*fd, IPPROTO_IP, IP_HDRINCL, 1, "IP_HDRINCL"),
                           set(*fd, IPPROTO_IP, IP_MULTICAST_IF, outgoing, "IP_MULTICAST_IF"),
                           set(*fd, IPPROTO_IP, IP_MULTICAST_LOOP, 0, "IP_MULTICAST_LOOP"),
                           set(*fd, SOL_SOCKET, SO_PRIORITY, kControlPriority, "SO_PRIORITY"),
                           // It hears nothing, so it needs no memory for it.
                           set(*fd, SOL_SOCKET, SO_RCVBUF, 0, "SO_RCVBUF")}) {
    if (!done) return done.error();
  }
  return fd;
}

ip_mreqn membership(const IpAddress& group, InterfaceIndex index) {
  ip_mreqn request{};
  request.imr_multiaddr = group.v4();
  request.imr_ifindex = static_cast<int>(index.value());
  return request;
}

}  // namespace

Result<AdvertSocket> AdvertSocket::open(const std::string& interface, InterfaceIndex index) {
  auto receiving = open_receiving(interface);
  if (!receiving) return receiving.error();
  auto sending = open_sending(interface, index);
  if (!sending) return sending.error();
  return AdvertSocket(std::move(*receiving), std::move(*sending), index);
}

Result<void> AdvertSocket::join(const IpAddress& group) {
  if (groups_[group]++ > 0) return {};
  const auto request = membership(group, index_);
  auto done =
      set(receiving_, IPPROTO_IP, IP_ADD_MEMBERSHIP, request, "cannot join the multicast group");
  if (!done) groups_.erase(group);
  return done;
}

void AdvertSocket::leave(const IpAddress& group) {
  const auto found = groups_.find(group);
  if (found == groups_.end() || --found->second > 0) return;
  groups_.erase(found);
  const auto request = membership(group, index_);
  setsockopt(receiving_.get(), IPPROTO_IP, IP_DROP_MEMBERSHIP, &request, sizeof request);
}

int AdvertSocket::send(ByteView packet, const IpAddress& destination) {
  sockaddr_storage to{};
  const socklen_t length = Endpoint{destination, Port(0)}.to_sockaddr(to);
  const ssize_t sent = sendto(sending_.get(), packet.data(), packet.size(), MSG_DONTWAIT,
                              reinterpret_cast<const sockaddr*>(&to), length);
  return sent < 0 ? errno : 0;
}

bool AdvertSocket::receive(unsigned limit, const std::function<void(ByteView)>& each) {
  std::array<std::uint8_t, kLargestPacket> buffer;
  for (unsigned i = 0; i < limit; ++i) {
    const ssize_t size = recv(receiving_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (size < 0 && errno == EINTR) continue;
    // ENETDOWN comes once per loss of the link; the monitor tells of that.
    if (size < 0) return false;
    each(ByteView(buffer.data(), static_cast<std::size_t>(size)));
  }
  return true;
}

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
