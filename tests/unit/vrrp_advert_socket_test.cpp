// vrrp/advert_socket: what the kernel sends and hands over.
#include <net/if.h>
#include <poll.h>

#include <catch2/catch.hpp>
#include <vector>

#include "tests/support/network_namespace.hpp"
#include "vrrp/advert_socket.hpp"
#include "vrrp/ah.hpp"
#include "vrrp/datagram.hpp"

using namespace understudy;
using namespace understudy::vrrp;

namespace {

IpAddress ip(const char* text) { return *IpAddress::parse(text); }

const IpAddress kGroup = ip("224.0.0.18");

/// A copy of what was heard.
struct Heard {
  Bytes octets;
  IpAddress source;
  IpAddress destination;
  std::optional<std::uint8_t> hop_limit;
};

/// A listener on eth0 of the second namespace, a sender in the first.
class Wire {
 public:
  explicit Wire(Family family, std::uint8_t protocol = kIpProtocolVrrp) {
    network_.wait_for_carrier('a');
    network_.wait_for_carrier('b');
    for (const char which : {'a', 'b'}) {
      const std::string address = which == 'a' ? "fd00::1" : "fd00::2";
      network_.run(which, "ip addr add " + address + "/64 dev eth0 nodad");
    }
    network_.inside('a', [&] {
      index_ = InterfaceIndex(if_nametoindex("eth0"));
      auto socket = SendingSocket::open(family);
      REQUIRE(socket.has_value());
      sending_.emplace(std::move(*socket));
    });
    network_.inside('b', [&] {
      const InterfaceIndex index(if_nametoindex("eth0"));
      auto socket = ListeningSocket::open(family, protocol, "eth0", index);
      REQUIRE(socket.has_value());
      listening.emplace(std::move(*socket));
    });
  }

  int send(ByteView packet, const IpAddress& source, const IpAddress& destination,
           std::optional<std::uint8_t> hop_limit = {}) {
    return sending_->send(packet, {source, destination, index_, hop_limit});
  }
  /// Sends an IPv4 packet with the payload {number}.
  int send_ipv4(std::uint8_t number, const IpAddress& destination) {
    const IpAddress source = ip("10.9.0.1");
    return send(wrap_ipv4(Bytes(8, number), {source, destination, number}), source, destination);
  }
  Result<void> join(const IpAddress& group) {
    Result<void> done;
    network_.inside('b', [&] { done = listening->join(group); });
    return done;
  }
  void leave(const IpAddress& group) {
    network_.inside('b', [&] { listening->leave(group); });
  }
  /// What arrives within a tenth of a second after the last packet.
  std::vector<Heard> hear() {
    std::vector<Heard> all;
    pollfd waiting{listening->fd(), POLLIN, 0};
    while (poll(&waiting, 1, 100) > 0) {
      listening->receive(64, [&](const HeardPacket& packet) {
        all.push_back({Bytes(packet.octets.begin(), packet.octets.end()), packet.source,
                       packet.destination, packet.hop_limit});
      });
    }
    return all;
  }

  std::optional<ListeningSocket> listening;

 private:
  NamespacePair network_;
  InterfaceIndex index_;
  std::optional<SendingSocket> sending_;
};

}  // namespace

TEST_CASE("only the groups that were joined are heard, as often as they were joined") {
  NEEDS_NAMESPACES();
  Wire wire(Family::ipv4);
  const auto heard_after_sending = [&] {
    REQUIRE(wire.send_ipv4(1, kGroup) == 0);
    return wire.hear().size();
  };
  CHECK(heard_after_sending() == 0);
  REQUIRE(wire.join(kGroup).has_value());
  REQUIRE(wire.join(kGroup).has_value());
  CHECK(heard_after_sending() == 1);
  wire.leave(kGroup);
  CHECK(heard_after_sending() == 1);
  wire.leave(kGroup);
  CHECK(heard_after_sending() == 0);
}

TEST_CASE("more groups than the kernel lets a socket join") {
  NEEDS_NAMESPACES();
  Wire wire(Family::ipv4);
  std::vector<IpAddress> groups;
  for (unsigned i = 1; i <= 50; ++i)
    groups.push_back(ip(("224.0.0." + std::to_string(i + 100)).c_str()));
  for (const IpAddress& group : groups) REQUIRE(wire.join(group).has_value());
  for (const IpAddress& group : groups) REQUIRE(wire.send_ipv4(1, group) == 0);
  CHECK(wire.hear().size() == groups.size());
  for (const IpAddress& group : groups) wire.leave(group);
  for (const IpAddress& group : groups) REQUIRE(wire.send_ipv4(1, group) == 0);
  CHECK(wire.hear().empty());
}

