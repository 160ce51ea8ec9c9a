#include "vrrp/reception.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "vrrp/ah.hpp"
#include "vrrp/digest.hpp"
#include "vrrp/hmac.hpp"

namespace understudy::vrrp {
namespace {

constexpr std::uint8_t kMulticastTtl = 255;
/// Of WireState::complaints: a sender's clock has been remarked on.
constexpr std::uint32_t kSkewComplaint = 1U << 31U;

using Reason = RejectionReason;

/// One examination. Each step returns why the packet is refused, or nullopt.
class Examination {
 public:
  Examination(const Datagram& datagram, const InstanceConfig& config, WireState& state,
              std::uint64_t clock)
      : datagram_(datagram), config_(config), state_(state), clock_(clock) {}

  std::variant<Reception, Rejection> run();

 private:
  using Step = std::optional<Rejection>;

  Step lengths();
  Step ttl_and_version();
  Step hmac();
  Step hmac_trailer();
  Step legacy_authentication();
  Step ah();
  Step type_and_checksum();
  Step cast_and_source();
  void remember();

  template <typename... Args>
  [[nodiscard]] Rejection refuse(Reason reason, fmt::format_string<Args...> format,
                                 Args&&... args) const {
    return {reason,
            fmt::format("({}) {}", config_.name, fmt::format(format, std::forward<Args>(args)...))};
  }
  [[nodiscard]] std::string source() const { return datagram_.source.to_string(); }
  [[nodiscard]] const UnicastPeer* peer() const {
    const auto& peers = config_.unicast->peers;
    const auto found = std::ranges::find(peers, datagram_.source, &UnicastPeer::address);
    return found == peers.end() ? nullptr : &*found;
  }
  Sender& sender() {
    return state_.senders.enter(datagram_.source,
                                std::max(Senders::kPlaces, config_.unicast->peers.size()));
  }
  /// The original's first peer is one of our peers, or else we are, and nothing is shifted.
  [[nodiscard]] bool shifted() const {
    const auto& peers = config_.unicast->peers;
    return config_.v3_checksum_as_v2 && config_.version == 3 && config_.family == Family::ipv4 &&
           std::ranges::any_of(peers, [&](const UnicastPeer& peer) {
             return is_shifted_checksum(pdu(), peer.address, datagram_.destination);
           });
  }
  [[nodiscard]] ByteView pdu() const { return datagram_.pdu.first(stated_); }

