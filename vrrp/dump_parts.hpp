// The parts of VRRP's dump, and what they look up.
#pragma once

#include <string>
#include <unordered_map>

#include "vrrp/dump.hpp"
#include "vrrp/dump_tracking.hpp"

namespace understudy::vrrp {

/// A weight as it is in force.
struct DumpWeight {
  int value = 0;
  bool reverse = false;
};

/// The configuration with what its names mean.
struct DumpContext {
  DumpContext(const VrrpConfig& vrrp, const GlobalConfig& globals, const DumpFacts& known);

  /// The reference's own weight, else that of the thing it names.
  [[nodiscard]] DumpWeight weight(const TrackReference& reference,
                                  const std::unordered_map<std::string, DumpWeight>& things) const;

  const VrrpConfig& config;
  const GlobalConfig& global;
  const DumpFacts& facts;
  std::unordered_map<std::string, const LinkFacts*> interfaces;
  /// Names of sync groups by instance.
  std::unordered_map<std::string, std::string> group_of;
  std::unordered_map<std::string, DumpWeight> script_weights;
  std::unordered_map<std::string, DumpWeight> file_weights;
  std::unordered_map<std::string, DumpWeight> process_weights;
  std::unordered_map<std::string, DumpWeight> bfd_weights;
  Followers interface_followers;
  Followers script_followers;
  Followers file_followers;
  Followers process_followers;
  Followers bfd_followers;

 private:
  void follow_own(const InstanceConfig& instance);
  void follow(const TrackReferences& references, const std::string& instance);
  void follow_statics();
};

/// " VRRP Instance = NAME" and what follows.
void dump_instance(DumpLines& out, const InstanceConfig& instance, const DumpContext& context);
/// "   Tracked interfaces :" and the other kinds. `processes` is the heading of that kind.
void dump_tracked(DumpLines& out, const TrackReferences& references, const char* processes,
                  const DumpContext& context);
/// "   Master state transition script = …" and the others.
void dump_notify(DumpLines& out, const NotifyScripts& notify, const FindScript& find);
/// "BACKUP".
[[nodiscard]] const char* state_text(RouterState state);
/// " Name = eth0" and what follows, for every interface.
void dump_interfaces(DumpLines& out, const DumpContext& context);
/// "------< GARP delay group >------" and what follows.
void dump_garp_groups(DumpLines& out, const DumpContext& context);

}  // namespace understudy::vrrp
