// vrrp/reception: which adverts are believed; vrrp/outgoing makes them.
#include <catch2/catch.hpp>

#include "tests/support/vrrp_values.hpp"
#include "vrrp/hmac.hpp"
#include "vrrp/outgoing.hpp"
#include "vrrp/reception.hpp"

using namespace understudy;
using namespace understudy::vrrp;
using namespace std::chrono_literals;

namespace {

const IpAddress kGroup = ip("224.0.0.18");
constexpr std::uint64_t kNow = 0x6800000080000000;

/// Two routers of one configuration: what the first sends the second examines.
struct Link {
  InstanceConfig config = instance();
  IpAddress source = ip("10.0.0.2");
  IpAddress destination = kGroup;
  WireState sending;
  WireState receiving;
  std::uint64_t clock = kNow;

  Bytes send(unsigned priority = 100) {
    take_sequences(config, sending.authentication, clock);
    OutgoingAdvert advert(config, sending.authentication, source,
                          Priority(static_cast<std::uint8_t>(priority)));
    const auto octets = advert.to(destination, 1);
    REQUIRE(octets.has_value());
    return *octets;
  }
  std::variant<Reception, Rejection> receive(const Bytes& octets, std::uint8_t hop_limit = 255) {
    const auto datagram = config.family == Family::ipv6
                              ? read_ipv6(octets, source, destination, hop_limit)
                              : read_ipv4(octets);
    REQUIRE(datagram.has_value());
    auto outcome = examine(*datagram, config, receiving, clock);
    if (const auto* rejection = std::get_if<Rejection>(&outcome)) {
      receiving.refused(rejection->reason);
    }
    return outcome;
  }
  /// "" when it is believed.
  std::string refusal(const Bytes& octets, std::uint8_t hop_limit = 255) {
    const auto outcome = receive(octets, hop_limit);
    const auto* rejection = std::get_if<Rejection>(&outcome);
    return rejection == nullptr ? "" : rejection->text;
  }
  [[nodiscard]] const RejectionCounters& counters() const { return *receiving.rejections; }
};

void be_ipv6(Link& link) {
  link.config.family = Family::ipv6;
  link.config.version = 3;
  link.config.mcast_group = link.destination = ip("ff02::12");
  link.config.addresses.front().address = ip("fe80::100");
  link.source = ip("fe80::2");
}

void be_unicast(Link& link) {
  const bool v6 = link.config.family == Family::ipv6;
  UnicastPeer peer;
  peer.address = link.source;
  link.config.unicast.edit().peers = {peer};
  link.destination = ip(v6 ? "fe80::1" : "10.0.0.1");
}

/// Sets octet `offset` of an IPv4 packet and mends the checksum, so that only the change is wrong.
Bytes with_octet(Bytes packet, std::size_t offset, std::uint8_t value) {
  packet[offset] = value;
  packet[26] = packet[27] = 0;
  const std::uint16_t sum = checksum_finish(checksum_add(0, ByteView(packet).subspan(20)));
  packet[26] = static_cast<std::uint8_t>(sum >> 8U);
  packet[27] = static_cast<std::uint8_t>(sum & 0xffU);
  return packet;
}

}  // namespace

TEST_CASE("what one router sends the other believes") {
  Link link;
  SECTION("version 2") {}
  SECTION("PASS") {
    link.config.authentication = Authentication::pass;
    link.config.password = "secret";
  }
  SECTION("AH") {
    link.config.authentication = Authentication::ah;
    link.config.password = "secret";
  }
  SECTION("version 3") { link.config.version = 3; }
  SECTION("version 3, checksum of version 2") {
    link.config.version = 3;
    link.config.v3_checksum_as_v2 = true;
  }
  SECTION("unicast") { be_unicast(link); }
  SECTION("unicast, AH") {
    link.config.authentication = Authentication::ah;
    link.config.password = "secret";
    be_unicast(link);
  }
  SECTION("IPv6") { be_ipv6(link); }
  SECTION("IPv6 unicast") {
    be_ipv6(link);
    be_unicast(link);
  }
  SECTION("version 2 over IPv6, PASS") {
    be_ipv6(link);
    link.config.version = 2;
    link.config.authentication = Authentication::pass;
  }
  for (int i = 0; i < 3; ++i) {
    const auto outcome = link.receive(link.send());
    REQUIRE(std::holds_alternative<Reception>(outcome));
    CHECK(std::get<Reception>(outcome).advert == advert_of(link.config, Priority(100)));
  }
  CHECK(link.counters() == RejectionCounters());
}

