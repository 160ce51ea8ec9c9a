#include "ipvs/reconcile.hpp"

namespace understudy::ipvs {
namespace {

/// Calls `visit(destination, other)` with each of `all`, in order, and with the one of the same
/// endpoint among `others`, nullptr for none. One pass over both: a service may have thousands, and
/// this is done for each verdict.
template <typename Visit>
void match(const Destinations& all, const Destinations& others, Visit visit) {
  auto other = others.begin();
  for (const auto& destination : all) {
    while (other != others.end() && other->endpoint < destination.endpoint) ++other;
    const bool same = other != others.end() && other->endpoint == destination.endpoint;
    visit(destination, same ? &*other : nullptr);
  }
}

}  // namespace

void reconcile(const Entry& desired, const Entry* actual, const ChangeSink& sink) {
  const auto& key = desired.service.key;
  const Destinations none;
  if (actual == nullptr) {
    sink(AddService{desired.service});
  } else if (actual->service != desired.service) {
    sink(EditService{desired.service});
  }
  const auto& there = actual == nullptr ? none : actual->destinations;
  match(desired.destinations, there, [&](const Destination& wanted, const Destination* found) {
    if (found != nullptr && *found != wanted) sink(EditDestination{key, wanted});
  });
  complete(desired, there, sink);
  match(there, desired.destinations, [&](const Destination& present, const Destination* wanted) {
    if (wanted == nullptr) sink(DeleteDestination{key, present.endpoint});
  });
}

void complete(const Entry& desired, const Destinations& actual, const ChangeSink& sink) {
  match(desired.destinations, actual, [&](const Destination& wanted, const Destination* found) {
    if (found == nullptr) sink(AddDestination{desired.service.key, wanted});
  });
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
