#include "vrrp/sync_group.hpp"

#include <fmt/format.h>

#include <cassert>
#include <utility>

#include "vrrp/notification.hpp"

namespace understudy::vrrp {

Group::Group(std::shared_ptr<const SyncGroup> config, std::vector<InstanceId> members)
    : config_(std::move(config)), members_(std::move(members)) {}

void Group::continue_from(const Group& before) {
  state_ = before.state_;
  told_ = before.told_;
  mailed_ = before.mailed_;
  overlapped_ = before.overlapped_;
}

void Group::count(const Standing& before, const Standing& after) {
  const auto change = [](std::uint32_t& counter, bool was, bool is) {
    if (was != is) counter += is ? 1 : static_cast<std::uint32_t>(-1);
    assert(counter != static_cast<std::uint32_t>(-1));
  };
  change(faulty_, before.faulty, after.faulty);
  change(failing_, before.failing, after.failing);
  change(wanting_, before.wants_master, after.wants_master);
}

Hold Group::hold(const Standing& member) const {
  const std::uint32_t others = static_cast<std::uint32_t>(members_.size()) - 1;
  return {wanting_ - (member.wants_master ? 1 : 0) < others, faulty_ > (member.faulty ? 1U : 0U),
          failing_ > (member.failing ? 1U : 0U)};
}

Actions Group::announce(RouterState to) const {
  if (state_ == RouterState::init || state_ == to) return {};
  return {LogLine{
      fmt::format("VRRP_Group({}) Syncing instances to {} state", config_->name, state_name(to))}};
}

Actions Group::reach(RouterState to) {
  if (state_ == to && (to != RouterState::fault || told_ || failing_ == 0)) return {};
  state_ = to;
  told_ = to != RouterState::fault || failing_ > 0;
  if (!told_) return {};
  const bool mail = config_->smtp_alert && to != mailed_ &&
                    (to != RouterState::fault || config_->smtp_alert_faults);
  if (mail) mailed_ = to;
  return {Notify{to, Priority(0), mail, Notify::News::state}};
}

bool Group::spreads_overlap(TimePoint now, Duration interval) {
  if (overlapped_ != TimePoint{} && now - overlapped_ < interval) return false;
  overlapped_ = now;
  return true;
}

}  // namespace understudy::vrrp
