#include "ipvs/reconcile.hpp"

namespace understudy::ipvs {
namespace {

/// Changes within one service that is in the kernel or about to be: edits and additions go to
/// `first`, deletions to `last`.
void reconcile_destinations(const Entry& desired, const Entry& actual, std::vector<Change>& first,
                            std::vector<Change>& last) {
  const auto& key = desired.service.key;
  for (const auto& [endpoint, destination] : desired.destinations) {
    const auto found = actual.destinations.find(endpoint);
    if (found != actual.destinations.end() && found->second != destination) {
      first.emplace_back(EditDestination{key, destination});
    }
  }
  for (const auto& [endpoint, destination] : desired.destinations) {
    if (!actual.destinations.contains(endpoint)) {
      first.emplace_back(AddDestination{key, destination});
    }
  }
  for (const auto& [endpoint, destination] : actual.destinations) {
    if (!desired.destinations.contains(endpoint)) {
      last.emplace_back(DeleteDestination{key, endpoint});
    }
  }
}

}  // namespace

std::vector<Change> reconcile(const Table& desired, const Table& actual,
                              const std::function<bool(const ServiceKey&)>& owned) {
  std::vector<Change> changes;
  for (const auto& [key, entry] : actual) {
    if (!desired.contains(key) && owned(key)) changes.emplace_back(DeleteService{key});
  }
  for (const auto& [key, entry] : desired) {
    const auto found = actual.find(key);
    std::vector<Change> deletions;
    if (found == actual.end()) {
      changes.emplace_back(AddService{entry.service});
      reconcile_destinations(entry, Entry{}, changes, deletions);
      continue;
    }
    if (found->second.service != entry.service) changes.emplace_back(EditService{entry.service});
    reconcile_destinations(entry, found->second, changes, deletions);
    changes.insert(changes.end(), deletions.begin(), deletions.end());
  }
  return changes;
}

}  // namespace understudy::ipvs
