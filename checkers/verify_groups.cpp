// Virtual servers seen together: which group each is of, and what is there twice.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "checkers/keywords.hpp"
#include "checkers/label.hpp"
#include "checkers/verify_parts.hpp"

namespace understudy::checkers {

namespace {

using parser::Diagnostics;
using parser::Location;
using parser::Severity;

void note(Diagnostics& diagnostics, std::string message) {
  diagnostics.add(Severity::note, Location{}, std::move(message));
}

/// Settles the family of a virtual server by its group's; "": it can stay, else why not.
std::string settle_family(VirtualServerDraft& server, const VirtualServerGroup& group,
                          Diagnostics& diagnostics) {
  const bool ipv4 = has_family(group, Family::ipv4);
  const bool ipv6 = has_family(group, Family::ipv6);
  const std::string name = describe(server);
  if (ipv4 && ipv6 && server.family != Family::none) {
    return fmt::format(
        "{}: virtual server group with IPv4 & IPv6 doesn't match virtual server {} - ignoring",
        group.name, name);
  }
  if ((ipv4 && server.family == Family::ipv6) || (ipv6 && server.family == Family::ipv4)) {
    return fmt::format("{}: address family doesn't match virtual server {} - ignoring", group.name,
                       name);
  }
  if (server.family != Family::none) return {};
  if (ipv4 != ipv6) {
    server.family = ipv4 ? Family::ipv4 : Family::ipv6;
  } else if (!ipv4) {
    server.family = Family::ipv4;
    note(diagnostics, fmt::format("{}: Virtual server {} address family cannot be determined, "
                                  "defaulting to IPv4",
                                  group.name, name));
  }
  return {};
}

}  // namespace

GroupLinks::GroupLinks(const std::vector<VirtualServerGroup>& groups) {
  for (const auto& group : groups) groups_.emplace(group.name, Linked{&group, 0});
}

const VirtualServerGroup* GroupLinks::find(std::string_view name) const {
  const auto found = groups_.find(name);
  return found == groups_.end() ? nullptr : found->second.group;
}

bool GroupLinks::link(VirtualServerDraft& server, Diagnostics& diagnostics) {
  const auto found = groups_.find(server.group);
  std::string refusal;
  if (found != groups_.end()) {
    refusal = settle_family(server, *found->second.group, diagnostics);
  } else if (!server.group.empty()) {
    refusal = fmt::format(
        "Virtual server group {} specified but not configured - ignoring virtual server {}",
        server.group, describe(server));
  }
  if (!refusal.empty()) {
    note(diagnostics, std::move(refusal));
    return false;
  }
  if (found != groups_.end()) server.group_place = found->second.place++;
  return true;
}

void Twins::note(const VirtualServerDraft& server, Diagnostics& diagnostics) {
  if (!server.group.empty()) return;
  const auto protocol = server.fwmark != 0 ? std::nullopt : server.protocol;
  if (known_.emplace(server.endpoint, protocol, server.fwmark, server.family).second) return;
  diagnostics.add(Severity::note, Location{},
                  fmt::format("Virtual server {} is there twice: the kernel has room for one only",
                              describe(server)));
}

void note_sessions(const CheckersConfig& config, Diagnostics& diagnostics) {
  const auto is_session = [](const Check& check) { return check.get_if<BfdCheck>() != nullptr; };
  std::size_t count = 0;
  std::string first;
  for (const auto& service : config.virtual_servers) {
    for (const auto& server : service.real_servers) {
      if (std::ranges::none_of(server.checks, is_session)) continue;
      if (count++ == 0) first = fmt::format("{} of VS {}", label(server, service), label(service));
    }
  }
  if (count == 0) return;
  note(diagnostics,
       fmt::format("BFD sessions do not run in this version yet: the BFD_CHECK of {} real server{} "
                   "counts as one whose session has not come up so far, so with alpha its server "
                   "is down ({}{})",
                   count, count == 1 ? "" : "s", first, count == 1 ? "" : ", ..."));
}

std::string to_string(const GroupAddresses& addresses) {
  std::string text = addresses.first.to_string();
  if (addresses.last != addresses.first) text += "-" + addresses.last.to_string();
  return fmt::format("{},{}", text, addresses.port.value());
}

}  // namespace understudy::checkers
