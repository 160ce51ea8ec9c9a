#include <fmt/format.h>

#include <memory>

#include "daemon/global/rows.hpp"

namespace understudy::global {

namespace {

using namespace parser;

constexpr unsigned kLongestTimeout = 31 * 86'400;
constexpr unsigned kLongestSyncMessage = 65'535 - 20 - 8;  // less the headers of IP and UDP
constexpr std::size_t kLongestInterface = 15;

Block<IpvsTimeouts> timeout_options() {
  Block<IpvsTimeouts> options;
  options.unknown_message = "Unknown option {0} specified for lvs_timeouts";
  const auto add = [&](const std::string& name, parser::RowText doc,
                       std::chrono::seconds IpvsTimeouts::*member) {
    options
        .value(name, doc, number<unsigned>(0, kLongestTimeout),
               [member](IpvsTimeouts& timeouts, unsigned value) {
                 timeouts.*member = std::chrono::seconds(value);
               })
        .by_default("the kernel's")
        .when_missing("No value specified for lvs_timeout " + name + " - ignoring")
        .invalid("Invalid lvs_timeout " + name + " ({1}) - ignoring");
  };
  add("tcp", "Of idle TCP connections.", &IpvsTimeouts::tcp);
  add("tcpfin", "Of TCP connections after a FIN.", &IpvsTimeouts::tcp_fin);
  add("udp", "Of UDP.", &IpvsTimeouts::udp);
  return options;
}

void take_group(SyncDaemonConfig& sync, const Binding& binding) {
  const auto group = parse_plain_address(binding.argument());
  if (!group) {
    binding.error(fmt::format("Invalid lvs_sync_daemon group ({}) - ignoring", binding.argument()));
  } else if (!group->is_multicast()) {
    binding.error(fmt::format("lvs_sync_daemon group address {} is not multicast - ignoring",
                              binding.argument()));
  } else {
    sync.group = *group;
  }
}

/// One of the numbers of lvs_sync_daemon.
template <typename Member>
void sync_number(Block<SyncDaemonConfig>& options, const std::string& name, parser::RowText doc,
                 unsigned min, unsigned max, Member SyncDaemonConfig::*member) {
  options.value(name, doc, number<unsigned>(min, max), member)
      .when_missing("No value specified for lvs_sync_daemon " + name + " - ignoring")
      .invalid("Invalid lvs_sync_daemon " + name + " ({1}) - ignoring");
}

Block<SyncDaemonConfig> sync_options() {
  Block<SyncDaemonConfig> options;
  options.unknown_message = "Unknown option {0} specified for lvs_sync_daemon";
  options.value("inst", "VRRP instance whose state decides between master and backup.",
                text("INSTANCE"),
                [](SyncDaemonConfig& sync, std::string name, const Binding& binding) {
                  if (sync.instance.empty()) {
                    sync.instance = std::move(name);
                    return;
                  }
                  binding.error(
                      fmt::format("lvs_sync_daemon vrrp instance has already been "
                                  "specified as {} - ignoring",
                                  sync.instance));
                });
  options
      .value("id", "What tells synchronised tables apart.", number<unsigned>(0, 255),
             [](SyncDaemonConfig& sync, unsigned id) { sync.id = static_cast<std::uint8_t>(id); })
      .by_default("the instance's virtual_router_id")
      .when_missing("No value specified for lvs_sync_daemon id, defaulting to vrid")
      .invalid("Invalid syncid ({1}) - defaulting to vrid");
  sync_number(options, "maxlen", "Longest message.", 1, kLongestSyncMessage,
              &SyncDaemonConfig::max_length);
  sync_number(options, "port", "UDP port.", 1, 65'535, &SyncDaemonConfig::port);
  sync_number(options, "ttl", "TTL or hop limit.", 1, 255, &SyncDaemonConfig::ttl);
  options.statement("group", "Multicast group.", take_group)
      .takes("IP", 1, 1)
      .by_default("224.0.0.81")
      .when_missing("No value specified for lvs_sync_daemon group - ignoring");
  return options;
}

/// The old form `IF INSTANCE [ID]`; gives the first word that is not of it.
std::size_t take_old_form(const Block<SyncDaemonConfig>& options, SyncDaemonConfig& sync,
                          const Binding& binding) {
  const auto words = binding.words();
  constexpr std::size_t kFirst = 2;
  if (words.size() <= kFirst || options.find(words[kFirst].text) != nullptr) return kFirst;
  sync.instance = words[kFirst].text;
  const std::size_t next = kFirst + 1;
  if (words.size() <= next || options.find(words[next].text) != nullptr) return next;
  const auto id = parse_unsigned(words[next].text, 0, 255);
  if (id) {
    sync.id = static_cast<std::uint8_t>(*id);
    binding.error_at(words[next], "Please use keyword \"id\" before lvs_sync_daemon SYNCID");
  } else {
    binding.error_at(words[next], id.error().message);
    binding.error_at(words[next],
                     fmt::format("Invalid syncid ({}) - defaulting to vrid", words[next].text));
  }
  return next + 1;
}

void take_sync_daemon(const Block<SyncDaemonConfig>& options, SyncDaemonConfig& sync,
                      const Binding& binding) {
  if (!sync.interface.empty()) {
    binding.error(fmt::format("lvs_sync_daemon has already been specified as {} {} - ignoring",
                              sync.interface, sync.instance));
    return;
  }
  if (binding.argument().size() > kLongestInterface) {
    binding.error(
        fmt::format("lvs_sync_daemon interface name '{}' too long - ignoring", binding.argument()));
    return;
  }
  sync.interface = binding.argument();
  options.bind_options(sync, binding, take_old_form(options, sync, binding));
}

void add_sync_daemon(Rows& rows) {
  const auto options = std::make_shared<const Block<SyncDaemonConfig>>(sync_options());
  rows.statement("lvs_sync_daemon", "Keep the connections of IPVS on both directors.",
                 [options](GlobalDraft& draft, const Binding& binding) {
                   take_sync_daemon(*options, draft.lvs_sync_daemon, binding);
                 })
      .takes("INTERFACE [[inst] INSTANCE] [id N] [maxlen N] [port N] [ttl N] [group IP]", 1,
             SIZE_MAX)
      .when_missing("lvs_sync_daemon requires interface")
      .children = options;
}

void add_timeouts(Rows& rows) {
  const auto options = std::make_shared<const Block<IpvsTimeouts>>(timeout_options());
  rows.statement("lvs_timeouts", "After how many idle seconds IPVS forgets a connection.",
                 [options](GlobalDraft& draft, const Binding& binding) {
                   options->bind_options(draft.lvs_timeouts, binding, 1);
                 })
      .takes("[tcp SECONDS] [tcpfin SECONDS] [udp SECONDS]", 2, SIZE_MAX)
      .when_missing("lvs_timeouts requires at least one option")
      .by_default("unchanged")
      .children = options;
}

void take_flush_on_stop(GlobalDraft& draft, const Binding& binding) {
  if (binding.arguments().empty()) {
    draft.lvs_flush_on_stop = FlushOnStop::full;
  } else if (binding.argument() == "VS") {
    draft.lvs_flush_on_stop = FlushOnStop::virtual_servers;
  } else {
    binding.error(fmt::format("Unknown lvs_flush_on_stop type {}", binding.argument()),
                  "expected 'VS' or nothing");
  }
}

}  // namespace

void add_balancing(Rows& rows) {
  rows.flag("lvs_flush", "Remove all IPVS services, also those of others, at start.",
            &GlobalConfig::lvs_flush);
  rows.statement("lvs_flush_on_stop|lvs_flush_onstop",
                 "Leave the removal of services at stop to one flush, also of others'; VS: remove "
                 "ours without looking at their servers.",
                 take_flush_on_stop)
      .takes("[VS]", 0, 1);
  add_timeouts(rows);
  add_sync_daemon(rows);
  boolean_row(rows, "checker_log_all_failures", "Log every failed check, not only the last.",
              &GlobalConfig::checker_log_all_failures)
      .invalid("Invalid value for {0} specified");
  boolean_row(rows, "rs_init_notifies", "Notify also of the first state of real servers.",
              &GlobalConfig::rs_init_notifies);
}

}  // namespace understudy::global
