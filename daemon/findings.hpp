// What reading a configuration found out besides its text. A child that reads the text again is
// told, so that it comes to the same value without looking itself.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "daemon/base/address.hpp"
#include "daemon/base/bytes.hpp"
#include "daemon/base/interface_facts.hpp"
#include "vrrp/draft.hpp"

namespace understudy {

/// Answers to the questions the text led to.
struct Findings {
  Endpoint mail_server;
  /// The user keepalived_script; nullopt: there is none, or nobody asked.
  std::optional<Credentials> script_user;
  /// Of interfaces that are there.
  std::map<std::string, InterfaceFacts> interfaces;
  /// By path.
  std::map<std::string, vrrp::KeyFile> key_files;
  bool operator==(const Findings&) const = default;
};

void write_findings(ByteWriter& out, const Findings& findings);
/// nullopt: these octets are not what write_findings() gives.
[[nodiscard]] std::optional<Findings> read_findings(ByteReader& in);

}  // namespace understudy
