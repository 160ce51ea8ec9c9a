// Adverts octet by octet, as the original puts them on the wire; each both ways.
#include <catch2/catch.hpp>
#include <string_view>

#include "tests/support/hexadecimal.hpp"
#include "tests/support/vrrp_values.hpp"
#include "vrrp/datagram.hpp"
#include "vrrp/packet.hpp"

using namespace understudy;
using namespace understudy::vrrp;
using namespace std::chrono_literals;

namespace {

struct Vector {
  /// What it shows.
  const char* title;
  /// The PDU in hexadecimal, blanks ignored.
  const char* octets;
  const char* source;
  std::uint8_t version;
  std::uint8_t vrid;
  std::uint8_t priority;
  std::chrono::milliseconds interval;
  /// "" for no authentication.
  const char* password;
  std::vector<const char*> addresses;
};

const Vector kVectors[] = {
    // RFC 3768 section 5.1 with auth type 0: the 8 octets of authentication data are there all the
    // same (section 5.3.10).
    {"version 2, no authentication",
     "21 01 65 01 00 01 6efb 0a000101 0000000000000000",
     "10.0.0.1",
     2,
     1,
     101,
     1s,
     "",
     {"10.0.1.1"}},
    // RFC 2338 section 5.3.6: the password is inside the checksum.
    {"version 2, PASS",
     "21 02 66 02 01 01 dd1e 0a000201 0a000202 7831657234347100",
     "10.0.0.1",
     2,
     2,
     102,
     1s,
     "x1er44q",
     {"10.0.2.1", "10.0.2.2"}},
    // RFC 5798 section 5.1: centiseconds, pseudo header in the checksum (section 5.2.8).
    {"version 3, one second",
     "31 04 68 02 0064 5ffe 0a000401 0a000402",
     "10.0.0.1",
     3,
     4,
     104,
     1s,
     "",
     {"10.0.4.1", "10.0.4.2"}},
    {"version 3, a quarter of a second",
     "31 0b 6f 01 0019 6049 0a000b01",
     "10.0.0.1",
     3,
     11,
     111,
     250ms,
     "",
     {"10.0.11.1"}},
};

Advert advert_of(const Vector& vector) {
  Advert advert;
  advert.version = vector.version;
  advert.vrid = VirtualRouterId(vector.vrid);
  advert.priority = Priority(vector.priority);
  advert.interval = vector.interval;
  if (*vector.password != '\0') {
    advert.authentication = Authentication::pass;
    advert.password = password_octets(vector.password);
  }
  for (const char* address : vector.addresses) advert.addresses.push_back(ip(address));
  return advert;
}

}  // namespace

TEST_CASE("the original's adverts, octet by octet, both ways") {
  const IpAddress group = ip("224.0.0.18");
  for (const Vector& vector : kVectors) {
    INFO(vector.title);
    const IpAddress source = ip(vector.source);
    const Bytes octets = from_hexadecimal(vector.octets);
    const Advert advert = advert_of(vector);
    Bytes pdu = encode(advert, Family::ipv4);
    set_checksum(pdu, advert.version, source, group, ChecksumForm::pseudo_header);
    CHECK(pdu == octets);
    CHECK(decode(octets, Family::ipv4) == advert);
  }
}
