// The keyword rows of global_defs and of the top level, and what completes them.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "daemon/global/config.hpp"
#include "daemon/global/draft.hpp"
#include "parser/schema.hpp"

namespace understudy {

/// The rows of the top level that belong to no section, global_defs among them.
[[nodiscard]] parser::Block<GlobalDraft> global_rows();

/// The rows inside global_defs.
[[nodiscard]] parser::Block<GlobalDraft> global_defs_rows();

/// Looks up the user keepalived_script; nullopt: there is none. Empty: nobody looks, and who runs
/// scripts that name no user stays unknown.
using FindUsualUser = std::function<std::optional<Credentials>()>;

/// Fills in what depends on other keywords and on the machine: who runs scripts; router_id, sender
/// and HELO name from `hostname`.
[[nodiscard]] GlobalConfig complete_global(const GlobalDraft& draft, const std::string& hostname,
                                           const FindUsualUser& find_usual_user,
                                           parser::Diagnostics& diagnostics);

/// Resolves smtp_server ("IP-or-NAME", port) with getaddrinfo(3), which may ask the DNS; an empty
/// endpoint when there is no such host.
[[nodiscard]] Endpoint resolve_mail_server(const std::string& name, Port port);

}  // namespace understudy
