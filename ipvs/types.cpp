#include "ipvs/types.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <utility>

namespace understudy::ipvs {
namespace {

std::string protocol_name(Protocol protocol) {
  switch (protocol) {
    case Protocol::tcp:
      return "TCP";
    case Protocol::udp:
      return "UDP";
    case Protocol::sctp:
      return "SCTP";
    case Protocol::none:
      break;
  }
  return fmt::format("protocol {}", static_cast<unsigned>(protocol));
}

}  // namespace

std::string ServiceKey::to_string() const {
  if (fwmark != 0) return fmt::format("FWM {}{}", fwmark, family == Family::ipv6 ? " inet6" : "");
  const bool v6 = endpoint.address.is_v6();
  return fmt::format("{} {}{}{}:{}", protocol_name(protocol), v6 ? "[" : "",
                     endpoint.address.to_string(), v6 ? "]" : "", endpoint.port.value());
}

Destinations::Destinations(std::vector<Destination> destinations)
    : sorted_(std::move(destinations)) {
  const auto falls = [](const Destination& first, const Destination& second) {
    return second.endpoint < first.endpoint;
  };
  const auto stays = std::not_fn(falls);
  // Configurations are mostly in order, and the kernel tells of the newest first.
  if (std::adjacent_find(sorted_.begin(), sorted_.end(), stays) == sorted_.end()) {
    std::reverse(sorted_.begin(), sorted_.end());
  } else if (std::adjacent_find(sorted_.begin(), sorted_.end(), falls) != sorted_.end()) {
    std::ranges::stable_sort(sorted_, {}, &Destination::endpoint);
  }
  // Not std::ranges::unique: clang 14 cannot compile what g++ 12 makes its result of.
  const auto twins = std::unique(sorted_.begin(), sorted_.end(),
                                 [](const Destination& first, const Destination& second) {
                                   return first.endpoint == second.endpoint;
                                 });
  sorted_.erase(twins, sorted_.end());
}

const Destination* Destinations::find(const DestinationKey& key) const {
  const auto found = std::ranges::lower_bound(sorted_, key, {}, &Destination::endpoint);
  return found == sorted_.end() || found->endpoint != key ? nullptr : &*found;
}

void Destinations::put(const Destination& destination) {
  const auto at =
      std::ranges::lower_bound(sorted_, destination.endpoint, {}, &Destination::endpoint);
  if (at != sorted_.end() && at->endpoint == destination.endpoint) {
    *at = destination;
  } else {
    sorted_.insert(at, destination);
  }
}

}  // namespace understudy::ipvs
