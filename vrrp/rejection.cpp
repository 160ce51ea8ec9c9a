#include "vrrp/rejection.hpp"

namespace understudy::vrrp {
namespace {

using Member = std::uint32_t RejectionCounters::*;

Member counter_of(RejectionReason reason) {
  using Kind = RejectionReason;
  using Counters = RejectionCounters;
  switch (reason) {
    case Kind::packet_length:
    case Kind::ip_length:
      return &Counters::packet_length;
    case Kind::ttl:
    case Kind::ttl_range:
      return &Counters::ttl;
    case Kind::version:
      return &Counters::version;
    case Kind::packet_type:
      return &Counters::packet_type;
    case Kind::checksum:
      return &Counters::checksum;
    case Kind::cast:
      return &Counters::address_list;
    case Kind::invalid_authentication_type:
      return &Counters::invalid_authentication_type;
    case Kind::ah_header:
    case Kind::authentication_type:
      return &Counters::authentication_type_mismatch;
    case Kind::password:
    case Kind::ah_digest:
    case Kind::ah_spi:
    case Kind::ah_sequence:
      return &Counters::authentication_failure;
    case Kind::hmac_missing:
      return &Counters::hmac_missing;
    case Kind::hmac_malformed:
      return &Counters::hmac_malformed;
    case Kind::hmac_unknown_key:
      return &Counters::hmac_unknown_key;
    case Kind::hmac_invalid:
      return &Counters::hmac_invalid;
    case Kind::hmac_stale:
      return &Counters::hmac_stale;
    case Kind::hmac_replay:
      return &Counters::hmac_replay;
    case Kind::unknown_source:
    case Kind::owner_ignores:
      break;
  }
  return &Counters::ignored;
}

}  // namespace

void RejectionCounters::count(RejectionReason reason) { ++(this->*counter_of(reason)); }

}  // namespace understudy::vrrp
