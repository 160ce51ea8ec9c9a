#include <algorithm>
#include <map>
#include <type_traits>
#include <variant>

#include "checkers/pool.hpp"

namespace understudy::checkers {
namespace {

/// What a check without a connection asks.
bool same_question(const MiscCheck& a, const MiscCheck& b) {
  return a.script == b.script && a.dynamic == b.dynamic;
}
bool same_question(const FileCheck& a, const FileCheck& b) { return a.track_file == b.track_file; }
bool same_question(const BfdCheck& a, const BfdCheck& b) { return a.name == b.name; }

bool same_target(const Check& a, const Check& b) {
  if (a.kind().index() != b.kind().index()) return false;
  if (const auto target = endpoint_of(a)) return target == endpoint_of(b);
  return std::visit(
      [&](const auto& one) {
        const auto& other = std::get<std::decay_t<decltype(one)>>(b.kind());
        if constexpr (requires { same_question(one, other); }) return same_question(one, other);
        return false;
      },
      a.kind());
}

bool equal(const Check& a, const Check& b) { return a == b; }

}  // namespace

std::vector<std::ptrdiff_t> match_checks(const Few<Check>& old, const Few<Check>& next) {
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
