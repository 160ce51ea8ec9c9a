#include <fmt/format.h>

#include <climits>

#include "daemon/global/rows.hpp"

namespace understudy::global {

namespace {

using namespace parser;
using std::chrono::microseconds;

constexpr std::uint64_t kShortestUpdate = 1000;
constexpr std::uint64_t kLongestUpdate = 30'000'000;

void take_snmp_socket(GlobalDraft& draft, const Binding& binding) {
  if (binding.argument().size() >= PATH_MAX) {
    binding.error("SNMP error : snmp socket name too long - ignored");
  } else if (!draft.snmp.socket.empty()) {
    binding.error(fmt::format("SNMP socket already set to {} - ignoring", draft.snmp.socket));
  } else {
    draft.snmp.socket = binding.argument();
  }
}

void snmp_flag(Rows& rows, parser::RowText names, parser::RowText doc, bool SnmpConfig::*member) {
  rows.flag(names, doc, [member](GlobalDraft& draft, bool) { draft.snmp.*member = true; })
      .pending();
}

void update_row(Rows& rows, parser::RowText name, parser::RowText doc, parser::RowText fallback,
                microseconds SnmpConfig::*member) {
  rows.value(name, doc, decimal_seconds(kShortestUpdate, kLongestUpdate),
             [member](GlobalDraft& draft, microseconds value) { draft.snmp.*member = value; })
      .from("2.3.0")
      .by_default(fallback)
      .invalid("snmp stats vs update interval '{1}' invalid - ignoring")
      .pending();
}

void add_snmp(Rows& rows) {
  rows.statement("snmp_socket", "Address of the AgentX master.", take_snmp_socket)
      .takes("ADDRESS", 1, 1)
      .by_default("unix:/var/agentx/master")
      .when_missing("SNMP error : snmp socket name missing")
      .when_extra("Too many parameters specified for snmp_socket - ignoring", Extra::refused)
      .pending();
  snmp_flag(rows, "enable_traps", "Send SNMP traps.", &SnmpConfig::traps);
  snmp_flag(rows, "enable_snmp_vrrp|enable_snmp_keepalived",
            "Answer SNMP for KEEPALIVED-MIB's VRRP.", &SnmpConfig::vrrp);
  snmp_flag(rows, "enable_snmp_checker", "Answer SNMP for virtual servers.", &SnmpConfig::checker);
  rows.flag("enable_snmp_rfc", "Answer SNMP by RFC 2787 and RFC 6527.",
            [](GlobalDraft& draft, bool) { draft.snmp.rfc_v2 = draft.snmp.rfc_v3 = true; })
      .pending();
  snmp_flag(rows, "enable_snmp_rfcv2", "Answer SNMP by RFC 2787 (VRRPv2).", &SnmpConfig::rfc_v2);
  snmp_flag(rows, "enable_snmp_rfcv3", "Answer SNMP by RFC 6527 (VRRPv3).", &SnmpConfig::rfc_v3);
  update_row(rows, "snmp_vs_stats_update_interval",
             "How old the statistics of virtual servers may be, in seconds.", "5",
             &SnmpConfig::virtual_server_interval);
  update_row(rows, "snmp_rs_stats_update_interval",
             "How old the statistics of real servers may be, in seconds.",
             "snmp_vs_stats_update_interval", &SnmpConfig::real_server_interval);
}

void add_dbus(Rows& rows) {
  rows.flag("enable_dbus", "Offer a D-Bus interface.",
            [](GlobalDraft& draft, bool) { draft.dbus.enabled = true; })
      .pending();
  rows.value(
          "dbus_service_name", "Name of the D-Bus service.", text("NAME"),
          [](GlobalDraft& draft, std::string name) { draft.dbus.service_name = std::move(name); })
      .by_default("org.keepalived.Vrrp1")
      .when_missing("dbus_service_name missing - ignoring")
      .pending();
  rows.value("dbus_no_interface_name",
             "What stands for the interface in the object path of an instance without one.",
             text("NAME"),
             [](GlobalDraft& draft, std::string name) {
               draft.dbus.no_interface_name = std::move(name);
             })
      .by_default("none")
      .when_missing("dbus_no_interface_name missing - ignoring")
      .pending();
}

}  // namespace

void add_management(Rows& rows) {
  add_snmp(rows);
  add_dbus(rows);
}

}  // namespace understudy::global
