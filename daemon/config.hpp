// The whole configuration: reading it, verifying it across sections, and handing it to children.
//
// This is the top of daemon/: it alone knows every section. A keyword's way through config.cpp:
//   read_source()   files -> lines, each knowing where it came from   parser/source.hpp
//   cut()           lines -> units: whole statements of the top level parser/passes.hpp
//   read_tree()     a unit's lines -> statements and blocks           parser/grammar.hpp
//   bind_pass()     rows of keywords take statements into a draft     config_rows.hpp, draft.hpp
//   complete_global(), verify()   drafts -> Config: defaults, checks  global/, */verify.hpp
// A unit's tree is gone before the next is read, and virtual servers are verified as they come: of
// a large text little more is in memory at a time than the lines and what they mean.
// The children get the lines that are theirs (expanded_text()) and go the rest of the way again:
// decode_config().
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "checkers/config.hpp"
#include "daemon/base/bytes.hpp"
#include "daemon/base/interface_facts.hpp"
#include "daemon/base/result.hpp"
#include "daemon/bfd/config.hpp"
#include "daemon/global/config.hpp"
#include "daemon/role_text.hpp"
#include "daemon/run/child.hpp"
#include "parser/diagnostics.hpp"
#include "vrrp/config.hpp"

namespace understudy {

/// Everything a configuration says.
struct Config {
  GlobalConfig global;
  vrrp::VrrpConfig vrrp;
  checkers::CheckersConfig checkers;
  bfd::BfdConfig bfd;
  bool operator==(const Config&) const = default;
};

/// What the text's meaning depends on besides the text.
struct LoadOptions {
  /// Main file.
  std::string path = "/etc/keepalived/keepalived.conf";
  /// -i / --config-id; selects lines that start with "@id ".
  std::string config_id;
  /// Host name, for defaults (router_id, notification_email_from, smtp_helo_name).
  std::string hostname;
  /// Interfaces that exist; nullopt: believe every name (a child decoding what the parent checked).
  std::optional<std::map<std::string, InterfaceFacts>> interfaces;
  /// Whether to find out who runs scripts that name no user, where there may be none: it takes the
  /// system longer to answer than all the rest, and only a dump of the configuration says it.
  bool find_script_user = true;
};

/// A read configuration and what there is to say about it.
struct Loaded {
  Config config;
  std::vector<parser::Diagnostic> diagnostics;
  /// Exit status of -t: 0, 2, 4, 5 or 6.
  int test_status = 0;
  /// Why a running daemon must not take this over; empty: it may.
  std::string reload_refusal;
  /// Why a starting daemon cannot run with this at all; empty: it can.
  std::string start_refusal;
  /// The exit status of a daemon that cannot: 2, or 6 without a main file.
  int start_status = 0;
  /// What it was read from.
  std::shared_ptr<const ReadText> text;
};

/// Reads, binds, completes and verifies the file and all it includes.
[[nodiscard]] Loaded load_config(const LoadOptions& options);

/// The expanded text with its line map, or what of it is a role's, for decode_config() in a child.
[[nodiscard]] Bytes expanded_text(const Loaded& loaded, Part part);

/// What expanded_text() gives means: the same value again, without reading any file. What is not in
/// the text stays empty.
[[nodiscard]] Result<Config> decode_config(ByteView expanded, const LoadOptions& options);

/// What a text means to a process that has decoded another one before.
struct Decoded {
  Config config;
  /// See run::ChildConfig.
  std::vector<std::uint32_t> places;
  std::vector<run::Unchanged> unchanged;
};
/// As decode_config(), but virtual servers that `before` has word for word are left empty: they are
/// in `unchanged`.
[[nodiscard]] Result<Decoded> decode_against(ByteView expanded, const LoadOptions& options,
                                             const run::TextBefore& before);

}  // namespace understudy
