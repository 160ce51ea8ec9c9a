#include <fmt/format.h>

#include "daemon/global/rows.hpp"

namespace understudy::global {

namespace {

using namespace parser;

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
        fmt::format("emailfrom - ignoring extra entries '{}' ...", binding.argument(1)),
        "one word: quote a name with blanks");
  }
}

void add_addresses(Rows& rows) {
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
}

void add_server(Rows& rows) {
  rows.statement("smtp_server", "Where alerts are delivered; a name is resolved at load.",
                 take_mail_server)
      .takes("IP-or-NAME [PORT]", 1, 2)
      .by_default("no mail; port 25");
  rows.value("smtp_helo_name", "Name in HELO.", text(), &GlobalConfig::smtp_helo_name)
      .by_default("host name")
      .allow_missing();
  rows.value("smtp_connect_timeout", "How long connecting may take, in seconds.",
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
}

}  // namespace

void add_mail(Rows& rows) {
  add_addresses(rows);
  add_server(rows);
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
  boolean_row(rows, "no_checker_emails", "No alert about a single check.",
              &GlobalConfig::no_checker_emails);
}

}  // namespace understudy::global
