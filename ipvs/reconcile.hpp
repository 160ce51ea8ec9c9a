// Desired table against the kernel's: the smallest list of changes. A pure function.
#pragma once

#include <functional>
#include <vector>

#include "ipvs/types.hpp"

namespace understudy::ipvs {

/// Takes one change after the other, in the order in which they must be made.
using ChangeSink = std::function<void(Change)>;

/// Changes that turn `actual` into `desired` as far as services are ours.
///
/// Services that are neither in `desired` nor `owned` are left alone. Owned ones no longer desired
/// are deleted. In a desired service, destinations that are not desired are deleted (the caller
/// logs them). What is already right is not among the changes. Order: deletions of services, then
/// per service edits, additions, and deletions of destinations last, so that a service is never
/// without a server on the way.
void reconcile(const Table& desired, const Table& actual,
               const std::function<bool(const ServiceKey&)>& owned, const ChangeSink& sink);

/// The same for one service: what the kernel has of it, nullptr for nothing.
void reconcile(const Entry& desired, const Entry* actual, const ChangeSink& sink);

/// Puts back what is missing of `desired`, and changes nothing that is there.
void complete(const Entry& desired, const Destinations& actual, const ChangeSink& sink);

}  // namespace understudy::ipvs
