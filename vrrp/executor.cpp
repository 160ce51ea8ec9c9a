#include "vrrp/executor.hpp"

#include <utility>

#include "vrrp/handover_record.hpp"
#include "vrrp/notification.hpp"

namespace understudy::vrrp {

Executor::Executor(Log& log, Channel& channel, run::HandoverPage& page, KernelObjects& kernel,
                   Transport& transport, Announcer& announcer, StateEntered state_entered)
    : log_(log),
      channel_(channel),
      page_(page),
      kernel_(kernel),
      transport_(transport),
      announcer_(announcer),
      state_entered_(std::move(state_entered)) {}

void Executor::carry_out(Instance& instance, const Actions& actions) {
  // Before anything is done: a successor must never believe less than the network was told. Also
  // without actions: an advert that a backup hears moves its timer.
  write_record(page_, instance);
  for (const Action& action : actions) {
    std::visit([&](const auto& what) { act(instance, what); }, action);
  }
}

void Executor::act(Instance& instance, const SendAdvert& action) {
  transport_.send(instance, action.priority);
}

void Executor::act(Instance& instance, const AddAddresses& /*action*/) {
  kernel_.want(instance.machine.config_pointer());
  kernel_.work();
}

void Executor::act(Instance& instance, const RemoveAddresses& /*action*/) {
  if (keep_addresses_) return;
  kernel_.release(instance.config().name);
  kernel_.work();
}

void Executor::act(Instance& instance, const RestoreAddress& action) {
  kernel_.restore(instance.config().name, action.address);
  kernel_.work();
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
  if (state_entered_ && action.news == Notify::News::state) {
    state_entered_(instance.config().name, action.state);
  }
}

void Executor::carry_out(const SyncGroup& group, const Actions& actions) {
  for (const Action& action : actions) {
    if (const auto* notify = std::get_if<Notify>(&action)) {
      channel_.send(make_notification(group, *notify));
    } else if (const auto* line = std::get_if<LogLine>(&action)) {
      act(*line);
    }
  }
}

void Executor::write(const Actions& actions) {
  for (const Action& action : actions) {
    if (const auto* line = std::get_if<LogLine>(&action)) act(*line);
  }
}

void Executor::act(const LogLine& action) {
  if (action.detail) {
    log_.detail("{}", action.text);
  } else {
    log_.info("{}", action.text);
  }
}

}  // namespace understudy::vrrp
