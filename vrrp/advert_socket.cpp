#include "vrrp/advert_socket.hpp"

#include <linux/filter.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "vrrp/datagram.hpp"
#include "vrrp/socket.hpp"

namespace understudy::vrrp {
namespace {

/// An IPv4 header with options and AH, or 255 IPv6 addresses and a trailer fit.
constexpr std::size_t kLargestPacket = 4352;
/// Packets read at a time.
constexpr unsigned kBatch = 8;
/// Adverts of some thousand routers that leave at once.
constexpr int kSendBuffer = 4 * 1024 * 1024;
/// Internetwork control, as for routing protocols.
constexpr int kTrafficClass = 0xc0;
constexpr int kMulticastHops = 255;

template <typename Value>
Result<void> set(const Fd& fd, int level, int name, const Value& value, const char* what) {
  if (setsockopt(fd.get(), level, name, &value, sizeof value) == 0) return {};
  return Error::from_errno(errno, what);
}

Result<void> set_buffer(const Fd& fd, int force, int name, int octets, const char* what) {
  if (setsockopt(fd.get(), SOL_SOCKET, force, &octets, sizeof octets) == 0) return {};
  return set(fd, SOL_SOCKET, name, octets, what);
}

Result<Fd> open_raw(Family family, int protocol) {
  Fd fd(socket(to_af(family), SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol));
  if (!fd) return Error::from_errno(errno, "cannot open a raw socket");
  return fd;
}

Result<void> filter(const Fd& fd, sock_filter* instructions, unsigned short count) {
  const sock_fprog program{count, instructions};
  return set(fd, SOL_SOCKET, SO_ATTACH_FILTER, program, "SO_ATTACH_FILTER");
}

/// Of AH only what protects VRRP: the traffic of IPsec must not wake us.
Result<void> only_vrrp_in_ah(const Fd& fd) {
  sock_filter instructions[] = {
      BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 0),
      BPF_STMT(BPF_LD | BPF_B | BPF_IND, 0),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, kIpProtocolVrrp, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, 0xffff),
      BPF_STMT(BPF_RET | BPF_K, 0),
  };
  return filter(fd, instructions, std::size(instructions));
}

Result<void> nothing_in(const Fd& fd) {
  sock_filter instructions[] = {BPF_STMT(BPF_RET | BPF_K, 0)};
  return filter(fd, instructions, std::size(instructions));
}

Result<void> prepare_hearing(const Fd& fd, Family family) {
  // Only groups joined through this very socket.
  if (family == Family::ipv4) {
    return set(fd, IPPROTO_IP, IP_MULTICAST_ALL, 0, "IP_MULTICAST_ALL");
  }
  for (const auto& done : {set(fd, IPPROTO_IPV6, IPV6_MULTICAST_ALL, 0, "IPV6_MULTICAST_ALL"),
                           set(fd, IPPROTO_IPV6, IPV6_RECVHOPLIMIT, 1, "IPV6_RECVHOPLIMIT"),
                           set(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1, "IPV6_RECVPKTINFO")}) {
    if (!done) return done;
  }
  return {};
}

Result<void> change_membership(const Fd& fd, bool join, const IpAddress& group,
                               InterfaceIndex index) {
  constexpr const char* kWhat = "cannot join the multicast group";
  if (group.is_v4()) {
    ip_mreqn request{};
    request.imr_multiaddr = group.v4();
    request.imr_ifindex = static_cast<int>(index.value());
    return set(fd, IPPROTO_IP, join ? IP_ADD_MEMBERSHIP : IP_DROP_MEMBERSHIP, request, kWhat);
  }
  const ipv6_mreq request{group.v6(), index.value()};
  return set(fd, IPPROTO_IPV6, join ? IPV6_ADD_MEMBERSHIP : IPV6_DROP_MEMBERSHIP, request, kWhat);
}

/// The socket may not be a member of more groups.
bool is_full(const Error& error) { return error.code == ENOBUFS || error.code == ENOMEM; }

