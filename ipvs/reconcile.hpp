// Desired table against the kernel's: the smallest list of changes. A pure function.
#pragma once

#include <functional>
#include <vector>

#include "ipvs/types.hpp"

namespace understudy::ipvs {

/// Changes that turn `actual` into `desired` as far as services are ours.
///
/// Services that are neither in `desired` nor `owned` are left alone. Owned ones no longer desired
/// are deleted. In a desired service, destinations that are not desired are deleted (they are in
/// the result, the caller logs them). What is already right is not in the result. Order: deletions
/// of services, then per service edits, additions, and deletions of destinations last, so that a
/// service is never without a server on the way.
[[nodiscard]] std::vector<Change> reconcile(const Table& desired, const Table& actual,
                                            const std::function<bool(const ServiceKey&)>& owned);

}  // namespace understudy::ipvs
