// vrrp/packet and vrrp/datagram: octets in and out.
#include <catch2/catch.hpp>

#include "tests/support/vrrp_values.hpp"
#include "vrrp/datagram.hpp"
#include "vrrp/packet.hpp"

using namespace understudy;
using namespace understudy::vrrp;
using namespace std::chrono_literals;

namespace {

const IpAddress kSource = ip("10.0.0.1");
const IpAddress kPeer = ip("10.0.0.2");
const IpAddress kGroup = ip("224.0.0.18");

Advert plain(Family family = Family::ipv4) {
  Advert advert;
  advert.vrid = VirtualRouterId(1);
  advert.priority = Priority(101);
  advert.addresses = {ip(family == Family::ipv6 ? "fe80::100" : "10.0.0.1")};
  return advert;
}

Bytes packet(const Advert& advert) {
  Bytes pdu = encode(advert, Family::ipv4);
  set_checksum(pdu, advert.version, kSource, kGroup, ChecksumForm::pseudo_header);
  return wrap_ipv4(pdu, {kSource, kGroup, 1});
}

std::string refusal(const Bytes& octets) {
  const auto datagram = read_ipv4(octets);
  REQUIRE_FALSE(datagram.has_value());
  return datagram.error().message;
}

}  // namespace

TEST_CASE("the IPv4 header is the original's") {
  const Bytes octets = wrap_ipv4(Bytes{1, 2, 3}, {kSource, kGroup, 0x0102});
  const Bytes expected{0x45, 0xc0, 0x00, 0x17, 0x01, 0x02, 0x00, 0x00, 0xff, 0x70, 0xcf, 0xa1,
                       10,   0,    0,    1,    224,  0,    0,    18,   1,    2,    3};
  CHECK(octets == expected);
  CHECK(checksum_finish(checksum_add(0, ByteView(octets).first(20))) == 0);
}

TEST_CASE("what is encoded decodes to itself") {
  Advert advert = plain();
  Family family = Family::ipv4;
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
  SECTION("version 3 over IPv6") {
    family = Family::ipv6;
    advert = plain(family);
    advert.version = 3;
    advert.interval = 10ms;
    advert.addresses.push_back(ip("2001:db8::1"));
  }
  const Bytes pdu = encode(advert, family);
  CHECK(stated_size(pdu, family) == pdu.size());
  CHECK(decode(pdu, family) == advert);
}

TEST_CASE("version 2 over IPv6 has no room for authentication data") {
  Advert advert = plain(Family::ipv6);
  advert.authentication = Authentication::pass;
  const Bytes pdu = encode(advert, Family::ipv6);
  CHECK(pdu.size() == 8 + 16);
  CHECK(stated_size(pdu, Family::ipv6) == pdu.size());
  CHECK(decode(pdu, Family::ipv6) == advert);
}

TEST_CASE("each form of a checksum is told from the others, and a wrong one from all") {
  Advert advert = plain();
  advert.version = 3;
  const auto form_of = [&](ChecksumForm sent, const IpAddress& covered) {
    Bytes pdu = encode(advert, Family::ipv4);
    set_checksum(pdu, 3, kSource, covered, sent);
    const auto form = verify_checksum(pdu, kSource, kPeer, kGroup);
    pdu[9] ^= 1;
    CHECK_FALSE(verify_checksum(pdu, kSource, kPeer, kGroup).has_value());
    return form;
  };
  CHECK(form_of(ChecksumForm::pseudo_header, kPeer) == ChecksumForm::pseudo_header);
  CHECK(form_of(ChecksumForm::plain, kPeer) == ChecksumForm::plain);
  CHECK(form_of(ChecksumForm::group_pseudo_header, kGroup) == ChecksumForm::group_pseudo_header);

  Bytes old = encode(advert, Family::ipv4);
  set_checksum(old, 3, kSource, kGroup, ChecksumForm::group_pseudo_header);
  CHECK_FALSE(verify_checksum(old, kSource, kPeer, IpAddress()).has_value());
}

TEST_CASE("over IPv6 the checksum always covers the pseudo header") {
  const IpAddress source = ip("fe80::1");
  const IpAddress group = ip("ff02::12");
  for (const std::uint8_t version : {std::uint8_t{2}, std::uint8_t{3}}) {
    Advert advert = plain(Family::ipv6);
    advert.version = version;
    Bytes pdu = encode(advert, Family::ipv6);
    set_checksum(pdu, version, source, group, ChecksumForm::plain);
    CHECK(verify_checksum(pdu, source, group, {}) == ChecksumForm::pseudo_header);
    CHECK_FALSE(verify_checksum(pdu, source, ip("ff02::13"), {}).has_value());
    set_checksum(pdu, version, ip("10.0.0.1"), group, ChecksumForm::plain);
    CHECK_FALSE(verify_checksum(pdu, source, group, {}).has_value());
  }
}

TEST_CASE("a packet that cannot be an advert is refused in the original's words") {
  const Bytes good = packet(plain());
  REQUIRE(read_ipv4(good).has_value());
  const auto with = [&](std::size_t offset, std::uint8_t value) {
    Bytes octets = good;
    octets[offset] = value;
    return octets;
  };
  CHECK(refusal({}) == "IPv4 VRRP packet too short - 0 bytes");
  CHECK(refusal(Bytes(good.begin(), good.begin() + 27)) == "IPv4 VRRP packet too short - 27 bytes");
  CHECK(refusal(with(9, 51)) == "IPv4 VRRP packet with AH too short - 40 bytes");
  CHECK(refusal(with(9, 50)) == "IP protocol 50 from 10.0.0.1, not VRRP");
  CHECK(refusal(with(0, 0x65)) == "not an IPv4 packet from 10.0.0.1");
  CHECK(refusal(with(0, 0x44)) == "not an IPv4 packet from 10.0.0.1");
  CHECK(refusal(with(0, 0x4f)) == "IPv4 VRRP packet too short - 40 bytes");
  const auto six = read_ipv6(Bytes(7), kSource, kGroup, 255);
  REQUIRE_FALSE(six.has_value());
  CHECK(six.error().message == "IPv6 VRRP packet too short - 7 bytes");
}

TEST_CASE("a packet is taken apart") {
  Bytes octets = packet(plain());
  octets.insert(octets.begin() + 20, {1, 1, 1, 1});  // IP options
  octets[0] = 0x46;
  octets[3] = static_cast<std::uint8_t>(octets.size());
  const auto datagram = read_ipv4(octets);
  REQUIRE(datagram.has_value());
  CHECK(datagram->source == kSource);
  CHECK(datagram->destination == kGroup);
  CHECK(datagram->multicast());
  CHECK(datagram->ttl == 255);
  CHECK(datagram->ip_header.size() == 24);
  CHECK(datagram->ah.empty());
  CHECK(decode(datagram->pdu, Family::ipv4) == plain());
}

TEST_CASE("the padding of a short Ethernet frame is left out") {
  Bytes padded = packet(plain());
  padded.resize(46);
  auto datagram = read_ipv4(padded);
  REQUIRE(datagram.has_value());
  CHECK(datagram->length == datagram->stated_length);
  CHECK(datagram->pdu.size() == 20);
  padded.resize(47);
  datagram = read_ipv4(padded);
  REQUIRE(datagram.has_value());
  CHECK(datagram->length == 47);
  CHECK(datagram->stated_length == 40);
}

TEST_CASE("a password is cut after eight octets and padded with zeros") {
  CHECK(password_octets("abc") == std::array<std::uint8_t, 8>{'a', 'b', 'c'});
  CHECK(password_octets("123456789") == password_octets("12345678"));
}
