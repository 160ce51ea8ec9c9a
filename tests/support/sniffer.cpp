#include "tests/support/sniffer.hpp"

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <sys/socket.h>

#include <array>
#include <stdexcept>

using namespace understudy;

namespace {

std::uint16_t type_of(const Bytes& frame) {
  return static_cast<std::uint16_t>((frame[12] << 8) | frame[13]);
}

}  // namespace

Sniffer::Sniffer(const NamespacePair& network, char which) {
  network.inside(which, [this] {
    fd_.reset(socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, htons(ETH_P_ALL)));
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

std::vector<Bytes> Sniffer::take() {
  std::vector<Bytes> frames;
  std::array<std::uint8_t, 4096> buffer;
  while (true) {
    sockaddr_ll from{};
    socklen_t length = sizeof from;
    const ssize_t size = recvfrom(fd_.get(), buffer.data(), buffer.size(), 0,
                                  reinterpret_cast<sockaddr*>(&from), &length);
    if (size < 0) return frames;
    if (from.sll_pkttype == PACKET_OUTGOING || size < ETH_HLEN) continue;
    frames.emplace_back(buffer.begin(), buffer.begin() + size);
  }
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
