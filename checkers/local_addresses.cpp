#include "checkers/local_addresses.hpp"

namespace understudy::checkers {

Result<std::unique_ptr<LocalAddresses>> LocalAddresses::watch(Loop& loop, Log& log,
                                                              OnChange on_change) {
  auto commands = netlink::Socket::open();
  if (!commands) return commands.error();
  std::unique_ptr<LocalAddresses> watch(
      new LocalAddresses(std::move(*commands), std::move(on_change)));
  auto monitor = netlink::Monitor::start(
      loop, log, watch->commands_,
      {[](const netlink::Link& /*link*/, bool /*removed*/) {},
       [self = watch.get()](const netlink::InterfaceAddress& address, bool removed, bool /*ours*/) {
         self->take(address, removed);
       }});
  if (!monitor) return monitor.error();
  watch->monitor_ = std::move(*monitor);
  for (const auto& [index, link] : watch->monitor_->links()) {
    for (const auto& one : watch->monitor_->addresses(index)) {
      watch->addresses_.emplace(one.address, index.value());
    }
  }
  return watch;
}

void LocalAddresses::take(const netlink::InterfaceAddress& address, bool removed) {
  const std::pair place(address.address, address.index.value());
  const bool news = removed ? addresses_.erase(place) != 0 : addresses_.insert(place).second;
  if (news) on_change_(address.address, !removed);
}

bool LocalAddresses::any_of(const IpAddress& first, const IpAddress& last) const {
  const auto found = addresses_.lower_bound({first, 0});
  return found != addresses_.end() && found->first <= last;
}

}  // namespace understudy::checkers