/// The addresses and the hop limit of an IPv6 packet, from where recvmsg(2) puts them.
void read_header(msghdr& message, const sockaddr_storage& from, HeardPacket& packet) {
  packet.source = Endpoint::from_sockaddr(from).address;
  for (cmsghdr* part = CMSG_FIRSTHDR(&message); part != nullptr;
       part = CMSG_NXTHDR(&message, part)) {
    if (part->cmsg_level != IPPROTO_IPV6) continue;
    if (part->cmsg_type == IPV6_HOPLIMIT && part->cmsg_len >= CMSG_LEN(sizeof(int))) {
      int limit = 0;
      std::memcpy(&limit, CMSG_DATA(part), sizeof limit);
      packet.hop_limit = static_cast<std::uint8_t>(limit);
    } else if (part->cmsg_type == IPV6_PKTINFO && part->cmsg_len >= CMSG_LEN(sizeof(in6_pktinfo))) {
      in6_pktinfo info{};
      std::memcpy(&info, CMSG_DATA(part), sizeof info);
      packet.destination = IpAddress(info.ipi6_addr);
    }
  }
}

/// Room for one received packet and what the kernel says of it.
struct Slot {
  std::array<std::uint8_t, kLargestPacket> octets;
  alignas(cmsghdr) std::array<std::uint8_t, 128> control;
  sockaddr_storage from;
  iovec part;

  /// `facts`: its addresses are wanted too.
  msghdr header(bool facts) {
    part = {octets.data(), octets.size()};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    if (!facts) return message;
    message.msg_name = &from;
    message.msg_namelen = sizeof from;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    return message;
  }
};

/// Appends ancillary data to a message whose control buffer is large enough and zero.
template <typename Value>
void attach(msghdr& message, int level, int type, const Value& value) {
  cmsghdr header{};
  header.cmsg_level = level;
  header.cmsg_type = type;
  header.cmsg_len = CMSG_LEN(sizeof value);
  auto* at = static_cast<std::uint8_t*>(message.msg_control) + message.msg_controllen;
  std::memcpy(at, &header, sizeof header);
  std::memcpy(at + CMSG_LEN(0), &value, sizeof value);
  message.msg_controllen += CMSG_SPACE(sizeof value);
}

void attach_departure(msghdr& message, const Departure& departure) {
  if (departure.destination.is_v4()) {
    in_pktinfo info{};
    info.ipi_ifindex = static_cast<int>(departure.index.value());
    attach(message, IPPROTO_IP, IP_PKTINFO, info);
    return;
  }
  in6_pktinfo info{};
  info.ipi6_addr = departure.source.v6();
  info.ipi6_ifindex = departure.index.value();
  attach(message, IPPROTO_IPV6, IPV6_PKTINFO, info);
  if (departure.hop_limit) {
    attach(message, IPPROTO_IPV6, IPV6_HOPLIMIT, static_cast<int>(*departure.hop_limit));
  }
}

}  // namespace

Result<ListeningSocket> ListeningSocket::open(Family family, std::uint8_t protocol,
                                              const std::string& device, InterfaceIndex index) {
  auto fd = open_raw(family, protocol);
  if (!fd) return fd.error();
  if (!device.empty() && setsockopt(fd->get(), SOL_SOCKET, SO_BINDTODEVICE, device.c_str(),
                                    static_cast<socklen_t>(device.size() + 1)) < 0) {
    return Error::from_errno(errno, "cannot bind a socket to " + device);
  }
  if (auto done = prepare_hearing(*fd, family); !done) return done.error();
  if (protocol == kIpProtocolAh) {
    if (auto done = only_vrrp_in_ah(*fd); !done) return done.error();
  }
  return ListeningSocket(std::move(*fd), family, index);
}

Result<void> ListeningSocket::set_room(unsigned octets) {
  return set_buffer(fd_, SO_RCVBUFFORCE, SO_RCVBUF, static_cast<int>(octets),
                    "vrrp set receive socket buffer size");
}

Result<void> ListeningSocket::join(const IpAddress& group) {
  if (groups_[group]++ > 0) return {};
  const auto add = [&](const Fd& fd) { return change_membership(fd, true, group, index_); };
  auto done = add(fd_);
  if (!done && is_full(done.error()) && !further_.empty()) done = add(further_.back());
  if (!done && is_full(done.error())) done = join_further(add);
  if (!done) groups_.erase(group);
  return done;
}

/// The kernel lets a socket be a member of few groups (igmp_max_memberships): another one holds
/// more, and this one hears them because it hears what anybody on the host joined.
Result<void> ListeningSocket::join_further(const std::function<Result<void>(const Fd&)>& add) {
  const bool v4 = family_ == Family::ipv4;
  auto fd = open_raw(family_, kIpProtocolVrrp);
  if (!fd) return fd.error();
  if (auto done = nothing_in(*fd); !done) return done;
  if (auto done = set(fd_, v4 ? int{IPPROTO_IP} : int{IPPROTO_IPV6},
                      v4 ? IP_MULTICAST_ALL : IPV6_MULTICAST_ALL, 1, "MULTICAST_ALL");
      !done) {
    return done;
  }
  further_.push_back(std::move(*fd));
  return add(further_.back());
}

