#include "checkers/wanted_table.hpp"

#include <algorithm>

namespace understudy::checkers {
namespace {

ipvs::Entry merged(const std::vector<std::pair<std::string, ipvs::Entry>>& shares) {
  std::vector<ipvs::Destination> destinations;
  for (const auto& [name, entry] : shares) {
    destinations.insert(destinations.end(), entry.destinations.begin(), entry.destinations.end());
  }
  return {shares.front().second.service, ipvs::Destinations(std::move(destinations))};
}

}  // namespace

WantedTable::WantedTable(std::vector<Wanted> all) {
  std::map<ipvs::ServiceKey, std::size_t> count;
  for (const auto& wanted : all) {
    for (const auto& entry : wanted.entries) ++count[entry.service.key];
  }
  for (auto& wanted : all) {
    for (auto& entry : wanted.entries) {
      const auto key = entry.service.key;
      if (count[key] > 1) {
        shared_[key].emplace_back(wanted.name, std::move(entry));
      } else {
        table_.emplace(key, std::move(entry));
      }
    }
  }
  for (const auto& [key, shares] : shared_) table_.emplace(key, merged(shares));
}

void WantedTable::change(Wanted wanted, const ipvs::ChangeSink& sink) {
  for (auto& entry : wanted.entries) {
    const auto key = entry.service.key;
    if (const auto shared = shared_.find(key); shared != shared_.end()) {
      const auto own = std::ranges::find(shared->second, wanted.name, &Shares::value_type::first);
      if (own == shared->second.end()) continue;
      own->second = std::move(entry);
      entry = merged(shared->second);
    }
    const auto before = table_.find(key);
    if (before == table_.end()) continue;
    const ipvs::Entry last = std::exchange(before->second, std::move(entry));
    ipvs::reconcile(before->second, &last, sink);
  }
}

}  // namespace understudy::checkers
