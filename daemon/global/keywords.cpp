#include "daemon/global/keywords.hpp"

#include <fmt/format.h>

#include <utility>

#include "daemon/global/rows.hpp"

namespace understudy {

namespace {

using namespace parser;
using global::Rows;

void add_namespaces(Rows& rows) {
  rows.value("net_namespace", "Network namespace to run in.", text("NAME"),
             [](GlobalDraft& draft, std::string name) {
               draft.net_namespace = std::move(name);
               draft.use_pid_dir = true;
             })
      .when_missing("net_namespace name missing - ignoring")
      .once("Duplicate net_namespace definition {1} - ignoring");
  rows.statement("net_namespace_ipvs", "Network namespace of IPVS; without a name the first one.",
                 [](GlobalDraft& draft, const Binding& binding) {
                   draft.net_namespace_ipvs = binding.argument();
                 })
      .takes("[NAME]", 0, 1)
      .by_default("as net_namespace")
      .once("Duplicate net_namespace_ipvs definition {1} - ignoring");
  rows.flag("namespace_with_ipsets", "IP sets know of network namespaces.",
            &GlobalConfig::namespace_with_ipsets)
      .pending();
}

}  // namespace

Block<GlobalDraft> global_defs_rows() {
  Rows rows;
  global::add_mail(rows);
  global::add_processes(rows);
  global::add_scripts(rows);
  global::add_vrrp_defaults(rows);
  global::add_announcements(rows);
  global::add_packet_filters(rows);
  global::add_balancing(rows);
  global::add_management(rows);
  global::add_buffers(rows);
  global::add_files(rows);
  return rows;
}

Block<GlobalDraft> global_rows() {
  Rows rows;
  rows.block("global_defs", "What concerns everything; may occur several times.",
             global_defs_rows())
      .adds_up();
  add_namespaces(rows);
  rows.value("instance", "Part of the names of the pid files.", text("NAME"),
             [](GlobalDraft& draft, std::string name) {
               draft.instance = std::move(name);
               draft.use_pid_dir = true;
             })
      .when_missing("instance name missing - ignoring")
      .once("Duplicate instance definition {1} - ignoring");
  rows.flag("use_pid_dir", "Put the pid files into a directory of their own.",
            &GlobalConfig::use_pid_dir);
  rows.value("child_wait_time", "Seconds the parent waits for its children at stop.",
             number<unsigned>(0, global::kUnlimited),
             [](GlobalDraft& draft, unsigned value) {
               draft.child_wait_time = std::chrono::seconds(value);
             })
      .by_default("5")
      .invalid("Invalid child_wait_time {1}");
  rows.flag("linkbeat_use_polling", "Poll links instead of listening to the kernel.",
            &GlobalConfig::linkbeat_use_polling);
  global::add_track_files(rows);
  return rows;
}

}  // namespace understudy
