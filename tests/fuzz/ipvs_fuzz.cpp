// Any octets as what the kernel's IPVS says of services, destinations, connections, timeouts and
// synchronisation daemons.
//
// The first octet says which of them. Whatever comes: no step beyond its end, no value without what
// names it, and what was understood is understood the same when it is said again.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "ipvs/codec.hpp"
#include "ipvs/reconcile.hpp"
#include "ipvs/sync_daemon.hpp"

using namespace understudy;

namespace {

void require(bool condition, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "fuzz target: %s\n", what);
  std::abort();
}

/// Kinds of messages, by the first octet.
enum class Kind : std::uint8_t { service, destination, usage, timeouts, sync_daemon };
constexpr std::uint8_t kKinds = 5;

void service(ByteView attributes) {
  const auto read = ipvs::decode_service(attributes);
  if (!read) return;
  const auto& key = read->key;
  require(key.family == Family::ipv4 || key.family == Family::ipv6, "a service of no family");
  require(key.fwmark != 0 || !key.endpoint.address.empty(), "a service without a name");
  require(key.fwmark == 0 || key.endpoint.address.empty(), "a service with two names");
  require(read->scheduler.find('\0') == std::string::npos, "more than the scheduler's name");
  // A table that has it is one in which it is not changed.
  const ipvs::Entry entry{*read, {}};
  ipvs::reconcile(entry, &entry,
                  [](const ipvs::Change&) { require(false, "it differs from itself"); });
  const auto again = ipvs::decode_service(ipvs::encode(ipvs::AddService{*read}).attributes);
  require(again.has_value(), "a service that cannot be said again");
  require(again->key == key, "another service when it is said again");
}

void destination(ByteView attributes, Family family) {
  const auto read = ipvs::decode_destination(attributes, family);
  const auto usage = ipvs::decode_usage(attributes, family);
  require(read.has_value() == usage.has_value(), "a destination with connections but no name");
  if (!read) return;
  require(!read->endpoint.address.empty(), "a destination without an address");
  require(read->endpoint == usage->destination, "the connections of another destination");
  require(read->method == ipvs::ForwardingMethod::tunnel || read->tunnel == ipvs::Tunnel{},
          "a tunnel where there is none");
  const ipvs::ServiceKey key{ipvs::Protocol::none, {}, 1, family};
  const auto sent = ipvs::encode(ipvs::AddDestination{key, *read});
  const auto again = ipvs::decode_destination(sent.attributes, family);
  require(again.has_value() && *again == *read, "another destination when it is said again");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) return 0;
  // Its own allocation, so that a step beyond its end is seen.
  const Bytes attributes(data + 1, data + size);
  const Family family = (data[0] & 0x80U) != 0 ? Family::ipv6 : Family::ipv4;
  switch (static_cast<Kind>(data[0] % kKinds)) {
    case Kind::service:
      service(attributes);
      break;
    case Kind::destination:
    case Kind::usage:
      destination(attributes, family);
      break;
    case Kind::timeouts:
      static_cast<void>(ipvs::decode_timeouts(attributes));
      break;
    case Kind::sync_daemon:
      static_cast<void>(ipvs::decode_sync_daemon(attributes));
      break;
  }
  return 0;
}
