#include "ipvs/codec.hpp"

#include <linux/ip_vs.h>
#include <netlink/attr.h>

#include <array>
#include <cstring>
#include <optional>

#include "ipvs/attributes.hpp"

namespace understudy::ipvs {
namespace {

Family family_of(const ServiceKey& key) {
  return key.fwmark != 0 ? key.family : key.endpoint.address.family();
}

std::uint32_t default_netmask(Family family) { return family == Family::ipv6 ? 128U : 0xffffffffU; }

void put_key(Attributes& out, const ServiceKey& key) {
  out.u16(IPVS_SVC_ATTR_AF, static_cast<std::uint16_t>(to_af(family_of(key))));
  if (key.fwmark != 0) {
    out.u32(IPVS_SVC_ATTR_FWMARK, key.fwmark);
    return;
  }
  out.u16(IPVS_SVC_ATTR_PROTOCOL, static_cast<std::uint16_t>(key.protocol));
  out.address(IPVS_SVC_ATTR_ADDR, key.endpoint.address);
  out.port(IPVS_SVC_ATTR_PORT, key.endpoint.port);
}

void put_service(Attributes& out, const Service& service) {
  auto* nest = out.begin(IPVS_CMD_ATTR_SERVICE);
  put_key(out, service.key);
  const bool persistent = service.persistence_timeout != 0;
  out.text(IPVS_SVC_ATTR_SCHED_NAME, service.scheduler);
  if (!service.persistence_engine.empty()) {
    out.text(IPVS_SVC_ATTR_PE_NAME, service.persistence_engine);
  }
  // HASHED is the kernel's: a service that is added with it is never found again.
  const auto chosen = service.flags & ~std::uint32_t{IP_VS_SVC_F_HASHED};
  const ip_vs_flags flags{chosen | (persistent ? IP_VS_SVC_F_PERSISTENT : 0U), ~0U};
  out.raw(IPVS_SVC_ATTR_FLAGS, &flags, sizeof flags);
  out.u32(IPVS_SVC_ATTR_TIMEOUT, service.persistence_timeout);
  const bool granular = persistent && service.netmask != 0xffffffffU;
  out.u32(IPVS_SVC_ATTR_NETMASK,
          granular ? service.netmask : default_netmask(family_of(service.key)));
  out.end(nest);
}

void put_service_key(Attributes& out, const ServiceKey& key) {
  auto* nest = out.begin(IPVS_CMD_ATTR_SERVICE);
  put_key(out, key);
  out.end(nest);
}

void put_destination_key(Attributes& out, const DestinationKey& key) {
  const auto family = static_cast<std::uint16_t>(to_af(key.address.family()));
  out.u16(IPVS_DEST_ATTR_ADDR_FAMILY, family);
  out.address(IPVS_DEST_ATTR_ADDR, key.address);
  out.port(IPVS_DEST_ATTR_PORT, key.port);
}

void put_tunnel(Attributes& out, const Tunnel& tunnel) {
  // Kernels before 5.2 know neither: then what needs no word gets none.
  if (tunnel.type == TunnelType::ipip) return;
  out.u8(IPVS_DEST_ATTR_TUN_TYPE, static_cast<std::uint8_t>(tunnel.type));
  if (tunnel.type == TunnelType::gue) out.port(IPVS_DEST_ATTR_TUN_PORT, tunnel.port);
  out.u16(IPVS_DEST_ATTR_TUN_FLAGS, static_cast<std::uint16_t>(tunnel.checksum));
}

void put_destination(Attributes& out, const Destination& destination) {
  auto* nest = out.begin(IPVS_CMD_ATTR_DEST);
  put_destination_key(out, destination.endpoint);
  out.u32(IPVS_DEST_ATTR_FWD_METHOD, static_cast<std::uint32_t>(destination.method));
  out.u32(IPVS_DEST_ATTR_WEIGHT, destination.weight);
  out.u32(IPVS_DEST_ATTR_U_THRESH, destination.upper_threshold);
  out.u32(IPVS_DEST_ATTR_L_THRESH, destination.lower_threshold);
  if (destination.method == ForwardingMethod::tunnel) put_tunnel(out, destination.tunnel);
  out.end(nest);
}

struct Encoder {
  Attributes& out;
  std::uint8_t operator()(const AddService& change) const {
    put_service(out, change.service);
    return IPVS_CMD_NEW_SERVICE;
  }
  std::uint8_t operator()(const EditService& change) const {
    put_service(out, change.service);
    return IPVS_CMD_SET_SERVICE;
  }
  std::uint8_t operator()(const DeleteService& change) const {
    put_service_key(out, change.service);
    return IPVS_CMD_DEL_SERVICE;
  }
  std::uint8_t operator()(const AddDestination& change) const {
    put_service_key(out, change.service);
    put_destination(out, change.destination);
    return IPVS_CMD_NEW_DEST;
  }
  std::uint8_t operator()(const EditDestination& change) const {
    put_service_key(out, change.service);
    put_destination(out, change.destination);
    return IPVS_CMD_SET_DEST;
  }
  std::uint8_t operator()(const DeleteDestination& change) const {
    put_service_key(out, change.service);
    auto* nest = out.begin(IPVS_CMD_ATTR_DEST);
    put_destination_key(out, change.destination);
    out.end(nest);
    return IPVS_CMD_DEL_DEST;
  }
};

std::array<nla_policy, IPVS_SVC_ATTR_MAX + 1> service_policy() {
  std::array<nla_policy, IPVS_SVC_ATTR_MAX + 1> policy{};
  for (const int type : {IPVS_SVC_ATTR_AF, IPVS_SVC_ATTR_PROTOCOL, IPVS_SVC_ATTR_PORT}) {
    policy[static_cast<std::size_t>(type)] = kU16;
  }
  for (const int type : {IPVS_SVC_ATTR_FWMARK, IPVS_SVC_ATTR_TIMEOUT, IPVS_SVC_ATTR_NETMASK}) {
    policy[static_cast<std::size_t>(type)] = kU32;
  }
  policy[IPVS_SVC_ATTR_ADDR] = kAddress;
  policy[IPVS_SVC_ATTR_SCHED_NAME] = kText;
  policy[IPVS_SVC_ATTR_PE_NAME] = kText;
  policy[IPVS_SVC_ATTR_FLAGS] = {NLA_UNSPEC, sizeof(ip_vs_flags), 0};
  return policy;
}

std::array<nla_policy, IPVS_DEST_ATTR_MAX + 1> destination_policy() {
  std::array<nla_policy, IPVS_DEST_ATTR_MAX + 1> policy{};
  policy[IPVS_DEST_ATTR_ADDR_FAMILY] = kU16;
  policy[IPVS_DEST_ATTR_PORT] = kU16;
  policy[IPVS_DEST_ATTR_ADDR] = kAddress;
  for (const int type : {IPVS_DEST_ATTR_FWD_METHOD, IPVS_DEST_ATTR_WEIGHT, IPVS_DEST_ATTR_U_THRESH,
                         IPVS_DEST_ATTR_L_THRESH, IPVS_DEST_ATTR_ACTIVE_CONNS,
                         IPVS_DEST_ATTR_INACT_CONNS, IPVS_DEST_ATTR_PERSIST_CONNS}) {
    policy[static_cast<std::size_t>(type)] = kU32;
  }
  policy[IPVS_DEST_ATTR_TUN_TYPE] = kU8;
  policy[IPVS_DEST_ATTR_TUN_PORT] = kU16;
  policy[IPVS_DEST_ATTR_TUN_FLAGS] = kU16;
  return policy;
}

std::optional<Family> family_from(std::uint16_t af) {
  if (af == AF_INET) return Family::ipv4;
  if (af == AF_INET6) return Family::ipv6;
  return std::nullopt;
}

Error malformed(const char* what) {
  return Error{std::string("malformed ") + what + " in a reply of the kernel's IPVS", EBADMSG};
}

std::optional<Parsed> parse_destination(ByteView attributes) {
  auto policy = destination_policy();
  return parse_nested(attributes, IPVS_CMD_ATTR_DEST, policy);
}

/// nullopt: no address, or one of a family that there is not.
std::optional<DestinationKey> endpoint_of(const Parsed& parsed, Family service_family) {
  auto family = std::optional(service_family);
  if (parsed.has(IPVS_DEST_ATTR_ADDR_FAMILY)) {
    family = family_from(parsed.u16(IPVS_DEST_ATTR_ADDR_FAMILY));
  }
  if (!family) return std::nullopt;
  DestinationKey endpoint{parsed.address(IPVS_DEST_ATTR_ADDR, *family),
                          parsed.port(IPVS_DEST_ATTR_PORT)};
  if (endpoint.address.empty()) return std::nullopt;
  return endpoint;
}

/// What has no meaning for a type is left out, so that it does not differ from what is wanted.
Tunnel tunnel_of(const Parsed& parsed) {
  Tunnel tunnel;
  tunnel.type = static_cast<TunnelType>(parsed.u8(IPVS_DEST_ATTR_TUN_TYPE));
  if (tunnel.type == TunnelType::ipip) return tunnel;
  tunnel.checksum = static_cast<TunnelChecksum>(parsed.u16(IPVS_DEST_ATTR_TUN_FLAGS));
  if (tunnel.type == TunnelType::gue) tunnel.port = parsed.port(IPVS_DEST_ATTR_TUN_PORT);
  return tunnel;
}

}  // namespace

Request encode(const Change& change) {
  Attributes out;
  const auto command = std::visit(Encoder{out}, change);
  return {command, out.take()};
}

Request encode_list_services() { return {IPVS_CMD_GET_SERVICE, {}}; }

Request encode_list_destinations(const ServiceKey& service) {
  Attributes out;
  put_service_key(out, service);
  return {IPVS_CMD_GET_DEST, out.take()};
}

Result<Service> decode_service(ByteView attributes) {
  auto policy = service_policy();
  const auto parsed = parse_nested(attributes, IPVS_CMD_ATTR_SERVICE, policy);
  if (!parsed) return malformed("service");
  const auto family = family_from(parsed->u16(IPVS_SVC_ATTR_AF));
  if (!family) return malformed("address family");
  Service service;
  service.key.fwmark = parsed->u32(IPVS_SVC_ATTR_FWMARK);
  service.key.family = *family;
  if (service.key.fwmark == 0) {
    service.key.protocol = static_cast<Protocol>(parsed->u16(IPVS_SVC_ATTR_PROTOCOL));
    service.key.endpoint = {parsed->address(IPVS_SVC_ATTR_ADDR, *family),
                            parsed->port(IPVS_SVC_ATTR_PORT)};
    if (service.key.endpoint.address.empty()) return malformed("service address");
  }
  service.scheduler = parsed->text(IPVS_SVC_ATTR_SCHED_NAME);
  service.persistence_engine = parsed->text(IPVS_SVC_ATTR_PE_NAME);
  ip_vs_flags flags{};
  if (parsed->has(IPVS_SVC_ATTR_FLAGS)) {
    std::memcpy(&flags, nla_data(parsed->nest(IPVS_SVC_ATTR_FLAGS)), sizeof flags);
  }
  service.flags = flags.flags & ~std::uint32_t{IP_VS_SVC_F_HASHED | IP_VS_SVC_F_PERSISTENT};
  service.netmask = default_netmask(*family);
  if ((flags.flags & IP_VS_SVC_F_PERSISTENT) != 0) {
    service.persistence_timeout = parsed->u32(IPVS_SVC_ATTR_TIMEOUT);
    service.netmask = parsed->u32(IPVS_SVC_ATTR_NETMASK);
  }
  return service;
}

Request encode_get_timeouts() { return {IPVS_CMD_GET_CONFIG, {}}; }

Request encode_set_timeouts(const Timeouts& timeouts) {
  Attributes out;
  if (timeouts.tcp != 0) out.u32(IPVS_CMD_ATTR_TIMEOUT_TCP, timeouts.tcp);
  if (timeouts.tcp_fin != 0) out.u32(IPVS_CMD_ATTR_TIMEOUT_TCP_FIN, timeouts.tcp_fin);
  if (timeouts.udp != 0) out.u32(IPVS_CMD_ATTR_TIMEOUT_UDP, timeouts.udp);
  return {IPVS_CMD_SET_CONFIG, out.take()};
}

Result<Destination> decode_destination(ByteView attributes, Family service_family) {
  const auto parsed = parse_destination(attributes);
  if (!parsed) return malformed("destination");
  const auto endpoint = endpoint_of(*parsed, service_family);
  if (!endpoint) return malformed("destination address");
  Destination destination;
  destination.endpoint = *endpoint;
  destination.method =
      static_cast<ForwardingMethod>(parsed->u32(IPVS_DEST_ATTR_FWD_METHOD) & IP_VS_CONN_F_FWD_MASK);
  if (destination.method == ForwardingMethod::tunnel) destination.tunnel = tunnel_of(*parsed);
  destination.weight = parsed->u32(IPVS_DEST_ATTR_WEIGHT);
  destination.upper_threshold = parsed->u32(IPVS_DEST_ATTR_U_THRESH);
  destination.lower_threshold = parsed->u32(IPVS_DEST_ATTR_L_THRESH);
  return destination;
}

Result<Usage> decode_usage(ByteView attributes, Family service_family) {
  const auto parsed = parse_destination(attributes);
  if (!parsed) return malformed("destination");
  const auto endpoint = endpoint_of(*parsed, service_family);
  if (!endpoint) return malformed("destination address");
  return Usage{*endpoint, parsed->u32(IPVS_DEST_ATTR_ACTIVE_CONNS),
               parsed->u32(IPVS_DEST_ATTR_INACT_CONNS), parsed->u32(IPVS_DEST_ATTR_PERSIST_CONNS)};
}

Result<Timeouts> decode_timeouts(ByteView attributes) {
  std::array<nla_policy, IPVS_CMD_ATTR_MAX + 1> policy{};
  for (const int type :
       {IPVS_CMD_ATTR_TIMEOUT_TCP, IPVS_CMD_ATTR_TIMEOUT_TCP_FIN, IPVS_CMD_ATTR_TIMEOUT_UDP}) {
    policy[static_cast<std::size_t>(type)] = kU32;
  }
  const auto parsed = parse(attributes, policy);
  if (!parsed || !parsed->has(IPVS_CMD_ATTR_TIMEOUT_TCP)) return malformed("timeouts");
  return Timeouts{parsed->u32(IPVS_CMD_ATTR_TIMEOUT_TCP),
                  parsed->u32(IPVS_CMD_ATTR_TIMEOUT_TCP_FIN),
                  parsed->u32(IPVS_CMD_ATTR_TIMEOUT_UDP)};
}

}  // namespace understudy::ipvs
