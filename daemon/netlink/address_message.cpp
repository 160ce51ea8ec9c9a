#include "daemon/netlink/address_message.hpp"

#include <linux/if_addr.h>
#include <linux/rtnetlink.h>

namespace understudy::netlink {
namespace {

/// Since Linux 5.18; the headers of Debian 12 have it, older ones do not matter.
constexpr std::uint16_t kIfaProto = 11;
/// INFINITY_LIFE_TIME in Linux.
constexpr std::uint32_t kForever = 0xffffffff;

ifaddrmsg fixed_for(const InterfaceAddress& address) {
  ifaddrmsg fixed{};
  fixed.ifa_family = static_cast<std::uint8_t>(to_af(address.address.family()));
  fixed.ifa_prefixlen = address.prefix_length;
  fixed.ifa_scope = address.scope;
  fixed.ifa_index = address.index.value();
  return fixed;
}

IpAddress address_of(const Attributes& attributes, std::uint16_t type) {
  return IpAddress(attributes.get(type));
}

}  // namespace

Message add_address(const InterfaceAddress& address, const AddressOptions& options) {
  const ifaddrmsg fixed = fixed_for(address);
  MessageBuilder builder(RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL,
                         std::as_bytes(std::span(&fixed, 1)));
  builder.attribute(IFA_LOCAL, address.address.bytes());
  const auto& details = *address.details;
  if (details.peer) builder.attribute(IFA_ADDRESS, details.peer->bytes());
  if (details.broadcast) builder.attribute(IFA_BROADCAST, details.broadcast->bytes());
  if (!details.label.empty()) builder.attribute(IFA_LABEL, std::string_view(details.label));
  const bool unchecked = address.address.is_v6() && !options.detect_duplicates;
  const std::uint32_t flags = address.flags | (unchecked ? IFA_F_NODAD : 0U);
  if (flags != 0) builder.attribute(IFA_FLAGS, flags);
  if (options.preferred_lifetime) {
    const ifa_cacheinfo lifetimes{*options.preferred_lifetime, kForever, 0, 0};
    builder.attribute(IFA_CACHEINFO, ByteView(reinterpret_cast<const std::uint8_t*>(&lifetimes),
                                              sizeof lifetimes));
  }
  builder.attribute(kIfaProto, kAddressOrigin);
  return builder.take();
}

Message delete_address(const InterfaceAddress& address) {
  const ifaddrmsg fixed = fixed_for(address);
  MessageBuilder builder(RTM_DELADDR, 0, std::as_bytes(std::span(&fixed, 1)));
  builder.attribute(IFA_LOCAL, address.address.bytes());
  builder.attribute(IFA_ADDRESS, address.details->peer ? address.details->peer->bytes()
                                                       : address.address.bytes());
  return builder.take();
}

Message dump_addresses() {
  const ifaddrmsg fixed{};
  MessageBuilder builder(RTM_GETADDR, NLM_F_DUMP, std::as_bytes(std::span(&fixed, 1)));
  return builder.take();
}

std::optional<AddressMessage> decode_address(ByteView message) {
  const auto header = header_of(message);
  if (!header) return std::nullopt;
  if (header->nlmsg_type != RTM_NEWADDR && header->nlmsg_type != RTM_DELADDR) return std::nullopt;
  const auto fixed = fixed_part<ifaddrmsg>(message);
  if (!fixed) return std::nullopt;
  const Attributes attributes(message, sizeof *fixed);
  AddressMessage result;
  result.removed = header->nlmsg_type == RTM_DELADDR;
  result.origin_port = header->nlmsg_pid;
  InterfaceAddress& address = result.address;
  address.index = InterfaceIndex(fixed->ifa_index);
  address.prefix_length = fixed->ifa_prefixlen;
  address.scope = fixed->ifa_scope;
  // IFA_LOCAL is absent for IPv6 without a peer; with one, IFA_ADDRESS is the other end.
  const IpAddress remote = address_of(attributes, IFA_ADDRESS);
  address.address = attributes.has(IFA_LOCAL) ? address_of(attributes, IFA_LOCAL) : remote;
  if (!remote.empty() && remote != address.address) address.details.edit().peer = remote;
  if (attributes.has(IFA_BROADCAST)) {
    address.details.edit().broadcast = address_of(attributes, IFA_BROADCAST);
  }
  // Without one of its own an address is labelled with its interface's name.
  const std::string_view label = attributes.text(IFA_LABEL);
  if (label.find(':') != std::string_view::npos) address.details.edit().label = label;
  address.flags = attributes.u32(IFA_FLAGS).value_or(fixed->ifa_flags);
  if (to_af(address.address.family()) != fixed->ifa_family || address.address.empty()) {
    return std::nullopt;
  }
  return result;
}

}  // namespace understudy::netlink
