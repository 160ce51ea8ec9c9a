#include "daemon/netlink/tunnel.hpp"

#include <endian.h>
#include <linux/ila.h>
#include <linux/lwtunnel.h>
#include <linux/mpls_iptunnel.h>

namespace understudy::netlink {
namespace {

// An entry of a label stack (RFC 3032 section 2.1): 20 bits of label, three of traffic class, one
// that says that it is the last, eight of TTL.
constexpr unsigned kLabelShift = 12;
constexpr std::uint32_t kLastLabel = 0x100;

ByteView octets_of(const std::uint64_t& number) {
  return {reinterpret_cast<const std::uint8_t*>(&number), sizeof number};
}

void write(AttributeWriter& inside, const MplsEncapsulation& tunnel) {
  Bytes stack;
  for (std::size_t i = 0; i < tunnel.labels.size(); ++i) {
    const std::uint32_t last = i + 1 == tunnel.labels.size() ? kLastLabel : 0;
    const std::uint32_t entry = htobe32(tunnel.labels[i] << kLabelShift | last);
    const auto* octets = reinterpret_cast<const std::uint8_t*>(&entry);
    stack.insert(stack.end(), octets, octets + sizeof entry);
  }
  inside.attribute(MPLS_IPTUNNEL_DST, stack);
}

// LWTUNNEL_IP_… and LWTUNNEL_IP6_… have the same numbers.
static_assert(LWTUNNEL_IP_ID + 0 == LWTUNNEL_IP6_ID + 0 &&
              LWTUNNEL_IP_DST + 0 == LWTUNNEL_IP6_DST + 0 &&
              LWTUNNEL_IP_SRC + 0 == LWTUNNEL_IP6_SRC + 0 &&
              LWTUNNEL_IP_TTL + 0 == LWTUNNEL_IP6_HOPLIMIT + 0 &&
              LWTUNNEL_IP_TOS + 0 == LWTUNNEL_IP6_TC + 0 &&
              LWTUNNEL_IP_FLAGS + 0 == LWTUNNEL_IP6_FLAGS + 0);

void write(AttributeWriter& inside, const IpEncapsulation& tunnel) {
  if (tunnel.id) inside.attribute(LWTUNNEL_IP_ID, octets_of(htobe64(*tunnel.id)));
  if (!tunnel.destination.empty()) {
    inside.attribute(LWTUNNEL_IP_DST, tunnel.destination.bytes());
  }
  if (!tunnel.source.empty()) inside.attribute(LWTUNNEL_IP_SRC, tunnel.source.bytes());
  if (tunnel.tos) inside.attribute(LWTUNNEL_IP_TOS, *tunnel.tos);
  if (tunnel.ttl) inside.attribute(LWTUNNEL_IP_TTL, *tunnel.ttl);
  if (tunnel.flags) inside.attribute(LWTUNNEL_IP_FLAGS, *tunnel.flags);
}

void write(AttributeWriter& inside, const IlaEncapsulation& tunnel) {
  inside.attribute(ILA_ATTR_LOCATOR, octets_of(htobe64(tunnel.locator)));
}

std::uint16_t kind_of(const Encapsulation& tunnel) {
  if (std::holds_alternative<MplsEncapsulation>(tunnel)) return LWTUNNEL_ENCAP_MPLS;
  if (std::holds_alternative<IlaEncapsulation>(tunnel)) return LWTUNNEL_ENCAP_ILA;
  return std::get<IpEncapsulation>(tunnel).family == Family::ipv6 ? LWTUNNEL_ENCAP_IP6
                                                                  : LWTUNNEL_ENCAP_IP;
}

MplsEncapsulation read_mpls(const Attributes& inside) {
  MplsEncapsulation tunnel;
  ByteReader stack(inside.get(MPLS_IPTUNNEL_DST));
  while (stack.left() >= sizeof(std::uint32_t)) tunnel.labels.push_back(stack.u32() >> kLabelShift);
  return tunnel;
}

IpEncapsulation read_ip(const Attributes& inside, Family family) {
  IpEncapsulation tunnel;
  tunnel.family = family;
  if (const auto id = inside.number<std::uint64_t>(LWTUNNEL_IP_ID)) tunnel.id = be64toh(*id);
  tunnel.destination = IpAddress(inside.get(LWTUNNEL_IP_DST));
  tunnel.source = IpAddress(inside.get(LWTUNNEL_IP_SRC));
  tunnel.tos = inside.u8(LWTUNNEL_IP_TOS);
  tunnel.ttl = inside.u8(LWTUNNEL_IP_TTL);
  tunnel.flags = inside.u16(LWTUNNEL_IP_FLAGS);
  return tunnel;
}

}  // namespace

void write_tunnel(AttributeWriter& writer, const Encapsulation& tunnel) {
  AttributeWriter inside;
  std::visit([&](const auto& one) { write(inside, one); }, tunnel);
  writer.attribute(RTA_ENCAP, inside.octets());
  writer.attribute(RTA_ENCAP_TYPE, kind_of(tunnel));
}

std::optional<Encapsulation> read_tunnel(const Attributes& attributes) {
  const auto kind = attributes.u16(RTA_ENCAP_TYPE);
  if (!kind) return std::nullopt;
  const auto inside = Attributes::nested(attributes.get(RTA_ENCAP));
  switch (*kind) {
    case LWTUNNEL_ENCAP_MPLS:
      return read_mpls(inside);
    case LWTUNNEL_ENCAP_IP:
      return read_ip(inside, Family::ipv4);
    case LWTUNNEL_ENCAP_IP6:
      return read_ip(inside, Family::ipv6);
    case LWTUNNEL_ENCAP_ILA:
      return IlaEncapsulation{be64toh(inside.number<std::uint64_t>(ILA_ATTR_LOCATOR).value_or(0))};
    default:
      return std::nullopt;
  }
}

}  // namespace understudy::netlink
