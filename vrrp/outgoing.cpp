#include "vrrp/outgoing.hpp"

#include "vrrp/ah.hpp"
#include "vrrp/datagram.hpp"
#include "vrrp/hmac.hpp"

namespace understudy::vrrp {
namespace {

constexpr std::uint8_t kTtl = 255;

}  // namespace

void take_sequences(const InstanceConfig& config, AuthenticationState& state, std::uint64_t clock) {
  if (config.authentication == Authentication::ah) {
    state.ah_sequence = next_ah_sequence(state.ah_sequence);
  }
  if (signs(*config.hmac)) {
    state.hmac_sequence = next_hmac_sequence(*config.hmac, state.hmac_sequence, clock);
  }
}

ChecksumForm sent_form(const InstanceConfig& config, const AuthenticationState& state) {
  if (config.v3_checksum_as_v2) return ChecksumForm::plain;
  using OldChecksum = UnicastConfig::OldChecksum;
  const OldChecksum old = config.unicast->old_checksum;
  const bool heard = old == OldChecksum::automatic && state.old_checksum;
  return config.is_unicast() && (old == OldChecksum::always || heard)
             ? ChecksumForm::group_pseudo_header
             : ChecksumForm::pseudo_header;
}

std::optional<std::uint8_t> sent_ttl(const InstanceConfig& config) {
  if (!config.is_unicast()) return kTtl;
  if (config.family == Family::ipv6) return config.unicast->ttl;
  return config.unicast->ttl.value_or(kTtl);
}

std::size_t advert_size(const InstanceConfig& config) {
  const std::size_t pdu = encode(advert_of(config, config.priority), config.family).size();
  const std::size_t trailer = signs(*config.hmac) ? kHmacTrailerSize : 0;
  if (config.family == Family::ipv6) return pdu + trailer;
  return kIpv4HeaderSize + (config.authentication == Authentication::ah ? kAhSize : 0) + pdu +
         trailer;
}

OutgoingAdvert::OutgoingAdvert(const InstanceConfig& config, const AuthenticationState& state,
                               const IpAddress& source, Priority priority)
    : config_(config),
      state_(state),
      source_(source),
      pdu_(encode(advert_of(config, priority), config.family)) {
  if (!signs(*config.hmac)) return;
  const auto trailer = make_trailer(*config.hmac, pdu_, source, state.hmac_sequence);
  unsigned_ = !trailer;
  if (!trailer) return;
  trailer_.assign(trailer->begin(), trailer->end());
}

std::optional<Bytes> OutgoingAdvert::to(const IpAddress& destination, std::uint16_t id) {
  if (unsigned_) return std::nullopt;
  Bytes payload = pdu_;
  const bool v6 = config_.family == Family::ipv6;
  if (v6) payload.insert(payload.end(), trailer_.begin(), trailer_.end());
  const ChecksumForm form = sent_form(config_, state_);
  set_checksum(payload, config_.version, source_,
               form == ChecksumForm::group_pseudo_header ? config_.mcast_group : destination, form);
  if (v6) return payload;
  payload.insert(payload.end(), trailer_.begin(), trailer_.end());
  const Ipv4Header header{source_, destination, id, sent_ttl(config_).value_or(kTtl)};
  if (config_.authentication == Authentication::ah) {
    return wrap_ah(payload, header, state_.ah_sequence, *config_.password);
  }
  return wrap_ipv4(payload, header);
}

}  // namespace understudy::vrrp
