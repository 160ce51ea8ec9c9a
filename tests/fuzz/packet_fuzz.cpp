// Any octets as a received packet, with every kind of instance as its receiver; and any values as
// an advert. What is believed must encode to something that is believed; what is sent must be
// believed by a router of the same configuration.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <variant>

#include "vrrp/hmac.hpp"
#include "vrrp/outgoing.hpp"
#include "vrrp/reception.hpp"

using namespace understudy;
using namespace understudy::vrrp;

namespace {

constexpr std::uint64_t kClock = 0x6800000080000000;

void require(bool condition, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "fuzz target: %s\n", what);
  std::abort();
}

/// An instance whose kind is in the bits of `kind`.
InstanceConfig make_config(std::uint8_t kind) {
  InstanceConfig config;
  config.name = "fuzz";
  config.family = (kind & 1U) != 0 ? Family::ipv6 : Family::ipv4;
  config.version = (kind & 2U) != 0 ? 3 : 2;
  config.mcast_group = *IpAddress::parse(config.family == Family::ipv6 ? "ff02::12" : "224.0.0.18");
  config.v3_checksum_as_v2 = (kind & 4U) != 0;
  if ((kind & 8U) != 0) {
    UnicastConfig& unicast = config.unicast.edit();
    unicast.peers.emplace_back();
    unicast.check_source = (kind & 128U) != 0;
  }
  if ((kind & 16U) != 0) {
    HmacKey key;
    key.id = 1;
    key.secret = std::string(32, 'k');
    HmacAuthentication& hmac = config.hmac.edit();
    hmac.keys = {key};
    hmac.active_key = 1;
    hmac.time_window = std::chrono::seconds(300);
    hmac.mode = (kind & 128U) != 0 ? HmacAuthentication::Mode::permissive
                                   : HmacAuthentication::Mode::enforce;
  } else if (config.version == 2) {
    const bool ah = (kind & 64U) != 0 && config.family == Family::ipv4;
    config.authentication = ah                  ? Authentication::ah
                            : (kind & 32U) != 0 ? Authentication::pass
                                                : Authentication::none;
    config.password = "password";
  }
  return config;
}

IpAddress make_address(ByteReader& reader, Family family) {
  return IpAddress(reader.bytes(family == Family::ipv6 ? 16 : 4));
}

/// Whatever arrives, nothing but a reason or an advert comes of it.
void receive_anything(const InstanceConfig& config, ByteView octets) {
  const bool v6 = config.family == Family::ipv6;
  const IpAddress source = *IpAddress::parse("fe80::1");
  const auto datagram = v6 ? read_ipv6(octets, source, config.mcast_group, 255) : read_ipv4(octets);
  if (!datagram) {
    require(!datagram.error().message.empty(), "refused without a reason");
    return;
  }
  WireState state;
  const auto outcome = examine(*datagram, config, state, kClock);
  if (const auto* rejection = std::get_if<Rejection>(&outcome)) {
    require(!rejection->text.empty(), "refused without a reason");
    require(state.refused(rejection->reason), "a first refusal is not logged");
    return;
  }
  const Advert& advert = std::get<Reception>(outcome).advert;
  require(config.is_unicast() || datagram->ttl == 255, "a TTL below 255 was accepted");
  require(advert.version == config.version, "another version was accepted");
  const Bytes pdu = encode(advert, config.family);
  require(decode(pdu, config.family) == advert, "what was believed changes when it is sent on");
}

/// What one router sends another of the same configuration believes.
void exchange(InstanceConfig config, ByteReader reader) {
  const IpAddress source = make_address(reader, config.family);
  IpAddress destination = make_address(reader, config.family);
  if (source.empty() || destination.empty()) return;
  if (config.is_unicast()) {
    config.unicast.edit().peers.front().address = source;
    if (destination.is_multicast()) return;
  } else {
    destination = config.mcast_group;
  }
  const Priority priority(reader.u8());
  config.vrid = VirtualRouterId(reader.u8());
  config.advert_interval =
      std::chrono::milliseconds(config.version == 3 ? reader.u8() * 10 : reader.u8() * 1000);
  while (reader.left() >= 16 && config.addresses.size() < 255) {
    config.addresses.emplace_back().address = make_address(reader, config.family);
  }
  WireState sending;
  WireState receiving;
  take_sequences(config, sending.authentication, kClock);
  OutgoingAdvert outgoing(config, sending.authentication, source, priority);
  const auto octets = outgoing.to(destination, 1);
  require(octets.has_value(), "an advert cannot be made");
  require(octets->size() == advert_size(config), "an advert has another size than it should");
  const auto datagram = config.family == Family::ipv6 ? read_ipv6(*octets, source, destination, 255)
                                                      : read_ipv4(*octets);
  require(datagram.has_value(), "what was sent cannot be read");
  const auto outcome = examine(*datagram, config, receiving, kClock);
  require(std::holds_alternative<Reception>(outcome), "what was sent is not believed");
  require(std::get<Reception>(outcome).advert == advert_of(config, priority),
          "what was sent is read as something else");
  if (!config.hmac->used()) return;
  const auto again = examine(*datagram, config, receiving, kClock);
  require(std::holds_alternative<Rejection>(again), "a repeated trailer is believed");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const InstanceConfig config = make_config(data[0]);
  const ByteView octets(data + 1, size - 1);
  receive_anything(config, octets);
  exchange(config, ByteReader(octets));
  return 0;
}
