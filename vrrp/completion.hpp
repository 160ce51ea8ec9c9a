// Completing one instance: the state shared by the files that do it, a topic each.
#pragma once

#include <fmt/format.h>

#include <string>
#include <utility>

#include "daemon/base/result.hpp"
#include "vrrp/verify_instance.hpp"

namespace understudy::vrrp {

/// Turns one draft into one configuration, a group of keywords at a time. Every step may look at
/// what those before it have put into the result.
class Completion {
 public:
  Completion(InstanceDraft draft, const Surroundings& around)
      : draft_(std::move(draft)),
        global_(around.global),
        group_(around.group),
        users_(around.users),
        diagnostics_(around.diagnostics) {}

  Result<InstanceConfig> run();

 private:
  // verify_instance.cpp
  void identify();
  void set_state_and_priority();
  void set_preemption();
  void set_timers();
  void set_accept_mode();
  void set_interval();
  void set_options();
  std::chrono::microseconds round_interval(std::chrono::microseconds wanted,
                                           std::chrono::microseconds unit,
                                           std::chrono::microseconds longest,
                                           const std::string& in_words);
  // verify_authentication.cpp
  void set_authentication();
  void set_hmac();
  // verify_announcements.cpp
  void set_announcements();
  void set_reactions();
  void set_owner_reaction();
  void set_notification();
  // verify_unicast.cpp
  void set_unicast();
  [[nodiscard]] std::string unicast_refusal();
  void check_interface();
  void set_vrf();
  void set_vmac();
  void set_ipvlan();
  // verify_addresses.cpp
  [[nodiscard]] std::size_t most_addresses() const;
  void set_addresses();
  void settle_vmacs(std::vector<VirtualAddress>& addresses);
  void drop_homeless(std::vector<VirtualAddress>& addresses, std::string_view kind);
  // verify_tracking.cpp
  void drop_own_interface();
  void set_tracking();

  template <typename... Args>
  void complain(fmt::format_string<Args...> format, Args&&... args) {
    diagnostics_.add(
        parser::Severity::error, {},
        fmt::format("({}) ", draft_.name) + fmt::format(format, std::forward<Args>(args)...));
  }
  template <typename... Args>
  void note(fmt::format_string<Args...> format, Args&&... args) {
    diagnostics_.add(
        parser::Severity::note, {},
        fmt::format("({}) ", draft_.name) + fmt::format(format, std::forward<Args>(args)...));
  }
  Error refuse(std::string message) {
    diagnostics_.add(parser::Severity::error, {}, message);
    return Error{std::move(message), 0};
  }
  [[nodiscard]] InterfaceFacts facts() const { return draft_.section->facts(out_.interface); }

  InstanceDraft draft_;
  const GlobalConfig& global_;
  /// The sync group it is in; nullptr: none.
  const SyncGroupDraft* group_;
  ScriptUsers& users_;
  parser::Diagnostics& diagnostics_;
  InstanceConfig out_;
};

}  // namespace understudy::vrrp
