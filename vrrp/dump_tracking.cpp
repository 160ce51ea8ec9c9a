#include "vrrp/dump_tracking.hpp"

namespace understudy::vrrp {

void Followers::add(const std::string& thing, const std::string& instance, int weight,
                    bool reverse) {
  Thing& entry = followers_[thing];
  const auto [place, is_new] = entry.places.try_emplace(instance, entry.all.size());
  if (is_new) return entry.all.push_back({instance, weight, reverse});
  Follower& known = entry.all[place->second];
  if (known.weight == 0) return;
  known.weight = weight;
  known.reverse = reverse;
}

void Followers::dump(DumpLines& out, const std::string& thing, std::string_view heading) const {
  const auto found = followers_.find(thing);
  if (found == followers_.end()) return;
  out.add("   {}", heading);
  for (const auto& follower : found->second.all) {
    out.add("     {}, weight {}{}", follower.instance, follower.weight, reversed(follower.reverse));
  }
}

}  // namespace understudy::vrrp
