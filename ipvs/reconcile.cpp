#include "ipvs/reconcile.hpp"

namespace understudy::ipvs {

void reconcile(const Entry& desired, const Entry* actual, const ChangeSink& sink) {
  const auto& key = desired.service.key;
  const Destinations none;
  if (actual == nullptr) {
    sink(AddService{desired.service});
  } else if (actual->service != desired.service) {
    sink(EditService{desired.service});
  }
  const auto& there = actual == nullptr ? none : actual->destinations;
  for (const auto& destination : desired.destinations) {
    const auto* found = there.find(destination.endpoint);
    if (found != nullptr && *found != destination) sink(EditDestination{key, destination});
  }
  complete(desired, there, sink);
  for (const auto& destination : there) {
    if (!desired.destinations.contains(destination.endpoint)) {
      sink(DeleteDestination{key, destination.endpoint});
    }
  }
}

void complete(const Entry& desired, const Destinations& actual, const ChangeSink& sink) {
  for (const auto& destination : desired.destinations) {
    if (!actual.contains(destination.endpoint)) {
      sink(AddDestination{desired.service.key, destination});
    }
  }
}

void reconcile(const Table& desired, const Table& actual,
               const std::function<bool(const ServiceKey&)>& owned, const ChangeSink& sink) {
  for (const auto& [key, entry] : actual) {
    if (!desired.contains(key) && owned(key)) sink(DeleteService{key});
  }
  for (const auto& [key, entry] : desired) {
    const auto found = actual.find(key);
    reconcile(entry, found == actual.end() ? nullptr : &found->second, sink);
  }
}

}  // namespace understudy::ipvs
