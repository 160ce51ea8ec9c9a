// vrrp/packet and vrrp/authentication: octets in and out, and what is refused.
#include <catch2/catch.hpp>

#include "tests/support/vrrp_values.hpp"
#include "vrrp/authentication.hpp"
#include "vrrp/packet.hpp"

using namespace understudy;
using namespace understudy::vrrp;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;

namespace {

const IpAddress kSource = ip("10.0.0.1");
const IpAddress kGroup = ip("224.0.0.18");

Advert plain() {
  Advert advert;
  advert.vrid = VirtualRouterId(1);
  advert.priority = Priority(101);
  advert.addresses = {ip("10.0.0.1")};
  return advert;
}

Bytes packet(const Advert& advert) {
  return wrap_ipv4(encode(advert, kSource, kGroup), kSource, kGroup, 1);
}

/// Sets octet `offset` and mends the PDU checksum, so that only the change is wrong.
Bytes with_octet(Bytes packet, std::size_t offset, std::uint8_t value) {
  packet[offset] = value;
  packet[26] = packet[27] = 0;
  const std::uint16_t sum = checksum_finish(checksum_add(0, ByteView(packet).subspan(20)));
  packet[26] = static_cast<std::uint8_t>(sum >> 8U);
  packet[27] = static_cast<std::uint8_t>(sum & 0xffU);
  return packet;
}

std::string refusal(const Bytes& octets) {
  const auto received = decode_ipv4(octets);
  REQUIRE_FALSE(received.has_value());
  return received.error().message;
}

}  // namespace

TEST_CASE("the IPv4 header is the original's") {
  const Bytes octets = wrap_ipv4(Bytes{1, 2, 3}, kSource, kGroup, 0x0102);
  const Bytes expected{0x45, 0xc0, 0x00, 0x17, 0x01, 0x02, 0x00, 0x00, 0xff, 0x70, 0xcf, 0xa1,
                       10,   0,    0,    1,    224,  0,    0,    18,   1,    2,    3};
  CHECK(octets == expected);
  CHECK(checksum_finish(checksum_add(0, ByteView(octets).first(20))) == 0);
}

TEST_CASE("what is encoded decodes to itself") {
  Advert advert = plain();
  SECTION("version 2, no authentication") {}
  SECTION("version 2, PASS") {
    advert.authentication = Authentication::pass;
    advert.password = password_octets("secret");
  }
  SECTION("many addresses, the longest interval") {
    advert.addresses.assign(255, ip("192.0.2.255"));
    advert.interval = 255s;
  }
  SECTION("no address, leaving") {
    advert.addresses.clear();
    advert.priority = kLeavingPriority;
  }
  SECTION("version 3") {
    advert.version = 3;
    advert.interval = 40950ms;
  }
  const auto received = decode_ipv4(packet(advert));
  REQUIRE(received.has_value());
  CHECK(received->advert == advert);
  CHECK(received->source == kSource);
  CHECK(received->destination == kGroup);
  CHECK(received->ttl == 255);
}

TEST_CASE("version 3 is accepted with and without a pseudo header in the checksum") {
  Advert advert = plain();
  advert.version = 3;
  const Bytes without = with_octet(packet(advert), 20, 0x31);
  REQUIRE(without != packet(advert));
  CHECK(decode_ipv4(without).has_value());
  Bytes wrong = packet(advert);
  wrong[27] ^= 1;
  CHECK(refusal(wrong) == "Invalid VRRPv3 checksum from 10.0.0.1");
}

TEST_CASE("a packet that is not a good advert is refused in the original's words") {
  const Bytes good = packet(plain());
  REQUIRE(decode_ipv4(good).has_value());
  const auto cut = [&](std::size_t size) { return Bytes(good.begin(), good.begin() + long(size)); };

  CHECK(refusal({}) == "IPv4 VRRP packet too short - 0 bytes");
  CHECK(refusal(cut(27)) == "IPv4 VRRP packet too short - 27 bytes");
  CHECK(refusal(cut(39)) ==
        "ip_tot_len mismatch against received length from 10.0.0.1. 40 and received 39");
  CHECK(refusal(with_octet(good, 8, 254)) ==
        "invalid TTL/HL from 10.0.0.1. Received 254 and expect 255");
  CHECK(refusal(with_octet(good, 20, 0x41)) ==
        "wrong VRRP version from 10.0.0.1. Received 4 and expect 2 or 3");
  CHECK(refusal(with_octet(good, 20, 0x22)) == "Invalid packet type from 10.0.0.1. 2 and expect 1");
  CHECK(refusal(with_octet(good, 23, 2)) ==
        "vrrp packet from 10.0.0.1 too short, length 20 and expect 24");
  CHECK(refusal(with_octet(good, 23, 0)) ==
        "vrrp packet from 10.0.0.1 too long, length 20 and expect 16");
  CHECK(refusal(with_octet(good, 24, 3)) == "Invalid auth type from 10.0.0.1: 3");
  CHECK_THAT(refusal(with_octet(good, 9, 51)), Contains("IP protocol 51"));
  CHECK_THAT(refusal(with_octet(good, 0, 0x65)), Contains("not an IPv4 packet"));
  CHECK_THAT(refusal(with_octet(good, 0, 0x44)), Contains("not an IPv4 packet"));
  CHECK_THAT(refusal(with_octet(good, 0, 0x4f)), Contains("too short"));
  Bytes corrupt = good;
  corrupt[22] ^= 0x80;
  CHECK(refusal(corrupt) == "Invalid VRRPv2 checksum from 10.0.0.1");
}

TEST_CASE("the padding of a short Ethernet frame does no harm") {
  Bytes padded = packet(plain());
  padded.resize(46);
  CHECK(decode_ipv4(padded).has_value());
  padded.resize(47);
  CHECK_FALSE(decode_ipv4(padded).has_value());
}

TEST_CASE("IP options are skipped") {
  Bytes octets = packet(plain());
  octets.insert(octets.begin() + 20, {1, 1, 1, 1});
  octets[0] = 0x46;
  octets[3] = static_cast<std::uint8_t>(octets.size());
  const auto received = decode_ipv4(octets);
  REQUIRE(received.has_value());
  CHECK(received->advert == plain());
}

TEST_CASE("a password is cut after eight octets and padded with zeros") {
  CHECK(password_octets("abc") == std::array<std::uint8_t, 8>{'a', 'b', 'c'});
  CHECK(password_octets("123456789") == password_octets("12345678"));
}

TEST_CASE("an advert is believed only with the configured version and authentication") {
  InstanceConfig config = instance();
  Received received{ip("10.0.0.2"), kGroup, 255, plain()};
  CHECK_FALSE(check_advert(received, config).has_value());

  received.advert.version = 3;
  CHECK(check_advert(received, config)->text ==
        "(VI_1) wrong VRRP version from 10.0.0.2. Received 3 and expect 2");
  config.version = 3;
  CHECK_FALSE(check_advert(received, config).has_value());

  config.version = received.advert.version = 2;
  received.advert.authentication = Authentication::pass;
  received.advert.password = password_octets("wrong");
  CHECK(check_advert(received, config)->text ==
        "(VI_1) received a 1 auth from 10.0.0.2, expecting 0!");
  config.authentication = Authentication::pass;
  config.password = "right";
  CHECK(check_advert(received, config)->text == "(VI_1) received an invalid passwd from 10.0.0.2!");
  config.password = "wrong";
  CHECK_FALSE(check_advert(received, config).has_value());

  config.authentication = received.advert.authentication = Authentication::ah;
  CHECK(check_advert(received, config)->reason == RejectionReason::missing_ah);
}
