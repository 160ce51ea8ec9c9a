#include "checkers/suspension.hpp"

#include <algorithm>

namespace understudy::checkers {

void Suspension::follow(const std::vector<std::unique_ptr<Service>>& services,
                        const std::vector<VirtualServerGroup>& groups) {
  followed_.clear();
  for (const auto& service : services) {
    const VirtualServer& config = service->config();
    if (!config.ha_suspend) {
      service->set_suspended(false);
      continue;
    }
    Followed followed{service.get(), {}};
    const auto group = std::ranges::find(groups, config.group, &VirtualServerGroup::name);
    if (config.group.empty()) {
      followed.ranges.emplace_back(config.endpoint.address, config.endpoint.address);
    } else if (group != groups.end()) {
      for (const auto& line : group->addresses) followed.ranges.emplace_back(line.first, line.last);
    }
    followed_.push_back(std::move(followed));
  }
  watch();
  for (const auto& followed : followed_) decide(followed);
}

void Suspension::watch() {
  if (followed_.empty()) addresses_.reset();
  if (followed_.empty() || addresses_) return;
  auto watch = LocalAddresses::watch(
      loop_, log_, [this](const IpAddress& address, bool here) { on_change(address, here); });
  if (watch) {
    addresses_ = std::move(*watch);
  } else {
    log_.error("{}: ha_suspend has no effect", watch.error().message);
  }
}

void Suspension::on_change(const IpAddress& address, bool here) {
  bool said = false;
  for (const auto& followed : followed_) {
    const auto about = [&](const auto& range) {
      return range.first <= address && address <= range.second;
    };
    if (std::ranges::none_of(followed.ranges, about)) continue;
    if (!std::exchange(said, true)) {
      log_.detail("Netlink reflector reports IP {} {}", address.to_string(),
                  here ? "added" : "removed");
    }
    decide(followed);
  }
}

void Suspension::decide(const Followed& followed) const {
  const bool here = !addresses_ || std::ranges::any_of(followed.ranges, [this](const auto& range) {
    return addresses_->any_of(range.first, range.second);
  });
  followed.service->set_suspended(!here);
}

}  // namespace understudy::checkers
