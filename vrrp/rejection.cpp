#include "vrrp/rejection.hpp"

namespace understudy::vrrp {
namespace {

using Member = std::uint32_t RejectionCounters::*;

Member counter_of(RejectionReason reason) {
  using Reason = RejectionReason;
  using Counters = RejectionCounters;
  switch (reason) {
    case Reason::packet_length:
    case Reason::ip_length:
      return &Counters::packet_length;
    case Reason::ttl:
    case Reason::ttl_range:
      return &Counters::ttl;
    case Reason::version:
      return &Counters::version;
    case Reason::packet_type:
      return &Counters::packet_type;
    case Reason::checksum:
      return &Counters::checksum;
    case Reason::cast:
      return &Counters::address_list;
    case Reason::invalid_authentication_type:
      return &Counters::invalid_authentication_type;
    case Reason::ah_header:
    case Reason::authentication_type:
      return &Counters::authentication_type_mismatch;
    case Reason::password:
    case Reason::ah_digest:
    case Reason::ah_spi:
    case Reason::ah_sequence:
      return &Counters::authentication_failure;
    case Reason::hmac_missing:
      return &Counters::hmac_missing;
    case Reason::hmac_malformed:
      return &Counters::hmac_malformed;
    case Reason::hmac_unknown_key:
      return &Counters::hmac_unknown_key;
    case Reason::hmac_invalid:
      return &Counters::hmac_invalid;
    case Reason::hmac_stale:
      return &Counters::hmac_stale;
    case Reason::hmac_replay:
      return &Counters::hmac_replay;
    case Reason::unknown_source:
    case Reason::owner_ignores:
      break;
  }
  return &Counters::ignored;
}

}  // namespace

void RejectionCounters::count(RejectionReason reason) { ++(this->*counter_of(reason)); }

}  // namespace understudy::vrrp