TEST_CASE("many packets are read in order, no more of them than asked for") {
  NEEDS_NAMESPACES();
  Wire wire(Family::ipv4);
  REQUIRE(wire.join(kGroup).has_value());
  for (std::uint8_t number = 1; number <= 21; ++number) {
    REQUIRE(wire.send_ipv4(number, kGroup) == 0);
  }
  pollfd waiting{wire.listening->fd(), POLLIN, 0};
  REQUIRE(poll(&waiting, 1, 1000) == 1);
  std::vector<std::uint8_t> order;
  const auto note = [&](const HeardPacket& packet) { order.push_back(packet.octets.back()); };
  CHECK(wire.listening->receive(10, note));
  CHECK(order.size() == 10);
  CHECK_FALSE(wire.listening->receive(64, note));
  REQUIRE(order.size() == 21);
  for (std::size_t i = 0; i < order.size(); ++i) CHECK(order[i] == i + 1);
}

TEST_CASE("an IPv4 packet arrives as it was made, unicast needs no group") {
  NEEDS_NAMESPACES();
  Wire wire(Family::ipv4);
  REQUIRE(wire.send_ipv4(7, ip("10.9.0.2")) == 0);
  const auto heard = wire.hear();
  REQUIRE(heard.size() == 1);
  CHECK(heard[0].octets == wrap_ipv4(Bytes(8, 7), {ip("10.9.0.1"), ip("10.9.0.2"), 7}));
}

TEST_CASE("IPv6: addresses and hop limit are handed over; multicast has 255, unicast 64 or more") {
  NEEDS_NAMESPACES();
  Wire wire(Family::ipv6);
  const IpAddress group = ip("ff02::12");
  REQUIRE(wire.join(group).has_value());
  const IpAddress source = ip("fd00::1");
  const IpAddress peer = ip("fd00::2");
  const Bytes pdu(24, 1);
  REQUIRE(wire.send(pdu, source, group) == 0);
  REQUIRE(wire.send(pdu, source, peer) == 0);
  REQUIRE(wire.send(pdu, source, peer, 200) == 0);
  const auto heard = wire.hear();
  REQUIRE(heard.size() == 3);
  const std::vector<std::uint8_t> limits{255, 64, 200};
  for (std::size_t i = 0; i < heard.size(); ++i) {
    CHECK(heard[i].octets == pdu);
    CHECK(heard[i].source == source);
    CHECK(heard[i].destination == (i == 0 ? group : peer));
    CHECK(heard[i].hop_limit == limits[i]);
  }
}

TEST_CASE("a source that is not ours is used all the same") {
  NEEDS_NAMESPACES();
  Wire wire(Family::ipv6);
  REQUIRE(wire.join(ip("ff02::12")).has_value());
  REQUIRE(wire.send(Bytes(8, 1), ip("fd00::99"), ip("ff02::12")) == 0);
  const auto heard = wire.hear();
  REQUIRE(heard.size() == 1);
  CHECK(heard[0].source == ip("fd00::99"));
}

TEST_CASE("of AH only what protects VRRP is heard") {
  NEEDS_NAMESPACES();
  Wire wire(Family::ipv4, kIpProtocolAh);
  REQUIRE(wire.join(kGroup).has_value());
  const IpAddress source = ip("10.9.0.1");
  auto packet = wrap_ah(Bytes(16, 1), {source, kGroup, 1}, 1, "password");
  REQUIRE(packet.has_value());
  REQUIRE(wire.send(*packet, source, kGroup) == 0);
  (*packet)[kIpv4HeaderSize] = 50;
  REQUIRE(wire.send(*packet, source, kGroup) == 0);
  CHECK(wire.hear().size() == 1);
}

TEST_CASE("a socket on an interface that is not there is refused with its name") {
  NEEDS_NAMESPACES();
  const auto socket =
      ListeningSocket::open(Family::ipv4, kIpProtocolVrrp, "nosuch0", InterfaceIndex(9));
  REQUIRE_FALSE(socket.has_value());
  CHECK(socket.error().message.find("nosuch0") != std::string::npos);
}
