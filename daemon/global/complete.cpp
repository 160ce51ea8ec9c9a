#include <netdb.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "daemon/global/keywords.hpp"

namespace understudy {

namespace {

using parser::Severity;

/// The pipe with its owner; without path when there is none or its user does not exist.
NotifyFifo complete_fifo(const FifoDraft& draft, const std::string& name, ScriptUsers& users) {
  NotifyFifo fifo;
  Script script = users.call<Script>(draft.script, name);
  if (draft.path.empty()) return fifo;
  const auto owner = users.resolve({{draft.path}, draft.user, draft.group}, name + " fifo");
  if (!owner) return fifo;
  fifo = {draft.path, owner->uid, owner->gid, std::move(script)};
  // Its reader is told where to read.
  if (!fifo.script.empty()) fifo.script.argv.push_back(fifo.path);
  return fifo;
}

/// Two pipes of one name would tell everything twice; two readers would share what is told.
void separate_fifos(GlobalConfig& config, parser::Diagnostics& diagnostics) {
  const auto note = [&](const std::string& message) {
    diagnostics.add(Severity::note, {}, message);
  };
  const std::string& common = config.notify_fifo.path;
  NotifyFifo& vrrp = config.vrrp_notify_fifo;
  NotifyFifo& lvs = config.lvs_notify_fifo;
  const auto drop = [&](NotifyFifo& fifo, const std::string& who) {
    if (common.empty() || fifo.path != common) return;
    note("notify FIFO " + common + " has been specified for global and " + who +
         " FIFO - ignoring " + who + " FIFO");
    fifo = {};
  };
  drop(vrrp, "vrrp");
  drop(lvs, "LVS");
  if (lvs.path.empty() || lvs.path != vrrp.path || lvs.script.empty() || vrrp.script.empty()) {
    return;
  }
  note("LVS notify FIFO and vrrp FIFO are the same both with scripts - ignoring LVS FIFO script");
  lvs.script = {};
}

LifecycleScript complete_lifecycle(const LifecycleScriptDraft& draft, const std::string& type,
                                   ScriptUsers& users, parser::Diagnostics& diagnostics) {
  LifecycleScript complete{users.call<Script>(draft.text, type), draft.timeout};
  if (draft.text && complete.script.empty()) {
    diagnostics.add(Severity::error, draft.place, "Invalid " + type + " script");
  }
  return complete;
}

/// What scripts without a user run as, as far as that is known without running one.
void set_default_script_user(GlobalConfig& config, const GlobalDraft& draft,
                             const FindUsualUser& find_usual_user) {
  if (draft.script_user_unknown) return;
  auto user = draft.script_user;
  if (!user && !find_usual_user) return;
  if (!user) user = find_usual_user();
  if (!user && !draft.enable_script_security) user = Credentials{geteuid(), getegid()};
  if (!user) return;
  config.default_script_user_known = true;
  config.default_script_uid = user->uid;
  config.default_script_gid = user->gid;
}

}  // namespace

GlobalConfig complete_global(const GlobalDraft& draft, const std::string& hostname,
                             const FindUsualUser& find_usual_user,
                             parser::Diagnostics& diagnostics) {
  GlobalConfig config = draft;
  if (config.router_id.empty()) config.router_id = hostname;
  if (!config.smtp_server.address.empty()) {
    if (config.notification_email_from.empty()) {
      config.notification_email_from = "keepalived@" + hostname;
    }
    if (config.smtp_helo_name.empty()) config.smtp_helo_name = hostname;
  }
  SnmpConfig& snmp = config.snmp;
  if (snmp.real_server_interval.count() == 0) {
    snmp.real_server_interval = snmp.virtual_server_interval;
  }
  if (draft.nftables_given && config.vrrp_iptables) {
    diagnostics.add(parser::Severity::note, {},
                    "Both iptables and nftables have been specified - ignoring iptables");
    config.vrrp_iptables.reset();
    config.vrrp_ipsets.reset();
  }
  set_default_script_user(config, draft, find_usual_user);
  ScriptUsers users(draft.script_policy(), diagnostics);
  config.notify_fifo = complete_fifo(draft.notify_fifo_text, "notify_fifo", users);
  config.vrrp_notify_fifo = complete_fifo(draft.vrrp_notify_fifo_text, "vrrp_notify_fifo", users);
  config.lvs_notify_fifo = complete_fifo(draft.lvs_notify_fifo_text, "lvs_notify_fifo", users);
  separate_fifos(config, diagnostics);
  // The readers of pipes are run, and spoken of, by the children.
  ScriptUsers own_users(draft.script_policy(), diagnostics);
  config.startup_script =
      complete_lifecycle(draft.startup_script_text, "startup", own_users, diagnostics);
  config.shutdown_script =
      complete_lifecycle(draft.shutdown_script_text, "shutdown", own_users, diagnostics);
  own_users.report_violation("start/shutdown ");
  return config;
}

Endpoint resolve_mail_server(const std::string& name, Port port) {
  if (const auto address = IpAddress::parse(name)) return {*address, port};
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (getaddrinfo(name.c_str(), nullptr, &hints, &found) != 0 || found == nullptr) return {};
  sockaddr_storage storage{};
  std::copy_n(reinterpret_cast<const char*>(found->ai_addr), found->ai_addrlen,
              reinterpret_cast<char*>(&storage));
  freeaddrinfo(found);
  Endpoint endpoint = Endpoint::from_sockaddr(storage);
  endpoint.port = port;
  return endpoint;
}

}  // namespace understudy
