// What keepalived 2.4.3 put on the wire, both ways: the same configuration makes us send the same
// octets, and we believe what it sent.
#include <catch2/catch.hpp>
#include <fstream>
#include <string>
#include <vector>

#include "tests/support/config_file.hpp"
#include "tests/support/hexadecimal.hpp"
#include "vrrp/ah.hpp"
#include "vrrp/hmac.hpp"
#include "vrrp/outgoing.hpp"
#include "vrrp/reception.hpp"

using namespace understudy;
using namespace understudy::vrrp;

namespace {

struct Packet {
  Bytes octets;
  /// The original's checksum is wrong by its own rules.
  bool miscalculated = false;
};

struct Capture {
  std::string title;
  std::string configuration;
  std::vector<Packet> packets;
};

constexpr std::size_t kIpv6Header = 40;

std::vector<Capture> read_captures() {
  std::ifstream file(CAPTURES_FILE);
  std::vector<Capture> captures;
  std::string line;
  const std::string number = "instance ";
  while (std::getline(file, line)) {
    if (line.empty() || line.front() == '#') continue;
    if (line.starts_with(number)) {
      const auto colon = line.find(':');
      captures.push_back(
          {line.substr(colon + 2),
           "virtual_router_id " + line.substr(number.size(), colon - number.size()) + "\n",
           {}});
    } else if (line.starts_with("  | ")) {
      captures.back().configuration += line.substr(4) + "\n";
    } else {
      const auto octets = line.find_last_of(' ') + 1;
      captures.back().packets.push_back(
          {from_hexadecimal(line.substr(octets)), line.find("miscalculated") != std::string::npos});
    }
  }
  return captures;
}

InstanceConfig read(const Capture& capture) {
  LoadOptions options = test::load_options();
  (*options.interfaces)["wa"] = {};
  const auto loaded =
      test::load_text("vrrp_instance I {\ninterface wa\nstate MASTER\npriority 255\n" +
                          capture.configuration + "}\n",
                      options);
  INFO(capture.configuration);
  REQUIRE(loaded.config.vrrp.instances.size() == 1);
  return loaded.config.vrrp.instances.front();
}

Result<Datagram> take_apart(const Bytes& octets) {
  if (octets[0] >> 4U == 4) return read_ipv4(octets);
  const ByteView packet(octets);
  return read_ipv6(packet.subspan(kIpv6Header), IpAddress(packet.subspan(8, 16)),
                   IpAddress(packet.subspan(24, 16)), octets[7]);
}

/// The state a router was in that has just taken the packet's sequence numbers.
AuthenticationState state_of(const InstanceConfig& config, const Datagram& datagram) {
  AuthenticationState state;
  if (!datagram.ah.empty()) state.ah_sequence = ah_sequence(datagram.ah);
  if (config.hmac->used()) {
    state.hmac_sequence = ByteReader(datagram.pdu.last(kHmacTrailerSize).subspan(4)).u64();
  }
  return state;
}

/// A router of the same configuration that is not the sender.
InstanceConfig other_end(InstanceConfig config, const Datagram& datagram) {
  if (!config.is_unicast()) return config;
  for (UnicastPeer& peer : config.unicast.edit().peers) {
    if (peer.address == datagram.destination) peer.address = datagram.source;
  }
  return config;
}

void compare(const InstanceConfig& config, const Packet& captured) {
  const auto datagram = take_apart(captured.octets);
  REQUIRE(datagram.has_value());
  const bool v6 = config.family == Family::ipv6;
  const AuthenticationState state = state_of(config, *datagram);
  const Priority priority(datagram->pdu[2]);
  OutgoingAdvert advert(config, state, datagram->source, priority);
  const auto id = static_cast<std::uint16_t>(captured.octets[4] << 8U | captured.octets[5]);
  auto ours = advert.to(datagram->destination, id);
  REQUIRE(ours.has_value());
  Bytes theirs(captured.octets.begin() + (v6 ? kIpv6Header : 0), captured.octets.end());
  if (captured.miscalculated) {
    CHECK(*ours != theirs);
    theirs[26] = (*ours)[26];
    theirs[27] = (*ours)[27];
  }
  CHECK(*ours == theirs);
  // A router that leaves the hop limit to the kernel gets 64.
  if (v6) CHECK(captured.octets[7] == sent_ttl(config).value_or(64));

  WireState receiving;
  const auto outcome =
      examine(*datagram, other_end(config, *datagram), receiving, state.hmac_sequence);
  REQUIRE(std::holds_alternative<Reception>(outcome));
  CHECK(std::get<Reception>(outcome).advert == advert_of(config, priority));
}

}  // namespace

TEST_CASE("the original's packets are ours, and ours its") {
  const auto captures = read_captures();
  REQUIRE(captures.size() == 31);
  for (const Capture& capture : captures) {
    INFO(capture.title);
    const InstanceConfig config = read(capture);
    REQUIRE(capture.packets.size() >= 2);
    for (const Packet& packet : capture.packets) compare(config, packet);
  }
}

TEST_CASE("a changed octet of the original's is not believed") {
  for (const Capture& capture : read_captures()) {
    INFO(capture.title);
    const InstanceConfig config = read(capture);
    Packet packet = capture.packets.front();
    // The last octet: of an address, of the password, of the digest.
    packet.octets.back() ^= 0x40;
    const auto datagram = take_apart(packet.octets);
    REQUIRE(datagram.has_value());
    WireState receiving;
    const auto outcome = examine(*datagram, other_end(config, *datagram), receiving,
                                 state_of(config, *datagram).hmac_sequence);
    CHECK(std::holds_alternative<Rejection>(outcome));
  }
}
