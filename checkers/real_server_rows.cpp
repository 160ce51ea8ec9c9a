// real_server IP [PORT] { }.
#include <fmt/format.h>

#include "checkers/keywords.hpp"

namespace understudy::checkers {

namespace {

using namespace parser;
using Rows = Block<RealServerDraft>;

constexpr unsigned kLargestWeight = 0x7fffffff;
constexpr unsigned kUnlimited = 0xffffffff;

constexpr TimingMessages kTiming{"real server connect_timeout {1} invalid - ignoring",
                                 "real server delay_loop '{1}' invalid - ignoring",
                                 "real server delay_before_retry '{1}' invalid - ignoring",
                                 "retry value invalid - {1}",
                                 "real server warmup '{1}' invalid - ignoring"};

void add_forwarding(Rows& rows) {
  rows.value("weight", "Share of the connections; 0: no new ones.",
             number<unsigned>(0, kLargestWeight), &RealServerDraft::weight)
      .by_default("the virtual server's, 1")
      .invalid("Real server weight {1} is outside range 0-2147483647");
  add_method(rows, "lvs_method", "How packets reach it.", "real",
             [](RealServerDraft& draft, const Binding&) {
               return MethodTarget{&draft.method, &draft.tunnel};
             })
      .by_default("the virtual server's");
  rows.value("uthreshold", "Connections above which it gets no more; 0: no limit.",
             number<unsigned>(0, kUnlimited), &RealServerDraft::upper_threshold)
      .by_default("0")
      .invalid("Invalid real_server uthreshold '{1}' - ignoring");
  rows.value("lthreshold", "Connections below which it gets some again.",
             number<unsigned>(0, kUnlimited), &RealServerDraft::lower_threshold)
      .by_default("0")
      .invalid("Invalid real_server lthreshold '{1}' - ignoring");
  rows.value("inhibit_on_failure", "When it fails it keeps its entry, with weight 0.",
             optional_boolean(), &RealServerDraft::inhibit_on_failure)
      .by_default("the virtual server's")
      .invalid("Invalid inhibit_on_failure parameter {1}");
}

void add_health(Rows& rows) {
  add_timing(rows, kTiming, 1, "the virtual server's");
  rows.value("alpha", "It is down until a check succeeds.", optional_boolean(),
             [](RealServerDraft& draft, bool value) { draft.timing.edit().alpha = value; })
      .by_default("the virtual server's")
      .invalid("Invalid alpha parameter {1}");
  rows.value("virtualhost", "Host header of HTTP checks.", text(),
             replaceable(&RealServerDraft::virtualhost, "rs virtualhost"))
      .by_default("the virtual server's")
      .when_missing("real server virtualhost missing");
  add_snmp_name(rows, "real server", "rs snmp_name");
  add_transition_rows(rows, "the virtual server's");
}

void add_notification(Rows& rows) {
  rows.value("notify_up", "Script to run when it is up.", script_text(),
             &RealServerDraft::notify_up)
      .once("({2}) notify_up script already specified - ignoring {1}");
  rows.value("notify_down", "Script to run when it is down.", script_text(),
             &RealServerDraft::notify_down)
      .once("({2}) notify_down script already specified - ignoring {1}");
  rows.value("smtp_alert", "Send mail about it.", optional_boolean(), &RealServerDraft::smtp_alert)
      .by_default("smtp_alert_checker, smtp_alert, on")
      .invalid("Invalid real_server smtp_alert parameter {1}");
}

}  // namespace

Block<RealServerDraft> real_server_rows() {
  Rows rows;
  add_forwarding(rows);
  add_health(rows);
  add_notification(rows);
  add_connection_check_rows(rows);
  add_http_rows(rows);
  add_message_check_rows(rows);
  add_local_check_rows(rows);
  add_health_report_rows(rows);
  return rows;
}

}  // namespace understudy::checkers
