// IPVS tables as tests write them, and an operator's hands.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

#include "ipvs/client.hpp"
#include "ipvs/reconcile.hpp"

namespace ipvs_lab {

using namespace understudy;
inline Endpoint endpoint(const std::string& address, std::uint16_t port = 80) {
  return {*IpAddress::parse(address), Port(port)};
}

inline ipvs::Client connect() {
  auto client = ipvs::Client::connect();
  if (!client) throw std::runtime_error(client.error().message);
  return std::move(*client);
}

inline ipvs::Table read(ipvs::Client& client) {
  auto table = client.read();
  if (!table) throw std::runtime_error(table.error().message);
  return *table;
}

inline ipvs::Entry entry(const std::string& address, std::uint16_t port = 80) {
  ipvs::Entry result;
  const auto at = endpoint(address, port);
  result.service.key = {ipvs::Protocol::tcp, at, 0, at.address.family()};
  if (at.address.is_v6()) result.service.netmask = 128;
  return result;
}

inline void add(ipvs::Entry& to, const std::string& address, std::uint32_t weight = 1,
                ipvs::ForwardingMethod method = ipvs::ForwardingMethod::masquerade) {
  ipvs::Destination destination;
  destination.endpoint = endpoint(address, to.service.key.endpoint.port.value());
  destination.weight = weight;
  destination.method = method;
  to.destinations.put(destination);
}

/// What an operator does with ipvsadm.
inline void by_hand(ipvs::Client& client, const std::vector<ipvs::Change>& changes) {
  for (const auto& result : client.apply(changes)) {
    if (!result) throw std::runtime_error(result.error().message);
  }
}

/// Sends the difference; how many changes there were. Every one must succeed.
inline std::size_t make_so(ipvs::Client& client, const ipvs::Table& desired) {
  std::vector<ipvs::Change> changes;
  ipvs::reconcile(
      desired, read(client), [](const auto&) { return true; },
      [&](const ipvs::Change& change) { changes.push_back(change); });
  by_hand(client, changes);
  return changes.size();
}

inline ipvs::Table table_of(const std::vector<ipvs::Entry>& entries) {
  ipvs::Table table;
  for (const auto& one : entries) table.emplace(one.service.key, one);
  return table;
}

}  // namespace ipvs_lab
