#include "daemon/global/keywords.hpp"

#include <fmt/format.h>

#include <limits>
#include <utility>

namespace understudy {

namespace {

using namespace parser;
using Rows = Block<GlobalDraft>;

/// Longest process name the kernel keeps (TASK_COMM_LEN less its end).
constexpr std::size_t kLongestProcessName = 15;
/// Longest interval in microseconds the original takes: 32 bits.
constexpr std::uint64_t kLongestMicroseconds = std::numeric_limits<std::uint32_t>::max();
/// … in whole seconds.
constexpr unsigned kLongestSeconds = 4294;
constexpr unsigned kUnlimited = std::numeric_limits<std::uint32_t>::max();
constexpr unsigned kLongestCount = std::numeric_limits<std::int32_t>::max();

/// [BOOL] with the original's complaint about anything else.
template <typename Target>
Row<GlobalDraft>& boolean_row(Rows& rows, std::string_view names, std::string doc, Target target) {
  return rows.value(names, std::move(doc), optional_boolean(), target)
      .by_default("off")
      .invalid("Invalid value '{1}' for global {0} specified");
}

void take_mail_server(GlobalDraft& draft, const Binding& binding) {
  const std::string_view port_text =
      binding.arguments().size() > 1 ? binding.argument(1) : std::string_view("25");
  draft.smtp_server_name = binding.argument();
  draft.smtp_server = {};
  if (const auto port = parse_unsigned(port_text, 1, 65535)) {
    draft.smtp_server =
        draft.find_mail_server(draft.smtp_server_name, Port(static_cast<std::uint16_t>(*port)));
  } else {
    binding.error_at(binding.arguments()[1], port.error().message);
  }
  if (draft.smtp_server.address.empty()) {
    binding.error(fmt::format("Invalid smtp server {} {}", binding.argument(), port_text));
  }
}

void take_sender(GlobalDraft& draft, const Binding& binding) {
  draft.notification_email_from = binding.argument();
  if (binding.arguments().size() > 1) {
    binding.error_at(
        binding.arguments()[1],
        fmt::format("emailfrom - ignoring extra entries '{}' ...", binding.argument(1)));
  }
}

void add_mail(Rows& rows) {
  rows.value("router_id", "Name of this machine in alerts.", text(), &GlobalConfig::router_id)
      .by_default("host name")
      .when_missing("routerid name missing - ignoring");
  auto& recipients = rows.words("notification_email", "Who gets alerts.", text("ADDRESS"),
                                &GlobalConfig::notification_email);
  recipients.when_extra("Block {0} has extra parameters {1} ...").adds_up();
  recipients.apply = [inner = recipients.apply](GlobalDraft& draft, const Binding& binding) {
    const auto before = draft.notification_email.size();
    inner(draft, binding);
    if (draft.notification_email.size() == before) {
      binding.report_at(Severity::error, binding.closing(),
                        "Warning - empty notification_email block");
    }
  };
  rows.statement("notification_email_from", "Sender of alerts.", take_sender)
      .takes("ADDRESS", 1, 1)
      .by_default("keepalived@HOSTNAME")
      .when_missing("emailfrom missing - ignoring");
  rows.statement("smtp_server", "Where alerts are delivered; a name is resolved at load.",
                 take_mail_server)
      .takes("IP-or-NAME [PORT]", 1, 2)
      .by_default("no mail; port 25");
  rows.value("smtp_helo_name", "Name in HELO.", text(), &GlobalConfig::smtp_helo_name)
      .by_default("host name")
      .allow_missing();
  rows.value("smtp_connect_timeout", "How long connecting may take.",
             number<unsigned>(0, kLongestSeconds),
             [](GlobalDraft& draft, unsigned value, const Binding& binding) {
               if (value == 0) {
                 binding.error("smtp_conect_timeout must be greater than 0, setting to 1");
                 value = 1;
               }
               draft.smtp_connect_timeout = std::chrono::seconds(value);
             })
      .by_default("30")
      .invalid("smtp_connect_timeout '{1}' must be in [0, 4294] - ignoring");
  boolean_row(rows, "smtp_alert", "Alerts for everything that does not say otherwise.",
              &GlobalConfig::smtp_alert)
      .by_default("unset");
  boolean_row(rows, "smtp_alert_vrrp", "Alerts for VRRP instances.", &GlobalConfig::smtp_alert_vrrp)
      .by_default("unset");
  boolean_row(rows, "smtp_alert_checker", "Alerts for real and virtual servers.",
              &GlobalConfig::smtp_alert_checker)
      .by_default("unset");
  rows.flag("no_email_faults", "No alert when an instance enters FAULT.",
            &GlobalConfig::no_email_faults);
}

/// A name of at most 15 octets; a longer one is cut.
template <typename Target>
void process_name_row(Rows& rows, std::string_view names, std::string doc, Target target) {
  rows.value(names, std::move(doc), text("NAME"),
             [target](GlobalDraft& draft, std::string name, const Binding& binding) {
               if (name.size() > kLongestProcessName) {
                 binding.error(fmt::format("Process name {} more than {} characters, truncating",
                                           name, kLongestProcessName));
                 name.resize(kLongestProcessName);
               }
               draft.*target = std::move(name);
             });
}

/// Scheduling of one process; `who` is the keyword's prefix and its name in complaints.
void add_scheduling(Rows& rows, const std::string& who, const std::string& doc,
                    ProcessScheduling GlobalConfig::*process) {
  rows.value(who + "_priority", doc + " process: nice value.", number<int>(-20, 19),
             [process](GlobalDraft& draft, int value) { (draft.*process).nice = value; })
      .by_default("0")
      .when_missing("No " + who + " process priority specified")
      .invalid("Invalid " + who + " process priority specified");
  rows.flag(who + "_no_swap", doc + " process: keep its memory from being swapped out.",
            [process](GlobalDraft& draft, bool) { (draft.*process).no_swap = true; });
  rows.value(who + "_rlimit_rttime|" + who + "_rlimit_rtime",
             doc + " process: microseconds it may run at real-time priority without a pause.",
             number<unsigned>(1, kUnlimited),
             [process](GlobalDraft& draft, unsigned value) {
               // One microsecond would end the process before it could lower its priority.
               (draft.*process).rlimit_rttime_us = value == 1 ? 2 : value;
             })
      .by_default("10000")
      .invalid("Invalid " + who + " real-time limit - {1}");
}

/// 1..99; what is outside is diagnosed and moved inside.
std::uint8_t clamp_rt_priority(int value, const std::string& who, const Binding& binding) {
  constexpr int kLowest = 1;
  constexpr int kHighest = 99;
  if (value < kLowest) {
    binding.error(
        fmt::format("{} process real-time priority {} less than minimum {} - setting to minimum",
                    who, value, kLowest));
    value = kLowest;
  } else if (value > kHighest) {
    binding.error(
        fmt::format("{} process real-time priority {} greater than maximum {} - setting to maximum",
                    who, value, kHighest));
    value = kHighest;
  }
  return static_cast<std::uint8_t>(value);
}

void add_processes(Rows& rows) {
  rows.flag("process_names", "Give each process a name of its own.", [](GlobalDraft& draft, bool) {
    draft.vrrp_process_name = "keepalived_vrrp";
    draft.checker_process_name = "keepalived_lvs";
  });
  process_name_row(rows, "process_name", "Name of the parent process.",
                   &GlobalConfig::process_name);
  process_name_row(rows, "vrrp_process_name", "Name of the VRRP process.",
                   &GlobalConfig::vrrp_process_name);
  process_name_row(rows, "checker_process_name|lvs_process_name", "Name of the checker process.",
                   &GlobalConfig::checker_process_name);
  add_scheduling(rows, "vrrp", "VRRP", &GlobalConfig::vrrp_process);
  add_scheduling(rows, "checker", "Checker", &GlobalConfig::checker_process);

  constexpr int kAny = std::numeric_limits<int>::max();
  rows.value("vrrp_rt_priority",
             "VRRP process: SCHED_RR priority, 1..99; 0 turns real-time scheduling off.",
             number<int>(-kAny - 1, kAny),
             [](GlobalDraft& draft, int value, const Binding& binding) {
               if (value == 0) {
                 draft.vrrp_real_time = false;
                 return;
               }
               draft.vrrp_process.rt_priority = clamp_rt_priority(value, "vrrp", binding);
             })
      .by_default("the lowest real-time priority")
      .accepts("0..99")
      .when_missing("No vrrp process real-time priority specified")
      .invalid("vrrp process real-time priority '{1}' invalid");
  rows.value("checker_rt_priority", "Checker process: SCHED_RR priority.",
             number<int>(-kAny - 1, kAny),
             [](GlobalDraft& draft, int value, const Binding& binding) {
               draft.checker_process.rt_priority = clamp_rt_priority(value, "checker", binding);
             })
      .by_default("none")
      .accepts("1..99")
      .when_missing("No checker process real-time priority specified")
      .invalid("checker process real-time priority '{1}' invalid");
  boolean_row(rows, "vrrp_real_time",
              "Run the VRRP process at a real-time priority. Not known to keepalived.",
              &GlobalConfig::vrrp_real_time)
      .by_default("on");
}

template <typename Member>
auto announcement(Member AnnouncementTiming::*member) {
  return
      [member](GlobalDraft& draft, unsigned value) { draft.announcements.*member = Member(value); };
}
/// … of a count that must not be 0.
auto announcement_count(unsigned AnnouncementTiming::*member) {
  return [member](GlobalDraft& draft, unsigned value, const Binding& binding) {
    if (value == 0) {
      binding.error(fmt::format("{} must be greater than 0, setting to 1", binding.keyword()));
      value = 1;
    }
    draft.announcements.*member = value;
  };
}
auto announcement_delay(std::optional<std::chrono::seconds> AnnouncementTiming::*member) {
  return [member](GlobalDraft& draft, unsigned value) {
    draft.announcements.*member = std::chrono::seconds(value);
  };
}

void add_announcements(Rows& rows) {
  rows.value("vrrp_garp_master_delay", "Seconds until the second batch of announcements.",
             number<unsigned>(0, kLongestSeconds), announcement(&AnnouncementTiming::master_delay))
      .by_default("5")
      .invalid("{0} '{1}' invalid - ignoring");
  rows.value("vrrp_garp_master_repeat", "Announcements in a batch.",
             number<unsigned>(0, kUnlimited),
             announcement_count(&AnnouncementTiming::master_repeat))
      .by_default("5")
      .invalid("{0} '{1}' invalid - ignoring");
  rows.value("vrrp_garp_master_refresh", "Seconds between batches while master; 0: none.",
             number<unsigned>(0, kUnlimited), announcement(&AnnouncementTiming::master_refresh))
      .by_default("0")
      .invalid("Invalid {0} '{1}' - ignoring");
  rows.value("vrrp_garp_master_refresh_repeat", "Announcements in such a batch.",
             number<unsigned>(0, kUnlimited),
             announcement_count(&AnnouncementTiming::master_refresh_repeat))
      .by_default("1")
      .invalid("{0} '{1}' invalid - ignoring");
  rows.value("vrrp_garp_lower_prio_delay",
             "As vrrp_garp_master_delay, after an advert of lower priority.",
             number<unsigned>(0, kLongestSeconds),
             announcement_delay(&AnnouncementTiming::lower_prio_delay))
      .by_default("vrrp_garp_master_delay")
      .invalid("{0} '{1}' invalid - ignoring");
  rows.value(
          "vrrp_garp_lower_prio_repeat",
          "As vrrp_garp_master_repeat, after an advert of lower priority.",
          number<unsigned>(0, kLongestCount),
          [](GlobalDraft& draft, unsigned value) { draft.announcements.lower_prio_repeat = value; })
      .by_default("vrrp_garp_master_repeat")
      .invalid("Invalid {0} '{1}'");
  rows.value("vrrp_garp_interval", "Pause between two gratuitous ARPs on an interface.",
             decimal_seconds(1, kLongestMicroseconds), &GlobalConfig::garp_interval)
      .by_default("0")
      .invalid("{0} '{1}' is invalid");
  rows.value("vrrp_gna_interval",
             "Pause between two unsolicited neighbour advertisements on an interface.",
             decimal_seconds(1, kLongestMicroseconds), &GlobalConfig::gna_interval)
      .by_default("0")
      .invalid("{0} '{1}' is invalid");
}

void take_multicast_group(GlobalDraft& draft, const Binding& binding) {
  const auto group = parse_plain_address(binding.argument());
  const auto refuse = [&](std::string_view why) {
    binding.error(
        fmt::format("vrrp_mcast_group4 [{}] is not {}. Skipping", binding.argument(), why));
  };
  if (!group) {
    binding.error(fmt::format("Can't parse vrrp_mcast_group4 [{}]. Skipping", binding.argument()));
  } else if (!group->is_v4()) {
    refuse("IPv4");
  } else if (!group->is_multicast()) {
    refuse("multicast");
  } else {
    draft.vrrp_mcast_group4 = *group;
  }
}

void take_nftables(GlobalDraft& draft, const Binding& binding) {
  if (draft.nftables_given) {
    binding.error("nftables already specified - ignoring");
    return;
  }
  if (!binding.arguments().empty()) {
    if (binding.argument().empty()) {
      binding.error("VRRP Error : nftables table name empty - ignored");
      return;
    }
    draft.nftables_table = binding.argument();
  }
  draft.nftables_given = true;
}

void add_vrrp_defaults(Rows& rows) {
  rows.value("default_interface", "Interface of addresses that name none.", text("INTERFACE"),
             &GlobalConfig::default_interface)
      .by_default("eth0")
      .when_missing("default_interface requires interface name");
  rows.statement("dynamic_interfaces", "Interfaces may appear and go after the start.",
                 [](GlobalDraft& draft, const Binding& binding) {
                   draft.dynamic_interfaces = true;
                   if (!binding.arguments().empty() && binding.argument() != "allow_if_changes") {
                     binding.error(
                         fmt::format("Unknown dynamic_interfaces option '{}'", binding.argument()));
                   }
                 })
      .takes("[allow_if_changes]", 0, 1);
  rows.statement("vrrp_mcast_group4", "Group adverts of IPv4 instances go to.",
                 take_multicast_group)
      .takes("IP", 1, 1)
      .by_default("224.0.0.18");
  rows.value("vrrp_version", "VRRP version of instances that do not say.", number<int>(2, 3),
             &GlobalConfig::vrrp_version)
      .by_default("2")
      .invalid("VRRP Error: Version must be either 2 or 3");
  boolean_row(rows, "vrrp_strict", "Keep to the RFC, whatever instances say.",
              &GlobalConfig::vrrp_strict);
  boolean_row(rows, "vrrp_skip_check_adv_addr",
              "Do not compare the addresses in adverts of the known master.",
              &GlobalConfig::vrrp_skip_check_adv_addr)
      .invalid("Invalid value '{1}' for global vrrp_check_adv_addr specified");
  boolean_row(rows, "vrrp_lower_prio_no_advert",
              "Send no advert when one of lower priority is received.",
              &GlobalConfig::vrrp_lower_prio_no_advert)
      .invalid("Invalid value for {0} specified");
  boolean_row(rows, "vrrp_higher_prio_send_advert",
              "Send one more advert when one of higher priority is received.",
              &GlobalConfig::vrrp_higher_prio_send_advert)
      .invalid("Invalid value for {0} specified");
  boolean_row(rows, "vrrp_notify_priority_changes",
              "Write changes of priority to the FIFO and the notify scripts.",
              &GlobalConfig::vrrp_notify_priority_changes);
  rows.statement("nftables", "Name of the nftables table this program owns.", take_nftables)
      .takes("[TABLE]", 0, 1)
      .by_default("keepalived");
}

void take_fifo(FifoDraft& fifo, const std::string& prefix, const Binding& binding) {
  if (binding.arguments().empty()) {
    binding.error(fmt::format("No {}notify_fifo name specified", prefix));
  } else if (!fifo.path.empty()) {
    binding.error(
        fmt::format("{}notify_fifo already specified - ignoring {}", prefix, binding.argument()));
  } else {
    fifo = {std::string(binding.argument()), std::string(binding.argument(1)),
            std::string(binding.argument(2)), std::move(fifo.script)};
  }
}

void add_fifo(Rows& rows, const std::string& prefix, const std::string& what,
              FifoDraft GlobalDraft::*fifo) {
  rows.statement(prefix + "notify_fifo", "Named pipe that gets a line per change of " + what + ".",
                 [fifo, prefix](GlobalDraft& draft, const Binding& binding) {
                   take_fifo(draft.*fifo, prefix, binding);
                 })
      .syntax = "PATH [USER [GROUP]]";
  rows.value(prefix + "notify_fifo_script", "Program that reads it.", script_text(),
             [fifo](GlobalDraft& draft, ScriptText script) {
               (draft.*fifo).script = std::move(script);
             })
      .when_missing("No " + prefix + "notify_fifo_script specified")
      .once(prefix + "notify_fifo_script already specified - ignoring {1}");
}

void take_script_user(GlobalDraft& draft, const Binding& binding) {
  const auto found =
      find_credentials(std::string(binding.argument()), std::string(binding.argument(1)));
  if (found) {
    draft.script_user = *found;
    return;
  }
  draft.script_user_unknown = true;
  binding.error("Error setting global script uid/gid", found.error().message);
}

void add_scripts(Rows& rows) {
  rows.statement("script_user", "User and group of scripts that name none.", take_script_user)
      .takes("USER [GROUP]", 1, 2)
      .by_default("keepalived_script if it exists, else root")
      .when_missing("No script username specified");
  rows.flag("enable_script_security",
            "Do not run as root what others than root could have written.",
            &GlobalConfig::enable_script_security);
  add_fifo(rows, "", "anything", &GlobalDraft::notify_fifo_text);
  add_fifo(rows, "vrrp_", "VRRP", &GlobalDraft::vrrp_notify_fifo_text);
  add_fifo(rows, "lvs_", "virtual and real servers", &GlobalDraft::lvs_notify_fifo_text);
}

void add_balancing(Rows& rows) {
  rows.flag("lvs_flush", "Remove all IPVS services, also those of others, at start.",
            &GlobalConfig::lvs_flush);
  rows.statement(
          "lvs_flush_on_stop|lvs_flush_onstop",
          "Leave the removal of services at stop to one flush.",
          [](GlobalDraft& draft, const Binding& binding) {
            if (binding.arguments().empty()) {
              draft.lvs_flush_on_stop = FlushOnStop::full;
            } else if (binding.argument() == "VS") {
              draft.lvs_flush_on_stop = FlushOnStop::virtual_servers;
            } else {
              binding.error(fmt::format("Unknown lvs_flush_on_stop type {}", binding.argument()));
            }
          })
      .takes("[VS]", 0, 1);
  boolean_row(rows, "checker_log_all_failures", "Log every failed check, not only the last.",
              &GlobalConfig::checker_log_all_failures)
      .invalid("Invalid value for {0} specified");
}

}  // namespace

Block<GlobalDraft> global_defs_rows() {
  Rows rows;
  add_mail(rows);
  add_processes(rows);
  add_scripts(rows);
  add_vrrp_defaults(rows);
  add_announcements(rows);
  add_balancing(rows);
  add_ignored_global(rows);
  return rows;
}

Block<GlobalDraft> global_rows() {
  Rows rows;
  rows.block("global_defs", "What concerns everything; may occur several times.",
             global_defs_rows())
      .adds_up();
  rows.value("net_namespace", "Network namespace to run in.", text("NAME"),
             [](GlobalDraft& draft, std::string name) {
               draft.net_namespace = std::move(name);
               draft.use_pid_dir = true;
             })
      .when_missing("net_namespace name missing - ignoring")
      .once("Duplicate net_namespace definition {1} - ignoring");
  rows.value("instance", "Part of the names of the pid files.", text("NAME"),
             &GlobalConfig::instance)
      .when_missing("instance name missing - ignoring")
      .once("Duplicate instance definition {1} - ignoring");
  rows.flag("use_pid_dir", "Put the pid files into a directory of their own.",
            &GlobalConfig::use_pid_dir);
  rows.value("child_wait_time", "Seconds the parent waits for its children at stop.",
             number<unsigned>(0, kUnlimited),
             [](GlobalDraft& draft, unsigned value) {
               draft.child_wait_time = std::chrono::seconds(value);
             })
      .by_default("5")
      .invalid("Invalid child_wait_time {1}");
  add_ignored_top(rows);
  return rows;
}

}  // namespace understudy
