#include "vrrp/packet.hpp"

#include <algorithm>

namespace understudy::vrrp {
namespace {

constexpr std::size_t kAuthenticationSize = 8;
constexpr std::size_t kChecksumOffset = 6;
constexpr unsigned kMaxCentiseconds = 0x0fff;

using Centiseconds = std::chrono::duration<std::int64_t, std::centi>;

std::size_t address_size(Family family) { return family == Family::ipv6 ? 16 : 4; }

bool has_authentication_data(std::uint8_t version, Family family) {
  return version == 2 && family == Family::ipv4;
}

/// RFC 5798 section 5.2.8; over IPv6 that of RFC 8200 section 8.1. Both have the same sum, for the
/// length is below 65536 and what differs is zero.
std::uint32_t pseudo_header_sum(const IpAddress& source, const IpAddress& destination,
                                std::size_t length) {
  const std::uint8_t rest[] = {0, kIpProtocolVrrp, static_cast<std::uint8_t>(length >> 8U),
                               static_cast<std::uint8_t>(length & 0xffU)};
  return checksum_add(checksum_add(checksum_add(0, source.bytes()), destination.bytes()), rest);
}

void write_interval(ByteWriter& writer, const Advert& advert) {
  if (advert.version == 3) {
    const auto count = std::chrono::duration_cast<Centiseconds>(advert.interval).count();
    writer.u16(static_cast<std::uint16_t>(std::clamp<std::int64_t>(count, 0, kMaxCentiseconds)));
    return;
  }
  const auto count = std::chrono::duration_cast<std::chrono::seconds>(advert.interval).count();
  writer.u8(to_wire(advert.authentication));
  writer.u8(static_cast<std::uint8_t>(std::clamp<std::int64_t>(count, 0, 255)));
}

}  // namespace

std::uint8_t to_wire(Authentication authentication) {
  switch (authentication) {
    case Authentication::none:
      return 0;
    case Authentication::pass:
      return 1;
    case Authentication::ah:
      return 2;
  }
  return 0;
}

std::array<std::uint8_t, 8> password_octets(std::string_view password) {
  std::array<std::uint8_t, 8> octets{};
  std::copy_n(password.begin(), std::min(password.size(), octets.size()), octets.begin());
  return octets;
}

Advert advert_of(const InstanceConfig& config, Priority priority) {
  Advert advert;
  advert.version = config.version;
  advert.vrid = config.vrid;
  advert.priority = priority;
  advert.interval = std::chrono::duration_cast<std::chrono::milliseconds>(config.advert_interval);
  advert.authentication = config.authentication;
  if (config.authentication == Authentication::pass &&
      has_authentication_data(config.version, config.family)) {
    advert.password = password_octets(*config.password);
  }
  advert.addresses.reserve(config.addresses.size());
  for (const VirtualAddress& address : config.addresses) {
    advert.addresses.push_back(address.address);
  }
  return advert;
}

Bytes encode(const Advert& advert, Family family) {
  ByteWriter writer;
  writer.u8(static_cast<std::uint8_t>(advert.version << 4U | kTypeAdvertisement));
  writer.u8(advert.vrid.value());
  writer.u8(advert.priority.value());
  writer.u8(static_cast<std::uint8_t>(advert.addresses.size()));
  write_interval(writer, advert);
  writer.u16(0);
  for (const IpAddress& address : advert.addresses) writer.bytes(address.bytes());
  if (has_authentication_data(advert.version, family)) writer.bytes(advert.password);
  return writer.take();
}

void set_checksum(Bytes& pdu, std::uint8_t version, const IpAddress& source,
                  const IpAddress& destination, ChecksumForm form) {
  pdu[kChecksumOffset] = pdu[kChecksumOffset + 1] = 0;
  const bool plain = form == ChecksumForm::plain || version == 2;
  const std::uint32_t pseudo =
      plain && source.is_v4() ? 0 : pseudo_header_sum(source, destination, pdu.size());
  const std::uint16_t sum = checksum_finish(checksum_add(pseudo, pdu));
  pdu[kChecksumOffset] = static_cast<std::uint8_t>(sum >> 8U);
  pdu[kChecksumOffset + 1] = static_cast<std::uint8_t>(sum & 0xffU);
}

std::optional<ChecksumForm> verify_checksum(ByteView pdu, const IpAddress& source,
                                            const IpAddress& destination, const IpAddress& group) {
  const std::uint32_t sum = checksum_add(0, pdu);
  const auto right_with = [&](const IpAddress& to) {
    const std::uint32_t pseudo = pseudo_header_sum(source, to, pdu.size());
    return checksum_finish(checksum_add(pseudo, pdu)) == 0;
  };
  const bool v6 = source.is_v6();
  if ((v6 || pdu_version(pdu) != 2) && right_with(destination)) return ChecksumForm::pseudo_header;
  if (v6) return std::nullopt;
  if (checksum_finish(sum) == 0) return ChecksumForm::plain;
  if (pdu_version(pdu) == 2 || group.empty() || !right_with(group)) return std::nullopt;
  return ChecksumForm::group_pseudo_header;
}

bool is_shifted_checksum(ByteView pdu, const IpAddress& first_peer, const IpAddress& destination) {
  // RFC 1624: HC' = ~(~HC + ~m + m').
  Bytes complement(first_peer.bytes().begin(), first_peer.bytes().end());
  for (std::uint8_t& octet : complement) octet = static_cast<std::uint8_t>(~octet);
  const std::uint32_t shift = checksum_add(checksum_add(0, complement), destination.bytes());
  return checksum_finish(checksum_add(shift, pdu)) == 0;
}

std::size_t stated_size(ByteView pdu, Family family) {
  return kPduHeaderSize + pdu[3] * address_size(family) +
         (has_authentication_data(pdu_version(pdu), family) ? kAuthenticationSize : 0);
}

std::chrono::milliseconds pdu_interval(ByteView pdu) {
  if (pdu_version(pdu) == 2) return std::chrono::seconds(pdu[5]);
  return Centiseconds((static_cast<unsigned>(pdu[4]) << 8U | pdu[5]) & kMaxCentiseconds);
}

Advert decode(ByteView pdu, Family family) {
  ByteReader reader(pdu);
  Advert advert;
  advert.version = static_cast<std::uint8_t>(reader.u8() >> 4U);
  advert.vrid = VirtualRouterId(reader.u8());
  advert.priority = Priority(reader.u8());
  const unsigned count = reader.u8();
  advert.interval = pdu_interval(pdu);
  if (advert.version == 2) advert.authentication = static_cast<Authentication>(reader.u8());
  reader.bytes(kPduHeaderSize - 4 - (advert.version == 2 ? 1 : 0));
  advert.addresses.reserve(count);
  for (unsigned i = 0; i < count; ++i) {
    advert.addresses.emplace_back(reader.bytes(address_size(family)));
  }
  if (advert.authentication == Authentication::pass &&
      has_authentication_data(advert.version, family)) {
    const ByteView data = reader.bytes(kAuthenticationSize);
    std::copy(data.begin(), data.end(), advert.password.begin());
  }
  return advert;
}

}  // namespace understudy::vrrp
