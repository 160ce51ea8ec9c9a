#include "vrrp/keywords.hpp"

#include <fmt/format.h>
#include <net/if.h>

#include <limits>
#include <utility>

namespace understudy::vrrp {

namespace {

using namespace parser;
using namespace std::chrono_literals;
using InstanceRows = Block<InstanceDraft>;
using ScriptRows = Block<TrackScriptDraft>;

constexpr unsigned kLongestSeconds = 4294;
constexpr std::uint64_t kMicroseconds = 1'000'000;
constexpr unsigned kUnlimited = std::numeric_limits<std::uint32_t>::max();
constexpr unsigned kLongestCount = std::numeric_limits<std::int32_t>::max();
constexpr std::size_t kPasswordSize = 8;
constexpr std::uint64_t kLongestPreemptDelay = 1000 * kMicroseconds;

// --- vrrp_script ---

/// interval and timeout: 0 is diagnosed and becomes a second.
auto positive(std::chrono::microseconds TrackScript::*member, std::string what) {
  return [member, what](TrackScriptDraft& draft, std::chrono::microseconds value,
                        const Binding& binding) {
    if (value == 0us) {
      binding.error(fmt::format("({}): vrrp script {} must be greater than 0, setting to 1",
                                draft.script.name, what));
      value = 1s;
    }
    draft.script.*member = value;
  };
}

auto count(unsigned TrackScript::*member) {
  return [member](TrackScriptDraft& draft, unsigned value) { draft.script.*member = value; };
}

void take_weight(TrackScriptDraft& draft, const Binding& binding) {
  constexpr std::int64_t kLimit = 253;
  const auto weight = parse_signed(binding.argument(), -kLimit, kLimit);
  if (weight) {
    draft.script.weight = static_cast<int>(*weight);
  } else {
    binding.error(weight.error().message);
    binding.error(fmt::format("vrrp_script {} weight {} must be in [-253, 253]", draft.script.name,
                              binding.argument()));
  }
  if (binding.arguments().size() < 2) return;
  if (binding.argument(1) == "reverse") {
    draft.script.reverse = true;
  } else {
    binding.error_at(binding.arguments()[1], fmt::format("vrrp_script {} unknown weight option {}",
                                                         draft.script.name, binding.argument(1)));
  }
}

void take_user(TrackScriptDraft& draft, const Binding& binding) {
  draft.text.user = binding.argument();
  draft.text.group = binding.argument(1);
  const auto found = find_credentials(draft.text.user, draft.text.group);
  draft.user_unknown = found.has_error();
  if (found.has_error()) {
    std::vector<std::string> quoted;
    for (const auto& word : draft.text.argv) quoted.push_back("'" + word + "'");
    binding.error(fmt::format("Unable to set uid/gid for script {}", fmt::join(quoted, " ")),
                  found.error().message);
  }
}

ScriptRows script_rows() {
  ScriptRows rows;
  rows.value(
          "script", "Command line to run; status 0 is success.", script_text(),
          [](TrackScriptDraft& draft, ScriptText text) { draft.text.argv = std::move(text.argv); })
      .takes("SCRIPT", 1, 1)
      .allow_missing();
  rows.value("interval", "Seconds between two runs.",
             decimal_seconds(0, kLongestSeconds * kMicroseconds, 3),
             positive(&TrackScript::interval, "interval"))
      .by_default("1")
      .invalid("({2}): vrrp script interval '{1}' must be between 0.001 and 4294 - ignoring");
  rows.value("timeout", "Seconds after which it is stopped and has failed.",
             decimal_seconds(0, kLongestSeconds * kMicroseconds, 3),
             positive(&TrackScript::timeout, "timeout"))
      .by_default("interval")
      .invalid("({2}): vrrp script timeout '{1}' invalid - ignoring");
  rows.statement("weight",
                 "Added to the priority while it succeeds (positive) or fails (negative); 0: a "
                 "failure is a FAULT.",
                 take_weight)
      .takes("NUMBER [reverse]", 1, 2)
      .by_default("0")
      .range = "-253..253";
  rows.value("rise", "Successes in a row that count as success.",
             number<unsigned>(1, kLongestCount), count(&TrackScript::rise))
      .by_default("1")
      .invalid("({2}): vrrp script rise value '{1}' invalid, defaulting to 1");
  rows.value("fall", "Failures in a row that count as failure.", number<unsigned>(1, kLongestCount),
             count(&TrackScript::fall))
      .by_default("1")
      .invalid("({2}): vrrp script fall value '{1}' invalid, defaulting to 1");
  rows.statement("user", "User and group it runs as.", take_user)
      .takes("USER [GROUP]", 1, 2)
      .by_default("script_user");
  rows.flag("init_fail", "Assume that it fails until it has run.",
            [](TrackScriptDraft& draft, bool) { draft.script.init_fail = true; });
  return rows;
}

void close_script(VrrpDraft& section, TrackScriptDraft& draft, const Binding& binding) {
  const auto complain = [&](std::string message) {
    binding.report_at(Severity::error, binding.closing(), std::move(message));
  };
  bool usable = !draft.user_unknown;
  if (draft.text.argv.empty()) {
    complain(fmt::format("No script set for vrrp_script {} - removing", draft.script.name));
    usable = false;
  } else if (usable && !section.has_user(draft.text)) {
    complain(
        fmt::format("Unable to set default user for vrrp script {} - removing", draft.script.name));
    usable = false;
  }
  if (!usable) section.scripts.pop_back();
}

// --- vrrp_instance ---

void take_state(InstanceDraft& draft, const Binding& binding) {
  const auto word = binding.argument();
  if (word == "MASTER") {
    draft.state = RouterState::master;
  } else if (word == "BACKUP") {
    if (draft.state == RouterState::master) {
      binding.error(
          fmt::format("({}) state previously set as MASTER - ignoring BACKUP", draft.name));
    } else {
      draft.state = RouterState::backup;
    }
  } else {
    binding.error(fmt::format("({}) unknown state '{}', defaulting to BACKUP", draft.name, word),
                  "expected MASTER or BACKUP");
    draft.state = RouterState::backup;
  }
}

void take_interface(InstanceDraft& draft, const Binding& binding) {
  const std::string name(binding.argument());
  if (name.size() >= IFNAMSIZ) {
    binding.error(fmt::format("Interface name '{}' too long - ignoring", name));
    return;
  }
  draft.interface.clear();
  if (!check_interface(*draft.section, name)) {
    binding.error(
        fmt::format("WARNING - interface {} for vrrp_instance {} doesn't exist", name, draft.name));
  } else if (name == "lo") {
    binding.error(fmt::format("({}) cannot use a loopback interface ({}) for vrrp - ignoring",
                              draft.name, name));
  } else {
    draft.interface = name;
  }
}

void take_source(InstanceDraft& draft, const Binding& binding) {
  const auto complain = [&](std::string_view before, std::string_view after) {
    binding.error(fmt::format("Configuration error: VRRP instance[{}] {}[{}]{}", draft.name, before,
                              binding.argument(), after));
  };
  const auto source = parse_plain_address(binding.argument());
  if (!source) {
    complain("malformed src address", ". Skipping...");
    return;
  }
  if (draft.family == Family::none) draft.family = source->family();
  if (draft.family != source->family()) {
    complain("and src address", " MUST be of the same family !!! Skipping...");
    draft.mcast_source.reset();
    return;
  }
  draft.mcast_source = *source;
}

void take_group(InstanceDraft& draft, const Binding& binding) {
  const auto group = parse_plain_address(binding.argument());
  if (!group) {
    binding.error(fmt::format("({}) malformed mcast dest address {}. Skipping...", draft.name,
                              binding.argument()));
    return;
  }
  draft.mcast_group.reset();
  if (draft.family == Family::none) draft.family = group->family();
  if (draft.family != group->family()) {
    binding.error(
        fmt::format("({}) mcast dest address {} MUST match VRRP instance family. Skipping...",
                    draft.name, binding.argument()));
  } else if (!group->is_multicast()) {
    binding.error(fmt::format("({}) mcast_dst_ip {} not{} multicast. Skipping...", draft.name,
                              binding.argument(), group->is_v6() ? " link-local" : ""));
  } else {
    draft.mcast_group = *group;
  }
}

void take_version(InstanceDraft& draft, int version, const Binding& binding) {
  if ((draft.version != 0 && draft.version != version) ||
      (version == 2 && draft.family == Family::ipv6)) {
    binding.error(
        fmt::format("({}) vrrp_version {} conflicts with configured or deduced version {}; "
                    "ignoring.",
                    draft.name, version, draft.version));
    return;
  }
  draft.version = static_cast<std::uint8_t>(version);
}

void add_identity(InstanceRows& rows) {
  rows.statement("state", "What it starts as.", take_state)
      .takes("MASTER|BACKUP", 1, 1)
      .by_default("MASTER for priority 255, else BACKUP");
  rows.statement("interface", "Where adverts are sent and received. Required.", take_interface)
      .takes("INTERFACE", 1, 1);
  rows.value("virtual_router_id", "Number of the virtual router on its network. Required.",
             number<unsigned>(1, 255), &InstanceDraft::vrid)
      .invalid("({2}): VRID '{1}' not valid - must be between 1 & 255");
  auto& priority =
      rows.value("priority", "The highest becomes master; 255: owner of the addresses.",
                 number<unsigned>(1, 255),
                 [](InstanceDraft& draft, unsigned value) {
                   draft.priority = static_cast<std::uint8_t>(value);
                 })
          .by_default("100, or 255 with state MASTER")
          .invalid("({2}) Priority not valid! must be between 1 & 255. Using default 100");
  priority.apply = [inner = priority.apply](InstanceDraft& draft, const Binding& binding) {
    // A value out of range leaves the default, also where the state says MASTER.
    draft.priority = 100;
    inner(draft, binding);
  };
  rows.value("version", "VRRP version.", number<int>(2, 3), take_version)
      .by_default("vrrp_version")
      .invalid("({2}): Version must be either 2 or 3");
  rows.value("advert_int", "Seconds between adverts; version 2 takes whole seconds.",
             decimal_seconds(10'000, 255 * kMicroseconds), &InstanceDraft::advert_interval)
      .by_default("1")
      .invalid("({2}) Advert interval ({1}) not valid! Must be > 0 - ignoring");
  rows.statement("mcast_src_ip", "Source of adverts.", take_source)
      .takes("IP", 1, 1)
      .by_default("the interface's address");
  rows.statement("mcast_dst_ip", "Group adverts go to.", take_group)
      .takes("IP", 1, 1)
      .by_default("vrrp_mcast_group4");
}

void take_authentication(InstanceDraft& draft, const Binding& binding) {
  if (binding.argument() == "PASS") {
    draft.authentication = Authentication::pass;
  } else if (binding.argument() == "AH") {
    draft.authentication = Authentication::ah;
  } else {
    binding.error(
        fmt::format("({}) unknown authentication type '{}'", draft.name, binding.argument()),
        "expected PASS or AH");
  }
}

void add_authentication(InstanceRows& rows) {
  InstanceRows inner;
  inner.statement("auth_type", "How adverts are authenticated.", take_authentication)
      .takes("PASS|AH", 1, 1)
      .by_default("none");
  inner.value(
      "auth_pass", "Password; of more than 8 characters the first 8.", text("PASSWORD"),
      [](InstanceDraft& draft, std::string password, const Binding& binding) {
        if (password.size() > kPasswordSize) {
          binding.error(fmt::format("Truncating auth_pass to {} characters", kPasswordSize));
          password.resize(kPasswordSize);
        }
        draft.password = std::move(password);
      });
  rows.block("authentication", "For version 2 only.", std::move(inner));
}

void add_preemption(InstanceRows& rows) {
  rows.flag("nopreempt", "Do not take over from a working master.", &InstanceDraft::nopreempt);
  rows.flag("preempt", "Take over from a master of lower priority: the default.",
            &InstanceDraft::nopreempt, false);
  auto& delay = rows.value("preempt_delay", "Seconds after the start before that.",
                           decimal_seconds(0, kLongestPreemptDelay), &InstanceDraft::preempt_delay)
                    .by_default("0")
                    .invalid("({2}) Preempt_delay not valid! must be between 0-1000");
  delay.apply = [inner = delay.apply](InstanceDraft& draft, const Binding& binding) {
    draft.preempt_delay = 0us;
    inner(draft, binding);
  };
  rows.flag("accept", "Let traffic to the virtual addresses in.",
            [](InstanceDraft& draft, bool) { draft.accept = true; });
  rows.flag("no_accept", "Drop it, unless owner of the addresses.",
            [](InstanceDraft& draft, bool) { draft.accept = false; });
  rows.value("strict_mode", "Keep to the RFC.", optional_boolean(), &InstanceDraft::strict)
      .by_default("vrrp_strict")
      .invalid("({2}) invalid strict_mode {1} specified");
  rows.value("skip_check_adv_addr", "Do not compare the addresses in adverts of the known master.",
             optional_boolean(),
             // Whatever boolean it says: a keepalived peculiarity that files rely on.
             [](InstanceDraft& draft, bool) { draft.skip_check_adv_addr = true; })
      .by_default("vrrp_skip_check_adv_addr")
      .invalid("({2}) invalid skip_check_adv_addr {1} specified");
  rows.value("lower_prio_no_advert", "Send no advert when one of lower priority is received.",
             optional_boolean(), &InstanceDraft::lower_prio_no_advert)
      .by_default("vrrp_lower_prio_no_advert")
      .invalid("({2}) invalid lower_prio_no_advert {1} specified");
  rows.value("higher_prio_send_advert",
             "Send one more advert when one of higher priority is received.", optional_boolean(),
             &InstanceDraft::higher_prio_send_advert)
      .by_default("vrrp_higher_prio_send_advert")
      .invalid("({2}) invalid higher_prio_send_advert {1} specified");
  rows.flag("dont_track_primary", "Ignore the link state of the interface.",
            &InstanceDraft::dont_track_primary);
}

auto garp(std::optional<unsigned> GarpDraft::*member) {
  return [member](InstanceDraft& draft, unsigned value) { draft.garp.*member = value; };
}
auto garp_count(std::optional<unsigned> GarpDraft::*member) {
  return [member](InstanceDraft& draft, unsigned value, const Binding& binding) {
    if (value == 0) {
      binding.error(fmt::format("({}): {} must be greater than 0, setting to 1", draft.name,
                                binding.keyword()));
      value = 1;
    }
    draft.garp.*member = value;
  };
}

void add_announcements(InstanceRows& rows) {
  const std::string ignoring = "({2}): {0} '{1}' invalid - ignoring";
  rows.value("garp_master_delay", "Seconds until the second batch of announcements.",
             number<unsigned>(0, kLongestSeconds), garp(&GarpDraft::delay))
      .by_default("vrrp_garp_master_delay")
      .invalid(ignoring);
  rows.value("garp_master_repeat", "Announcements in a batch.", number<unsigned>(0, kUnlimited),
             garp_count(&GarpDraft::repeat))
      .by_default("vrrp_garp_master_repeat")
      .invalid(ignoring);
  rows.value("garp_master_refresh", "Seconds between batches while master; 0: none.",
             number<unsigned>(0, kUnlimited), garp(&GarpDraft::refresh))
      .by_default("vrrp_garp_master_refresh")
      .invalid("({2}): Invalid garp_master_refresh '{1}' - ignoring");
  rows.value("garp_master_refresh_repeat", "Announcements in such a batch.",
             number<unsigned>(0, kUnlimited), garp_count(&GarpDraft::refresh_repeat))
      .by_default("vrrp_garp_master_refresh_repeat")
      .invalid(ignoring);
  rows.value("garp_lower_prio_delay", "As garp_master_delay, after an advert of lower priority.",
             number<unsigned>(0, kLongestSeconds), garp(&GarpDraft::lower_prio_delay))
      .by_default("vrrp_garp_lower_prio_delay")
      .invalid(ignoring);
  rows.value("garp_lower_prio_repeat", "As garp_master_repeat, after an advert of lower priority.",
             number<unsigned>(0, kLongestCount), garp(&GarpDraft::lower_prio_repeat))
      .by_default("vrrp_garp_lower_prio_repeat")
      .invalid("({2}): Invalid garp_lower_prio_repeat '{1}'");
}

void add_notify_row(InstanceRows& rows, const std::string& name, const std::string& when,
                    std::optional<ScriptText> NotifyDraft::*member) {
  rows.value(name, "Script to run " + when, script_text(),
             [member](InstanceDraft& draft, ScriptText script) {
               draft.notify.*member = std::move(script);
             })
      .once("({2}) " + name + " script already specified - ignoring {1}");
}

void add_notification(InstanceRows& rows) {
  add_notify_row(rows, "notify_master", "on becoming MASTER.", &NotifyDraft::master);
  add_notify_row(rows, "notify_backup", "on becoming BACKUP.", &NotifyDraft::backup);
  add_notify_row(rows, "notify_fault", "on entering FAULT.", &NotifyDraft::fault);
  add_notify_row(rows, "notify_stop", "at the stop.", &NotifyDraft::stop);
  add_notify_row(rows, "notify", "on any change, with INSTANCE NAME STATE PRIORITY appended.",
                 &NotifyDraft::any);
  rows.value("notify_priority_changes", "Write changes of priority to the FIFO and to notify.",
             optional_boolean(), &InstanceDraft::notify_priority_changes)
      .by_default("vrrp_notify_priority_changes")
      .invalid("({2}) Invalid value '{1}' for notify_priority_changes specified");
  rows.value("smtp_alert", "Send mail about changes of state.", optional_boolean(),
             &InstanceDraft::smtp_alert)
      .by_default("smtp_alert_vrrp, smtp_alert, off")
      .invalid("Invalid vrrp_instance smtp_alert parameter {1}");
}

void add_unicast(InstanceRows& rows) {
  rows.statement("unicast_src_ip", "Source of unicast adverts.",
                 [](InstanceDraft& draft, const Binding& binding) {
                   draft.unicast_configured = true;
                   take_source(draft, binding);
                 })
      .takes("IP", 1, 1)
      .pending();
  rows.flag("unicast_fault_no_peer", "FAULT instead of multicast when there is no peer.",
            [](InstanceDraft& draft, bool) { draft.unicast_configured = true; })
      .pending();
  auto& peers = rows.entries(
      "unicast_peer", "Routers adverts go to instead of the group.", "IP [min_ttl N] [max_ttl N]",
      [](InstanceDraft& draft, const Binding&) { draft.unicast_peers = true; });
  peers.pending().adds_up();
  peers.apply = [inner = peers.apply](InstanceDraft& draft, const Binding& binding) {
    draft.unicast_configured = true;
    inner(draft, binding);
  };
}

InstanceRows instance_rows() {
  InstanceRows rows;
  add_identity(rows);
  add_authentication(rows);
  add_address_rows(rows);
  add_preemption(rows);
  add_announcements(rows);
  add_track_rows(rows);
  add_notification(rows);
  add_unicast(rows);
  add_ignored_rows(rows);
  return rows;
}

InstanceDraft* open_instance(VrrpDraft& section, const Binding& binding) {
  for (const auto& known : section.instances) {
    if (known.name != binding.argument()) continue;
    binding.error(fmt::format("vrrp instance {} already defined", known.name));
    return nullptr;
  }
  auto& instance = section.instances.emplace_back();
  instance.section = &section;
  instance.name = binding.argument();
  return &instance;
}

}  // namespace

bool check_interface(VrrpDraft& section, const std::string& name) {
  if (section.interface_exists(name)) return true;
  if (section.missing_interface.empty()) section.missing_interface = name;
  return false;
}

Block<VrrpDraft> vrrp_rows() {
  Block<VrrpDraft> rows;
  rows.block(
          "vrrp_script", "A script whose result is tracked; comes before what tracks it.",
          script_rows(),
          [](VrrpDraft& section, const Binding& binding) {
            auto& draft = section.scripts.emplace_back();
            draft.script.name = binding.argument();
            return &draft;
          },
          close_script)
      .takes("NAME", 1, 1)
      .adds_up()
      .reported_by(Stage::vrrp);
  rows.block("vrrp_instance", "A virtual router.", instance_rows(), open_instance)
      .takes("NAME", 1, 1)
      .when_missing("vrrp_instance must have a name")
      .when_extra("vrrp_instance must have a name", Extra::refused)
      .adds_up()
      .reported_by(Stage::vrrp);
  return rows;
}

}  // namespace understudy::vrrp
