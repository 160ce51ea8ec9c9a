// Any octets as a VRRP packet, and any values as an advert. What decodes must encode to something
// that decodes to the same; what is encoded must decode to itself.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "vrrp/packet.hpp"

using namespace understudy;
using namespace understudy::vrrp;

namespace {

void require(bool condition, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "fuzz target: %s\n", what);
  std::abort();
}

void must_survive(const Advert& advert, const IpAddress& source, const IpAddress& destination) {
  const Bytes packet = wrap_ipv4(encode(advert, source, destination), source, destination, 1);
  const auto received = decode_ipv4(packet);
  require(received.has_value(), "what was encoded does not decode");
  require(received->advert == advert, "what was encoded decodes to something else");
  require(received->source == source && received->destination == destination,
          "the addresses of the header changed");
}

/// Reads a valid advert out of any octets.
Advert make_advert(ByteReader& reader) {
  Advert advert;
  advert.version = reader.u8() % 2 == 0 ? 2 : 3;
  advert.vrid = VirtualRouterId(reader.u8());
  advert.priority = Priority(reader.u8());
  if (advert.version == 3) {
    advert.interval = std::chrono::milliseconds((reader.u16() & 0x0fffU) * 10);
  } else {
    advert.interval = std::chrono::seconds(reader.u8());
    advert.authentication = static_cast<Authentication>(reader.u8() % 3);
  }
  if (advert.authentication == Authentication::pass) {
    std::generate(advert.password.begin(), advert.password.end(), [&] { return reader.u8(); });
  }
  while (reader.left() >= 4 && advert.addresses.size() < 255) {
    advert.addresses.emplace_back(reader.bytes(4));
  }
  return advert;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView octets(data, size);
  const auto received = decode_ipv4(octets);
  if (received.has_value()) {
    require(received->ttl == 255, "a TTL below 255 was accepted");
    must_survive(received->advert, received->source, received->destination);
  } else {
    require(!received.error().message.empty(), "refused without a reason");
  }
  if (size < 8) return 0;
  ByteReader reader(octets);
  const IpAddress source(reader.bytes(4));
  const IpAddress destination(reader.bytes(4));
  must_survive(make_advert(reader), source, destination);
  return 0;
}
