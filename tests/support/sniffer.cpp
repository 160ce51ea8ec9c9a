#include "tests/support/sniffer.hpp"

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <sys/socket.h>

#include <array>
#include <cstring>
#include <stdexcept>
#include <utility>

using namespace understudy;

namespace {

std::uint16_t type_of(const Bytes& frame) {
  return static_cast<std::uint16_t>((frame[12] << 8) | frame[13]);
}

}  // namespace

Sniffer::Sniffer(const NamespacePair& network, char which) {
  network.inside(which, [this] {
    fd_.reset(socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, htons(ETH_P_ALL)));
    const int on = 1;
    setsockopt(fd_.get(), SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
    // Thousands of frames may come before the test looks.
    const int space = 64 * 1024 * 1024;
    setsockopt(fd_.get(), SOL_SOCKET, SO_RCVBUFFORCE, &space, sizeof space);
    sockaddr_ll address{};
    address.sll_family = AF_PACKET;
    address.sll_protocol = htons(ETH_P_ALL);
    address.sll_ifindex = static_cast<int>(if_nametoindex("eth0"));
    if (bind(fd_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
      throw std::runtime_error("cannot bind a packet socket");
    }
  });
}

std::vector<Sniffer::Heard> Sniffer::hear() {
  // The kernel stamps with the wall clock; only differences matter here.
  std::vector<Heard> heard;
  std::array<std::uint8_t, 4096> buffer;
  while (true) {
    sockaddr_ll from{};
    alignas(cmsghdr) std::array<char, 256> control{};
    iovec part{buffer.data(), buffer.size()};
    msghdr header{};
    header.msg_name = &from;
    header.msg_namelen = sizeof from;
    header.msg_iov = &part;
    header.msg_iovlen = 1;
    header.msg_control = control.data();
    header.msg_controllen = control.size();
    const ssize_t size = recvmsg(fd_.get(), &header, 0);
    if (size < 0) return heard;
    if (from.sll_pkttype == PACKET_OUTGOING || size < ETH_HLEN) continue;
    TimePoint when;
    for (cmsghdr* at = CMSG_FIRSTHDR(&header); at != nullptr; at = CMSG_NXTHDR(&header, at)) {
      if (at->cmsg_level != SOL_SOCKET || at->cmsg_type != SCM_TIMESTAMPNS) continue;
      timespec stamp{};
      std::memcpy(&stamp, CMSG_DATA(at), sizeof stamp);
      when =
          TimePoint(std::chrono::seconds(stamp.tv_sec) + std::chrono::nanoseconds(stamp.tv_nsec));
    }
    heard.push_back({Bytes(buffer.begin(), buffer.begin() + size), when});
  }
}

std::vector<Bytes> Sniffer::take() {
  std::vector<Bytes> frames;
  for (Heard& heard : hear()) frames.push_back(std::move(heard.frame));
  return frames;
}

std::vector<TimePoint> Sniffer::take_timed() {
  constexpr std::size_t kVrid = ETH_HLEN + 20 + 1;
  std::vector<TimePoint> times;
  for (const Heard& heard : hear()) {
    const Bytes& frame = heard.frame;
    if (type_of(frame) == ETH_P_IP && frame.size() > kVrid && frame[23] == 112 &&
        frame[kVrid] == vrid_) {
      times.push_back(heard.when);
    }
  }
  return times;
}

std::vector<Bytes> Sniffer::take_adverts() {
  std::vector<Bytes> packets;
  for (const Bytes& frame : take()) {
    if (type_of(frame) != ETH_P_IP || frame.size() < ETH_HLEN + 20) continue;
    const std::size_t length = static_cast<std::size_t>((frame[16] << 8) | frame[17]);
    if (frame[23] != 112 || length > frame.size() - ETH_HLEN) continue;
    const auto begin = frame.begin() + ETH_HLEN;
    packets.emplace_back(begin, begin + static_cast<std::ptrdiff_t>(length));
  }
  return packets;
}

std::vector<Bytes> Sniffer::take_arps() {
  std::vector<Bytes> arps;
  for (const Bytes& frame : take()) {
    if (type_of(frame) == ETH_P_ARP) arps.emplace_back(frame.begin() + ETH_HLEN, frame.end());
  }
  return arps;
}
