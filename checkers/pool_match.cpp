#include <algorithm>
#include <map>

#include "checkers/pool.hpp"

namespace understudy::checkers {
namespace {

bool same_target(const Check& a, const Check& b) {
  if (a.index() != b.index()) return false;
  const auto* target = endpoint_of(a);
  return target != nullptr && *target == *endpoint_of(b);
}

bool equal(const Check& a, const Check& b) { return a == b; }

}  // namespace

std::vector<std::ptrdiff_t> match_checks(const std::vector<Check>& old,
                                         const std::vector<Check>& next) {
  std::vector<std::ptrdiff_t> matches(next.size(), -1);
  std::vector<bool> used(old.size(), false);
  for (const auto similar : {&equal, &same_target}) {
    for (std::size_t i = 0; i < next.size(); ++i) {
      for (std::size_t j = 0; j < old.size() && matches[i] < 0; ++j) {
        if (used[j] || !similar(old[j], next[i])) continue;
        used[j] = true;
        matches[i] = static_cast<std::ptrdiff_t>(j);
      }
    }
  }
  return matches;
}

std::vector<std::ptrdiff_t> match_servers(const std::vector<RealServer>& old,
                                          const std::vector<RealServer>& next) {
  std::map<Endpoint, std::ptrdiff_t> places;
  for (std::size_t i = 0; i < old.size(); ++i) {
    places.emplace(old[i].endpoint, static_cast<std::ptrdiff_t>(i));
  }
  std::vector<std::ptrdiff_t> matches;
  matches.reserve(next.size());
  for (const auto& server : next) {
    const auto found = places.find(server.endpoint);
    matches.push_back(found == places.end() ? -1 : found->second);
  }
  return matches;
}

}  // namespace understudy::checkers
