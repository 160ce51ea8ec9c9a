// Carries out what machines decide: adverts, addresses, announcements, news, log lines. It decides
// nothing itself.
#pragma once

#include <functional>
#include <string>

#include "daemon/base/channel.hpp"
#include "daemon/base/log.hpp"
#include "daemon/base/loop.hpp"
#include "daemon/run/handover.hpp"
#include "vrrp/action.hpp"
#include "vrrp/announcer.hpp"
#include "vrrp/instance.hpp"
#include "vrrp/kernel_objects.hpp"
#include "vrrp/transport.hpp"

namespace understudy::vrrp {

/// Told that a router entered a state; its name.
using StateEntered = std::function<void(const std::string& instance, RouterState state)>;

/// The hands of the process. Long work (many addresses, many announcements) is cut into slices with
/// timers in between, so that no advert waits for it.
class Executor {
 public:
  Executor(Log& log, Channel& channel, run::HandoverPage& page, KernelObjects& kernel,
           Transport& transport, Announcer& announcer, StateEntered state_entered);

  /// Does what the instance's machine wants, in order.
  void carry_out(Instance& instance, const Actions& actions);
  /// Does what a sync group wants: lines and news.
  void carry_out(const SyncGroup& group, const Actions& actions);
  /// Writes the lines among `actions`.
  void write(const Actions& actions);
  /// RemoveAddresses is not obeyed from now on (-V / --dont-release-vrrp).
  void keep_addresses() { keep_addresses_ = true; }

 private:
  void act(Instance& instance, const SendAdvert& action);
  void act(Instance& instance, const AddAddresses& action);
  void act(Instance& instance, const RemoveAddresses& action);
  void act(Instance& instance, const RestoreAddress& action);
  void act(Instance& instance, const Announce& action);
  void act(Instance& instance, const AnnounceInterfaces& action);
  void act(Instance& instance, const CancelAnnouncements& action);
  void act(Instance& instance, const Notify& action);
  void act(const LogLine& action);
  void act(Instance& /*instance*/, const LogLine& action) { act(action); }

  Log& log_;
  Channel& channel_;
  run::HandoverPage& page_;
  KernelObjects& kernel_;
  Transport& transport_;
  Announcer& announcer_;
  StateEntered state_entered_;
  bool keep_addresses_ = false;
};

}  // namespace understudy::vrrp