TEST_CASE("every reason to refuse an advert has the original's words and is counted") {
  Link link;
  const Bytes good = link.send();
  const auto cut = [&](std::size_t size) { return Bytes(good.begin(), good.begin() + long(size)); };
  CHECK(link.refusal(cut(39)) ==
        "(VI_1) vrrp packet from 10.0.0.2 too short, length 39 and expect 40");
  CHECK(link.refusal(with_octet(good, 3, 48)) ==
        "(VI_1) ip_tot_len mismatch against received length from 10.0.0.2. 48 and received 40");
  CHECK(link.refusal(with_octet(good, 23, 2)) ==
        "(VI_1) vrrp packet from 10.0.0.2 too short, length 40 and expect 44");
  CHECK(link.refusal(with_octet(good, 23, 0)) ==
        "(VI_1) vrrp packet from 10.0.0.2 too long, length 40 and expect 36");
  CHECK(link.counters().packet_length == 4);
  CHECK(link.refusal(with_octet(good, 8, 254)) ==
        "(VI_1) invalid TTL/HL from 10.0.0.2. Received 254 and expect 255");
  CHECK(link.counters().ttl == 1);
  CHECK(link.refusal(with_octet(with_octet(good, 20, 0x41), 23, 3)) ==
        "(VI_1) wrong VRRP version from 10.0.0.2. Received 4 and expect 2");
  CHECK(link.counters().version == 1);
  CHECK(link.refusal(with_octet(good, 20, 0x22)) ==
        "(VI_1) Invalid packet type from 10.0.0.2. 2 and expect 1");
  CHECK(link.counters().packet_type == 1);
  CHECK(link.refusal(with_octet(good, 24, 3)) == "(VI_1) Invalid auth type from 10.0.0.2: 3");
  CHECK(link.counters().invalid_authentication_type == 1);
  CHECK(link.refusal(with_octet(good, 24, 1)) ==
        "(VI_1) received a 1 auth from 10.0.0.2, expecting 0!");
  CHECK(link.counters().authentication_type_mismatch == 1);
  Bytes corrupt = good;
  corrupt[22] ^= 0x80;
  CHECK(link.refusal(corrupt) == "(VI_1) Invalid VRRPv2 checksum from 10.0.0.2");
  CHECK(link.counters().checksum == 1);
  be_unicast(link);
  CHECK(link.refusal(good) ==
        "(VI_1) Expected unicast packet but received multicast packet from 10.0.0.2");
  CHECK(link.counters().address_list == 1);
  CHECK(link.refusal(link.send()).empty());
}

TEST_CASE("a reason is complained of once until the master changes, and counted each time") {
  WireState state;
  CHECK(state.refused(RejectionReason::checksum));
  CHECK_FALSE(state.refused(RejectionReason::checksum));
  CHECK(state.refused(RejectionReason::version));
  CHECK(state.rejections->checksum == 2);
  state.complaints = 0;
  CHECK(state.refused(RejectionReason::checksum));
}

TEST_CASE("a wrong password is refused") {
  Link link;
  link.config.authentication = Authentication::pass;
  link.config.password = "right";
  Bytes octets = link.send();
  link.config.password = "wrong";
  CHECK(link.refusal(octets) == "(VI_1) received an invalid passwd from 10.0.0.2!");
  CHECK(link.counters().authentication_failure == 1);
}

