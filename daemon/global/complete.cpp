#include <netdb.h>

#include <algorithm>

#include "daemon/global/keywords.hpp"

namespace understudy {

namespace {

/// The pipe with its owner; without path when there is none or its user does not exist.
NotifyFifo complete_fifo(const FifoDraft& draft, const std::string& name, ScriptUsers& users) {
  NotifyFifo fifo;
  if (draft.path.empty()) return fifo;
  const auto owner = users.resolve({{draft.path}, draft.user, draft.group}, name + " fifo");
  if (!owner) return fifo;
  fifo = {draft.path, owner->uid, owner->gid, users.call<Script>(draft.script, name)};
  // Its reader is told where to read.
  if (!fifo.script.empty()) fifo.script.argv.push_back(fifo.path);
  return fifo;
}

}  // namespace

GlobalConfig complete_global(const GlobalDraft& draft, const std::string& hostname,
                             ScriptUsers& users) {
  GlobalConfig config = draft;
  if (config.router_id.empty()) config.router_id = hostname;
  if (!config.smtp_server.address.empty()) {
    if (config.notification_email_from.empty()) {
      config.notification_email_from = "keepalived@" + hostname;
    }
    if (config.smtp_helo_name.empty()) config.smtp_helo_name = hostname;
  }
  config.notify_fifo = complete_fifo(draft.notify_fifo_text, "notify_fifo", users);
  config.vrrp_notify_fifo = complete_fifo(draft.vrrp_notify_fifo_text, "vrrp_notify_fifo", users);
  config.lvs_notify_fifo = complete_fifo(draft.lvs_notify_fifo_text, "lvs_notify_fifo", users);
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
