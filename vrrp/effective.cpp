#include "vrrp/effective.hpp"

#include <fmt/format.h>

#include "daemon/global/script_text.hpp"
#include "vrrp/effective_instance.hpp"
#include "vrrp/effective_routing.hpp"

namespace understudy::vrrp {

namespace {

using parser::Statements;

void append_names(Statements& out, const char* keyword, const std::vector<std::string>& names) {
  Statements& block = out.block(keyword);
  for (const std::string& name : names) block.entry({name});
}

void append_weight(Statements& block, int weight, bool reverse) {
  if (reverse) {
    block.add("weight", weight, "reverse");
  } else {
    block.add("weight", weight);
  }
}

void append_script(Statements& out, const TrackScript& script) {
  Statements& block = out.block("vrrp_script", script.name);
  block.script("script", script.command.argv);
  block.seconds("interval", script.interval);
  block.seconds("timeout", script.timeout);
  append_weight(block, script.weight, script.reverse);
  block.add("rise", script.rise);
  block.add("fall", script.fall);
  const auto owner = owner_words(script.command.uid, script.command.gid);
  auto& user = block.add("user").words;
  user.insert(user.end(), owner.begin(), owner.end());
  block.flag("init_fail", script.init_fail);
}

void append_process(Statements& out, const TrackProcess& process) {
  using Match = TrackProcess::Match;
  Statements& block = out.block("vrrp_track_process", process.name);
  auto& words = block.add("process", process.command).words;
  words.insert(words.end(), process.parameters.begin(), process.parameters.end());
  if (process.match == Match::exact) block.add("param_match");
  if (process.match == Match::initial) block.add("param_match", "initial");
  if (process.match == Match::partial) block.add("param_match", "partial");
  // A weight of 0 may be followed by another one, so that it is not an error to write it.
  append_weight(block, process.weight, process.reverse);
  // Not above quorum_max: that comes first. Without quorum there may be no process.
  if (process.quorum_max != TrackProcess::kUnlimited) block.add("quorum_max", process.quorum_max);
  if (process.quorum != 0) block.add("quorum", process.quorum);
  if (process.fork_delay.count() != 0) block.seconds("fork_delay", process.fork_delay);
  if (process.terminate_delay.count() != 0) {
    block.seconds("terminate_delay", process.terminate_delay);
  }
  block.flag("full_command", process.full_command);
}

void append_group(Statements& out, const SyncGroup& group) {
  Statements& block = out.block("vrrp_sync_group", group.name);
  append_names(block, "group", group.members);
  append_tracking(block, *group.track);
  append_notify(block, *group.notify);
  block.boolean("smtp_alert", group.smtp_alert);
  block.boolean("notify_priority_changes", group.notify_priority_changes);
  block.flag("sync_group_tracking_weight", group.tracking_weight);
}

void append_garp_group(Statements& out, const GarpGroup& group) {
  Statements& block = out.block("garp_group");
  if (group.garp_interval) block.seconds("garp_interval", *group.garp_interval);
  if (group.gna_interval) block.seconds("gna_interval", *group.gna_interval);
  if (group.interfaces.size() == 1) block.add("interface", group.interfaces[0]);
  if (group.interfaces.size() > 1) append_names(block, "interfaces", group.interfaces);
}

void append_interfaces(Statements& out, const VrrpConfig& config) {
  for (const GarpGroup& group : config.garp_groups) append_garp_group(out, group);
  if (!config.interface_delays.empty()) {
    Statements& delays = out.block("interface_up_down_delays");
    for (const InterfaceDelay& delay : config.interface_delays) {
      delays.entry(
          {delay.interface, parser::seconds_text(delay.down), parser::seconds_text(delay.up)});
    }
  }
  if (config.linkbeat_interfaces.empty()) return;
  Statements& linkbeat = out.block("linkbeat_interfaces");
  for (const LinkbeatInterface& entry : config.linkbeat_interfaces) {
    constexpr const char* kMethods[] = {"", "MII", "ETHTOOL", "IOCTL"};
    const std::string method = kMethods[static_cast<std::size_t>(entry.method)];
    linkbeat.entry(method.empty() ? std::vector{entry.interface}
                                  : std::vector{entry.interface, method});
  }
}

}  // namespace

Statements effective(const VrrpConfig& config) {
  Statements out;
  for (const TrackGroup& group : config.track_groups) {
    append_names(out.block("track_group", group.name), "group", group.members);
  }
  append_static(out, config);
  append_interfaces(out, config);
  for (const TrackScript& script : config.scripts) append_script(out, script);
  for (const TrackProcess& process : config.processes) append_process(out, process);
  for (const SyncGroup& group : config.groups) append_group(out, group);
  for (const InstanceConfig& instance : config.instances) append_instance(out, instance);
  return out;
}

}  // namespace understudy::vrrp