  const Datagram& datagram_;
  const InstanceConfig& config_;
  WireState& state_;
  std::uint64_t clock_;
  /// Octets of the PDU, without a trailer.
  std::size_t stated_ = 0;
  bool trailer_ = false;
  ChecksumForm form_ = ChecksumForm::plain;
  Reception result_;
};

std::variant<Reception, Rejection> Examination::run() {
  using Check = Step (Examination::*)();
  for (const Check check : {&Examination::lengths, &Examination::ttl_and_version,
                            &Examination::hmac, &Examination::legacy_authentication,
                            &Examination::type_and_checksum, &Examination::cast_and_source}) {
    if (auto rejection = (this->*check)()) return std::move(*rejection);
  }
  result_.advert = decode(pdu(), datagram_.family());
  remember();
  return std::move(result_);
}

Examination::Step Examination::lengths() {
  const bool expected = config_.authentication == Authentication::ah;
  if (expected && datagram_.ah.empty()) {
    return refuse(Reason::ah_header, "No AH header but auth type is AH from {}", source());
  }
  if (!expected && !datagram_.ah.empty()) {
    return refuse(Reason::ah_header, "Received AH header but auth type not AH from {}", source());
  }
  stated_ = stated_size(datagram_.pdu, datagram_.family());
  const std::size_t size = datagram_.pdu.size();
  trailer_ = config_.hmac->used() && size == stated_ + kHmacTrailerSize;
  if (size != stated_ && !trailer_) {
    const std::size_t before = datagram_.length - size;
    return refuse(Reason::packet_length, "vrrp packet from {} too {}, length {} and expect {}",
                  source(), size > stated_ ? "long" : "short", datagram_.length, before + stated_);
  }
  if (datagram_.stated_length != datagram_.length) {
    return refuse(Reason::ip_length,
                  "ip_tot_len mismatch against received length from {}. {} and received {}",
                  source(), datagram_.stated_length, datagram_.length);
  }
  return std::nullopt;
}

Examination::Step Examination::ttl_and_version() {
  if (!config_.is_unicast() && datagram_.ttl && *datagram_.ttl != kMulticastTtl) {
    return refuse(Reason::ttl, "invalid TTL/HL from {}. Received {} and expect {}", source(),
                  *datagram_.ttl, kMulticastTtl);
  }
  const std::uint8_t version = pdu_version(datagram_.pdu);
  if (version != config_.version) {
    return refuse(Reason::version, "wrong VRRP version from {}. Received {} and expect {}",
                  source(), version, config_.version);
  }
  return std::nullopt;
}

Examination::Step Examination::hmac() {
  const HmacAuthentication& hmac = *config_.hmac;
  if (!hmac.used()) return std::nullopt;
  if (trailer_) return hmac_trailer();
  if (hmac.mode != HmacAuthentication::Mode::enforce) return std::nullopt;
  return refuse(Reason::hmac_missing, "missing authentication trailer from {}", source());
}

Examination::Step Examination::hmac_trailer() {
  const HmacAuthentication& hmac = *config_.hmac;
  if (config_.is_unicast() && peer() == nullptr) {
    return refuse(Reason::unknown_source, "unicast source address {} not a unicast peer", source());
  }
  const auto outcome = verify_trailer(hmac, datagram_.pdu, datagram_.source, clock_);
  if (const auto* proof = std::get_if<Proof>(&outcome)) {
    if (!take_sequence(hmac, sender(), proof->sequence, clock_)) {
      return refuse(Reason::hmac_replay, "replayed authentication trailer from {}", source());
    }
    const auto limit = hmac.time_window.count() / 2;
    const bool by_time = hmac.anti_replay == HmacAuthentication::AntiReplay::time;
    const bool skewed = by_time && (proof->skew > limit || proof->skew < -limit);
    if (skewed && (state_.complaints & kSkewComplaint) == 0) {
      state_.complaints |= kSkewComplaint;
      result_.notice =
          fmt::format("({}) authentication clock skew {} sec from {} approaching window {} sec",
                      config_.name, proof->skew, source(), hmac.time_window.count());
    }
    return std::nullopt;
  }
  const Reason reason = std::get<Reason>(outcome);
  switch (reason) {
    case Reason::hmac_malformed:
      return refuse(reason, "malformed authentication trailer from {}", source());
    case Reason::hmac_unknown_key:
      return refuse(reason, "unknown authentication key id {} from {}", datagram_.pdu[stated_ + 1],
                    source());
    case Reason::hmac_stale: {
      const std::uint32_t theirs = ByteReader(datagram_.pdu.subspan(stated_ + 4)).u32();
      const auto skew =
          static_cast<std::int32_t>(static_cast<std::uint32_t>(clock_ >> 32U) - theirs);
      return refuse(reason,
                    "stale authentication trailer from {}, clock skew {} sec exceeds window {} sec",
                    source(), skew, hmac.time_window.count());
    }
    default:
      return refuse(Reason::hmac_invalid, "invalid authentication HMAC from {}", source());
  }
}

Examination::Step Examination::legacy_authentication() {
  if (config_.version != 2) return std::nullopt;
  const std::uint8_t theirs = pdu_authentication_type(datagram_.pdu);
  if (theirs > to_wire(Authentication::ah)) {
    return refuse(Reason::invalid_authentication_type, "Invalid auth type from {}: {}", source(),
                  theirs);
  }
  const std::uint8_t ours = to_wire(config_.authentication);
  if (theirs != ours) {
    return refuse(Reason::authentication_type, "received a {} auth from {}, expecting {}!", theirs,
                  source(), ours);
  }
  if (config_.authentication == Authentication::ah) return ah();
  // Over IPv6 there is no room for a password.
  if (config_.authentication == Authentication::pass && datagram_.family() == Family::ipv4) {
    const auto expected = password_octets(*config_.password);
    if (!equal_in_constant_time(pdu().last(expected.size()), expected)) {
      return refuse(Reason::password, "received an invalid passwd from {}!", source());
    }
  }
  return std::nullopt;
}

Examination::Step Examination::ah() {
  if (ah_next_header(datagram_.ah) != kIpProtocolVrrp) {
    return refuse(Reason::ah_header, "AH header of protocol {} from {}",
                  ah_next_header(datagram_.ah), source());
  }
  std::uint32_t& sequence = state_.authentication.ah_sequence;
  const auto reason = verify_ah(datagram_, *config_.password, sequence);
  if (!reason) return std::nullopt;
  switch (*reason) {
    case Reason::ah_digest:
      return refuse(*reason,
                    "IPSEC-AH : invalid IPSEC HMAC-MD5 value. Due to fields mutation or bad "
                    "password !");
    case Reason::ah_spi:
      return refuse(*reason, "IPSEC AH : invalid IPSEC SPI value from {}", source());
    default:
      return refuse(*reason,
                    "IPSEC-AH : sequence number {} already processed. Packet dropped. Local({})",
                    ah_sequence(datagram_.ah), sequence);
  }
}

Examination::Step Examination::type_and_checksum() {
  const std::uint8_t type = pdu_type(datagram_.pdu);
  if (type != kTypeAdvertisement) {
    return refuse(Reason::packet_type, "Invalid packet type from {}. {} and expect {}", source(),
                  type, kTypeAdvertisement);
  }
  using OldChecksum = UnicastConfig::OldChecksum;
  const bool old = config_.is_unicast() && config_.unicast->old_checksum != OldChecksum::never;
  // Over IPv6 a trailer is covered too, for the original's kernel writes the checksum last.
  const ByteView covered = datagram_.family() == Family::ipv6 ? datagram_.pdu : pdu();
  auto form = verify_checksum(covered, datagram_.source, datagram_.destination,
                              old ? config_.mcast_group : IpAddress());
  if (!form && shifted()) form = ChecksumForm::plain;
  if (!form) {
    return refuse(Reason::checksum, "Invalid VRRPv{} checksum from {}", config_.version, source());
  }
  form_ = *form;
  return std::nullopt;
}

Examination::Step Examination::cast_and_source() {
  const bool unicast = config_.is_unicast();
  if (unicast == datagram_.multicast()) {
    return refuse(Reason::cast, "Expected {}icast packet but received {}icast packet from {}",
                  unicast ? "un" : "mult", unicast ? "mult" : "un", source());
  }
  if (config_.owner_ignore_adverts && config_.owner()) {
    return refuse(Reason::owner_ignores, "Dropping packet(s) from {} since we are address owner",
                  source());
  }
  if (!unicast || !config_.unicast->check_source) return std::nullopt;
  const UnicastPeer* sender = peer();
  if (sender == nullptr) {
    return refuse(Reason::unknown_source, "unicast source address {} not a unicast peer", source());
  }
  if (datagram_.ttl && (*datagram_.ttl < sender->min_ttl || *datagram_.ttl > sender->max_ttl)) {
    return refuse(Reason::ttl_range, "TTL/HL {} from {} not in range [{}, {}]", *datagram_.ttl,
                  source(), sender->min_ttl, sender->max_ttl);
  }
  return std::nullopt;
}

void Examination::remember() {
  using OldChecksum = UnicastConfig::OldChecksum;
  if (config_.version == 3 && datagram_.family() == Family::ipv4) {
    ++sender().forms.at(static_cast<std::size_t>(form_));
  }
  if (form_ == ChecksumForm::group_pseudo_header && !state_.authentication.old_checksum &&
      config_.unicast->old_checksum == OldChecksum::automatic) {
    state_.authentication.old_checksum = true;
    result_.notice =
        fmt::format("({}) Setting unicast VRRPv3 checksum to old version", config_.name);
  }
  if (trailer_) result_.sender = state_.senders.find(datagram_.source);
}

}  // namespace

std::variant<Reception, Rejection> examine(const Datagram& datagram, const InstanceConfig& config,
                                           WireState& state, std::uint64_t clock) {
  return Examination(datagram, config, state, clock).run();
}

}  // namespace understudy::vrrp