TEST_CASE("unicast: who may send, and from how far") {
  Link link;
  SECTION("IPv4") {}
  SECTION("IPv6") { be_ipv6(link); }
  be_unicast(link);
  const std::string source = link.source.to_string();
  const auto hops = [&](std::uint8_t limit) {
    Bytes octets = link.send();
    if (link.config.family == Family::ipv4) octets[8] = limit;
    return link.refusal(octets, limit);
  };
  // Without check_unicast_src anybody may.
  link.config.unicast.edit().peers.front().address =
      ip(link.config.family == Family::ipv6 ? "fe80::3" : "10.0.0.3");
  CHECK(hops(1).empty());
  link.config.unicast.edit().check_source = true;
  CHECK(hops(255) == "(VI_1) unicast source address " + source + " not a unicast peer");
  CHECK(link.counters().ignored == 1);
  UnicastPeer peer;
  peer.address = link.source;
  peer.min_ttl = 250;
  peer.max_ttl = 254;
  link.config.unicast.edit().peers.push_back(peer);
  CHECK(hops(250).empty());
  CHECK(hops(254).empty());
  CHECK(hops(249) == "(VI_1) TTL/HL 249 from " + source + " not in range [250, 254]");
  CHECK(hops(255) == "(VI_1) TTL/HL 255 from " + source + " not in range [250, 254]");
  CHECK(link.counters().ttl == 2);
}

TEST_CASE("an address owner may be told to ignore adverts") {
  Link link;
  link.config.priority = kOwnerPriority;
  CHECK(link.refusal(link.send(255)).empty());
  link.config.owner_ignore_adverts = true;
  CHECK(link.refusal(link.send(255)) ==
        "(VI_1) Dropping packet(s) from 10.0.0.2 since we are address owner");
}

TEST_CASE("forms of checksums are counted by sender") {
  Link link;
  link.config.version = 3;
  REQUIRE(link.refusal(link.send()).empty());
  link.config.v3_checksum_as_v2 = true;
  REQUIRE(link.refusal(link.send()).empty());
  REQUIRE(link.refusal(link.send()).empty());
  const Sender* sender = link.receiving.senders.find(ip("10.0.0.2"));
  REQUIRE(sender != nullptr);
  CHECK(sender->forms == std::array<std::uint32_t, kChecksumForms>{2, 1, 0});
}

TEST_CASE("the old unicast checksum is taken up when a peer uses it") {
  using OldChecksum = UnicastConfig::OldChecksum;
  Link link;
  link.config.version = 3;
  be_unicast(link);
  const auto old_advert = [&] {
    Link peer = link;
    peer.config.unicast.edit().old_checksum = OldChecksum::always;
    return peer.send();
  };
  CHECK(sent_form(link.config, link.receiving.authentication) == ChecksumForm::pseudo_header);
  SECTION("by default") {
    const auto outcome = link.receive(old_advert());
    REQUIRE(std::holds_alternative<Reception>(outcome));
    CHECK(std::get<Reception>(outcome).notice ==
          "(VI_1) Setting unicast VRRPv3 checksum to old version");
    CHECK(sent_form(link.config, link.receiving.authentication) ==
          ChecksumForm::group_pseudo_header);
  }
  SECTION("unless that is forbidden") {
    link.config.unicast.edit().old_checksum = OldChecksum::never;
    CHECK(link.refusal(old_advert()) == "(VI_1) Invalid VRRPv3 checksum from 10.0.0.2");
    CHECK(sent_form(link.config, link.receiving.authentication) == ChecksumForm::pseudo_header);
  }
}

TEST_CASE("multicast over IPv6 needs hop limit 255") {
  Link link;
  be_ipv6(link);
  CHECK(link.refusal(link.send(), 64) ==
        "(VI_1) invalid TTL/HL from fe80::2. Received 64 and expect 255");
}

TEST_CASE("the size of an advert is known before it is made") {
  Link link;
  SECTION("IPv4") {}
  SECTION("AH") { link.config.authentication = Authentication::ah; }
  SECTION("IPv6") { be_ipv6(link); }
  SECTION("auth_hmac") {
    link.config.hmac.edit().keys.emplace_back().id = 1;
    link.config.hmac.edit().active_key = 1;
  }
  CHECK(advert_size(link.config) == link.send().size());
}
