#include "vrrp/dump.hpp"

#include "vrrp/dump_parts.hpp"
#include "vrrp/dump_routing.hpp"

namespace understudy::vrrp {
namespace {

void dump_statics(DumpLines& out, const DumpContext& context) {
  const auto& config = context.config;
  if (!config.static_addresses.empty()) {
    out.add("------< Static Addresses >------");
    for (const auto& entry : config.static_addresses) {
      out.add("     {}",
              dump_text(entry.address, {*entry.address.device, context.facts.static_addresses_set,
                                        entry.track_group}));
    }
  }
  if (!config.static_routes.empty()) {
    out.add("------< Static Routes >------");
    for (const auto& route : config.static_routes) out.add("     {}", dump_text(route));
  }
  if (!config.static_rules.empty()) {
    out.add("------< Static Rules >------");
    for (const auto& rule : config.static_rules) out.add("     {}", dump_text(rule));
  }
  if (config.track_groups.empty()) return;
  out.add("------< Static Track groups >------");
  for (const auto& group : config.track_groups) {
    out.add(" Static Track Group = {}", group.name);
    if (!group.members.empty()) out.add("   VRRP member instances :");
    for (const auto& member : group.members) out.add("     {}", member);
  }
}

void dump_group(DumpLines& out, const SyncGroup& group, const DumpContext& context) {
  const auto known = context.facts.groups.find(group.name);
  const GroupFacts facts = known == context.facts.groups.end() ? GroupFacts() : known->second;
  out.add(" VRRP Sync Group = {}, {}", group.name, state_text(facts.state));
  out.add("   Num member fault {}, num member init {}", facts.faulty, facts.waiting);
  if (!group.members.empty()) {
    out.add("   VRRP member instances :");
    for (const auto& member : group.members) out.add("     {}", member);
  }
  if (group.tracking_weight) out.add("   sync group tracking weight set");
  out.add("   Using smtp notification = {}", yes_no(group.smtp_alert));
  if (group.notify_priority_changes) out.add("   Notify priority changes = yes");
  dump_tracked(out, *group.track, "Tracked process", context);
  dump_notify(out, *group.notify, context.facts.find_script);
}

/// Seconds with three decimals where they are not whole.
std::string seconds_text(std::chrono::microseconds time) {
  const auto seconds = time.count() / 1'000'000;
  const auto rest = time.count() % 1'000'000;
  if (rest == 0) return fmt::format("{}", seconds);
  return fmt::format("{}.{:03}", seconds, rest / 1000);
}

void dump_script(DumpLines& out, const TrackScript& script, const DumpContext& context) {
  const auto known = context.facts.scripts.find(script.name);
  const ScriptFacts facts = known == context.facts.scripts.end() ? ScriptFacts() : known->second;
  const auto shown = shown_script(script.command.argv, context.facts.find_script);
  out.add(" VRRP Script = {}", script.name);
  out.add("   Command = {}", shown.command);
  if (!shown.path.empty()) out.add("   Path = {}", shown.path);
  out.add("   Interval = {} sec", seconds_text(script.interval));
  out.add("   Timeout = {} sec", seconds_text(script.timeout));
  out.add("   Weight = {}{}", script.weight, reversed(script.reverse));
  out.add("   Rise = {}", script.rise);
  out.add("   Fall = {}", script.fall);
  out.add("   Result = {}", facts.result);
  out.add("   Insecure = no");
  const char* configured = script.init_fail ? "INIT/FAILED" : "INIT";
  out.add("   Init state = {}", facts.initial == nullptr ? configured : facts.initial);
  out.add("   Status = {}", std::cmp_greater_equal(facts.result, script.rise) ? "GOOD" : "BAD");
  out.add("   Script uid:gid = {}:{}", script.command.uid, script.command.gid);
  out.add("   VRRP instances :");
  context.script_followers.dump(out, script.name, "Tracking instances :");
  out.add("   State = {}", facts.state);
}

void dump_file(DumpLines& out, const TrackFile& file, const DumpContext& context) {
  out.add(" Track file = {}", file.name);
  out.add("   File = {}", file.path);
  out.add("   Status = 0");
  out.add("   Weight = {}{}", file.weight, reversed(file.reverse));
  context.file_followers.dump(out, file.name, "Tracking instances :");
}

const char* match_text(TrackProcess::Match match) {
  switch (match) {
    case TrackProcess::Match::any:
    case TrackProcess::Match::exact:
      break;
    case TrackProcess::Match::initial:
      return " = initial";
    case TrackProcess::Match::partial:
      return " = partial";
  }
  return "";
}

void dump_process(DumpLines& out, const TrackProcess& process, const DumpContext& context) {
  out.add(" VRRP Track process = {}", process.name);
  out.add("   Process = {}", process.command);
  if (!process.parameters.empty()) {
    out.add("   Parameters = {}", fmt::join(process.parameters, " "));
  }
  if (process.match != TrackProcess::Match::any) {
    out.add("   Param match{}", match_text(process.match));
  }
  out.add("   Min processes = {}", process.quorum);
  if (process.quorum_max != TrackProcess::kUnlimited) {
    out.add("   Max processes = {}", process.quorum_max);
  }
  out.add("   Current processes = 0");
  out.add("   Have quorum = false");
  out.add("   Weight = {}{}", process.weight, reversed(process.reverse));
  using Seconds = std::chrono::duration<double>;
  out.add("   Terminate delay = {:f}s", Seconds(process.terminate_delay).count());
  out.add("   Fork delay = {:f}s", Seconds(process.fork_delay).count());
  out.add("   Full command = {}", true_false(process.full_command));
  context.process_followers.dump(out, process.name, "Tracking instances :");
}

void dump_bfd(DumpLines& out, const BfdFacts& bfd, const DumpContext& context) {
  out.add(" VRRP Track BFD = {}", bfd.name);
  out.add("   Weight = {}{}", bfd.weight, reversed(bfd.reverse));
  out.add("   Bfd is {}", bfd.up ? "up" : "down");
  out.add("   Tracking VRRP instances :");
  context.bfd_followers.dump(out, bfd.name, "Tracking instances :");
}

/// Those of `things` that are followed, under a heading.
template <typename Things, typename Dump>
void dump_followed(DumpLines& out, const char* heading, const Things& things,
                   const Followers& followers, const DumpContext& context, Dump dump_one) {
  bool first = true;
  for (const auto& thing : things) {
    if (!followers.any(thing.name)) continue;
    if (std::exchange(first, false)) out.add("------< {} >------", heading);
    dump_one(out, thing, context);
  }
}

}  // namespace

std::vector<std::string> dump(const VrrpConfig& config, const GlobalConfig& global,
                              const DumpFacts& facts) {
  const DumpContext context(config, global, facts);
  DumpLines out;
  dump_garp_groups(out, context);
  dump_statics(out, context);
  if (!config.instances.empty()) out.add("------< VRRP Topology >------");
  for (const auto& instance : config.instances) dump_instance(out, instance, context);
  if (!config.groups.empty()) out.add("------< VRRP Sync groups >------");
  for (const auto& group : config.groups) dump_group(out, group, context);
  dump_followed(out, "VRRP Scripts", config.scripts, context.script_followers, context,
                dump_script);
  dump_followed(out, "VRRP Track files", global.track_files, context.file_followers, context,
                dump_file);
  if (!config.processes.empty()) out.add("------< VRRP Track processes >------");
  for (const auto& process : config.processes) dump_process(out, process, context);
  dump_followed(out, "VRRP Track BFDs", facts.bfds, context.bfd_followers, context, dump_bfd);
  dump_interfaces(out, context);
  return out.take();
}

}  // namespace understudy::vrrp
