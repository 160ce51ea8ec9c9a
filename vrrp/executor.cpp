#include "vrrp/executor.hpp"

#include <algorithm>

#include "vrrp/handover_record.hpp"
#include "vrrp/notification.hpp"

namespace understudy::vrrp {
namespace {

/// Changes between two looks at the timers: well under a millisecond of work.
constexpr unsigned kAddressesPerSlice = 32;

}  // namespace

Executor::Executor(Loop& loop, Log& log, Channel& channel, run::HandoverPage& page,
                   KernelObjects& kernel, Transport& transport, Announcer& announcer)
    : loop_(loop),
      log_(log),
      channel_(channel),
      page_(page),
      kernel_(kernel),
      transport_(transport),
      announcer_(announcer),
      slice_(loop, [this] { work(); }) {}

void Executor::carry_out(Instance& instance, const Actions& actions) {
  const auto only_log = [](const Action& action) {
    return std::holds_alternative<LogLine>(action);
  };
  // Before anything is done: a successor must never believe less than the network was told.
  const bool matters = !std::ranges::all_of(actions, only_log);
  if (matters) write_record(page_, instance);
  for (const Action& action : actions) {
    std::visit([&](const auto& what) { act(instance, what); }, action);
  }
}

void Executor::act(Instance& instance, const SendAdvert& action) {
  transport_.send(instance, action.priority);
}

void Executor::act(Instance& instance, const AddAddresses& /*action*/) {
  kernel_.want(instance.config());
  work();
}

void Executor::act(Instance& instance, const RemoveAddresses& /*action*/) {
  if (keep_addresses_) return;
  kernel_.release(instance.config().name);
  work();
}

void Executor::act(Instance& instance, const RestoreAddress& action) {
  kernel_.restore(instance.config().name, action.address);
  work();
}

void Executor::work() {
  if (postponed_ || !kernel_.pending()) return;
  if (kernel_.reconcile(kAddressesPerSlice)) slice_.arm(loop_.now());
}

void Executor::finish() {
  postponed_ = false;
  while (kernel_.reconcile(kAddressesPerSlice)) {
  }
}

void Executor::act(Instance& instance, const Announce& action) {
  announcer_.announce(instance, action);
}

void Executor::act(Instance& instance, const AnnounceInterfaces& action) {
  announcer_.announce(instance, action);
}

void Executor::act(Instance& instance, const CancelAnnouncements& /*action*/) {
  announcer_.cancel(instance);
}

void Executor::act(Instance& instance, const Notify& action) {
  channel_.send(make_notification(instance.config(), action));
}

void Executor::act(Instance& /*instance*/, const LogLine& action) {
  if (action.detail) {
    log_.detail("{}", action.text);
  } else {
    log_.info("{}", action.text);
  }
}

}  // namespace understudy::vrrp