void ListeningSocket::leave(const IpAddress& group) {
  const auto found = groups_.find(group);
  if (found == groups_.end() || --found->second > 0) return;
  groups_.erase(found);
  // One of them is the member.
  if (change_membership(fd_, false, group, index_)) return;
  for (const Fd& fd : further_) {
    if (change_membership(fd, false, group, index_)) return;
  }
}

bool ListeningSocket::receive(unsigned limit, const std::function<void(const HeardPacket&)>& each) {
  std::array<Slot, kBatch> slots;
  std::array<mmsghdr, kBatch> messages;
  const bool v6 = family_ == Family::ipv6;
  for (unsigned read = 0; read < limit;) {
    const unsigned wanted = std::min<unsigned>(kBatch, limit - read);
    for (unsigned i = 0; i < wanted; ++i) messages[i].msg_hdr = slots[i].header(v6);
    const int count = recvmmsg(fd_.get(), messages.data(), wanted, MSG_DONTWAIT, nullptr);
    if (count < 0 && errno == EINTR) continue;
    // ENETDOWN comes once per loss of the link; the monitor tells of that.
    if (count < 0) return false;
    for (unsigned i = 0; i < static_cast<unsigned>(count); ++i) {
      if ((messages[i].msg_hdr.msg_flags & MSG_TRUNC) != 0) continue;
      HeardPacket packet;
      packet.octets = ByteView(slots[i].octets.data(), messages[i].msg_len);
      if (v6) read_header(messages[i].msg_hdr, slots[i].from, packet);
      each(packet);
    }
    read += static_cast<unsigned>(count);
    // Fewer than there was room for: that was all, and it need not be asked for again.
    if (static_cast<unsigned>(count) < wanted) return false;
  }
  return true;
}

Result<SendingSocket> SendingSocket::open(Family family) {
  const bool v4 = family == Family::ipv4;
  auto fd = open_raw(family, v4 ? IPPROTO_RAW : int{kIpProtocolVrrp});
  if (!fd) return fd.error();
  for (const auto& done : {set_buffer(*fd, SO_SNDBUFFORCE, SO_SNDBUF, kSendBuffer, "SO_SNDBUF"),
                           set(*fd, SOL_SOCKET, SO_PRIORITY, kControlPriority, "SO_PRIORITY"),
                           // It hears nothing, so it needs no memory for it.
                           set(*fd, SOL_SOCKET, SO_RCVBUF, 0, "SO_RCVBUF"), nothing_in(*fd)}) {
    if (!done) return done.error();
  }
  if (v4) {
    for (const auto& done : {set(*fd, IPPROTO_IP, IP_HDRINCL, 1, "IP_HDRINCL"),
                             set(*fd, IPPROTO_IP, IP_MULTICAST_LOOP, 0, "IP_MULTICAST_LOOP")}) {
      if (!done) return done.error();
    }
    return SendingSocket(std::move(*fd));
  }
  for (const auto& done :
       {set(*fd, IPPROTO_IPV6, IPV6_TCLASS, kTrafficClass, "IPV6_TCLASS"),
        set(*fd, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, kMulticastHops, "IPV6_MULTICAST_HOPS"),
        set(*fd, IPPROTO_IPV6, IPV6_MULTICAST_LOOP, 0, "IPV6_MULTICAST_LOOP"),
        // A source that has just gone from its interface still says that we leave.
        set(*fd, IPPROTO_IPV6, IPV6_FREEBIND, 1, "IPV6_FREEBIND")}) {
    if (!done) return done.error();
  }
  return SendingSocket(std::move(*fd));
}

int SendingSocket::send(ByteView packet, const Departure& departure) {
  sockaddr_storage to{};
  alignas(cmsghdr) std::array<std::uint8_t, 128> control{};
  iovec part{const_cast<std::uint8_t*>(packet.data()), packet.size()};
  msghdr message{};
  message.msg_name = &to;
  message.msg_namelen = Endpoint{departure.destination, Port(0)}.to_sockaddr(to);
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  attach_departure(message, departure);
  const int direct = departure.destination.is_multicast() ? MSG_DONTROUTE : 0;
  return sendmsg(fd_.get(), &message, MSG_DONTWAIT | direct) < 0 ? errno : 0;
}

}  // namespace understudy::vrrp
