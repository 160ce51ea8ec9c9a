#include "daemon/config.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "checkers/keywords.hpp"
#include "checkers/verify.hpp"
#include "daemon/bfd/keywords.hpp"
#include "daemon/config_rows.hpp"
#include "daemon/findings.hpp"
#include "parser/grammar.hpp"
#include "parser/source.hpp"
#include "vrrp/keywords.hpp"
#include "vrrp/verify.hpp"

namespace understudy {

namespace {

using parser::Diagnostic;
using parser::Diagnostics;
using parser::ExpandedText;
using parser::Location;
using parser::MainFile;
using parser::Severity;
using parser::Stage;

/// Who answers the questions a text leads to.
struct Answers {
  std::function<Endpoint(const std::string&, Port)> mail_server;
  /// nullptr: there is no such interface.
  std::function<const InterfaceFacts*(const std::string&)> interface;
  std::function<vrrp::KeyFile(const std::string&)> key_file;
};

/// Looks, and remembers what was found.
Answers look(const LoadOptions& options, Findings& findings) {
  Answers answers;
  answers.mail_server = [&](const std::string& name, Port port) {
    return findings.mail_server = resolve_mail_server(name, port);
  };
  answers.interface = [&](const std::string& name) -> const InterfaceFacts* {
    if (!options.interfaces) return nullptr;
    const auto found = options.interfaces->find(name);
    if (found == options.interfaces->end()) return nullptr;
    return &findings.interfaces.insert(*found).first->second;
  };
  answers.key_file = [&](const std::string& path) {
    return findings.key_files[path] = vrrp::load_key_file(path);
  };
  return answers;
}

/// What was found before.
Answers recall(const Findings& findings) {
  Answers answers;
  answers.mail_server = [&](const std::string&, Port) { return findings.mail_server; };
  answers.interface = [&](const std::string& name) -> const InterfaceFacts* {
    const auto found = findings.interfaces.find(name);
    return found == findings.interfaces.end() ? nullptr : &found->second;
  };
  answers.key_file = [&](const std::string& path) {
    const auto found = findings.key_files.find(path);
    return found == findings.key_files.end() ? vrrp::KeyFile{} : found->second;
  };
  return answers;
}

/// A text turned into a configuration.
struct Interpretation {
  Config config;
  bool unbalanced_braces = false;
  bool unbalanced_quotes = false;
  /// Why an instance cannot run; empty: all can.
  std::string cannot_run;
};

bool stopped(const Diagnostics& diagnostics) { return diagnostics.any(Severity::missing_argument); }

void verify_checkers(ConfigDraft& draft, Diagnostics& diagnostics, Config& config) {
  diagnostics.set_stage(Stage::checkers);
  ScriptUsers users(draft.global.script_policy(), diagnostics);
  users.note_script(config.global.notify_fifo.script.argv);
  users.note_script(config.global.lvs_notify_fifo.script.argv);
  config.checkers = checkers::verify(std::move(draft.checkers), config.global, users, diagnostics);
  if (!config.checkers.virtual_servers.empty()) users.report_violation("check ");
}

/// The instance that lvs_sync_daemon follows must exist; its virtual router id is the usual id. A
/// note only: the original's test ends before it looks.
void complete_sync_daemon(Config& config, Diagnostics& diagnostics) {
  SyncDaemonConfig& sync = config.global.lvs_sync_daemon;
  if (sync.interface.empty() || config.vrrp.instances.empty()) return;
  if (sync.instance.empty()) {
    sync.id = sync.id.value_or(0);
    return;
  }
  const auto& instances = config.vrrp.instances;
  const auto found = std::ranges::find(instances, sync.instance, &vrrp::InstanceConfig::name);
  if (found != instances.end()) {
    sync.id = sync.id.value_or(found->vrid.value());
    return;
  }
  diagnostics.add(Severity::note, Location{},
                  fmt::format("Unable to find vrrp instance {} for lvs_syncd - clearing lvs_syncd "
                              "config",
                              sync.instance));
  sync = {};
}

/// Gives the reason why an instance cannot run, or "".
std::string verify_vrrp(ConfigDraft& draft, Diagnostics& diagnostics, Config& config) {
  diagnostics.set_stage(Stage::vrrp);
  if (!draft.vrrp.missing_interface.empty()) {
    std::string why = "Non-existent interface specified in configuration";
    diagnostics.add(Severity::fatal, Location{}, why);
    return why + ": " + draft.vrrp.missing_interface;
  }
  ScriptUsers users(draft.global.script_policy(), diagnostics);
  // As the original: without instances nobody asks whether scripts are secure.
  const bool any = !draft.vrrp.instances.empty();
  if (any) users.note_script(config.global.notify_fifo.script.argv);
  if (any) users.note_script(config.global.vrrp_notify_fifo.script.argv);
  auto verified = vrrp::verify(std::move(draft.vrrp), config.global, users, diagnostics);
  config.vrrp = std::move(verified.config);
  complete_sync_daemon(config, diagnostics);
  if (any) users.report_violation("");
  return verified.cannot_run;
}

Interpretation interpret(const ExpandedText& text, const LoadOptions& options,
                         const Answers& answers, Diagnostics& diagnostics) {
  Interpretation result;
  const auto rows = config_rows();
  const auto tree = parser::build_tree(text, parser::block_names(rows), diagnostics);
  result.unbalanced_braces = tree.unbalanced_braces;
  result.unbalanced_quotes = tree.unbalanced_quotes;

  ConfigDraft draft;
  draft.global.find_mail_server = answers.mail_server;
  draft.global.find_bfd = [&](std::string_view name, Location use) -> const BfdName* {
    const auto found = draft.bfd.names.find(name);
    const bool known = found != draft.bfd.names.end() && found->second.place.line <= use.line;
    return known ? &found->second : nullptr;
  };
  draft.vrrp.global = draft.checkers.global = &draft.global;
  draft.vrrp.bfd_defined = [&](std::string_view name, Location use) {
    const BfdName* bfd = draft.global.find_bfd(name, use);
    return bfd != nullptr && bfd->to_vrrp;
  };
  draft.checkers.bfd_defined = [&](std::string_view name, Location use) {
    const BfdName* bfd = draft.global.find_bfd(name, use);
    return bfd != nullptr && bfd->to_checkers;
  };
  draft.vrrp.interface_exists = [&](const std::string& name) {
    return draft.global.dynamic_interfaces || !options.interfaces ||
           options.interfaces->contains(name);
  };
  draft.vrrp.facts = [&](const std::string& name) {
    const InterfaceFacts* facts = answers.interface(name);
    return facts == nullptr ? InterfaceFacts{} : *facts;
  };
  draft.vrrp.interface_is_there = [&](const std::string& name) {
    return answers.interface(name) != nullptr;
  };
  draft.vrrp.read_key_file = answers.key_file;
  draft.vrrp.has_user = [&](const ScriptText& script) {
    return ScriptUsers(draft.global.script_policy(), diagnostics)
        .resolve(script, "vrrp")
        .has_value();
  };
  parser::bind_all(rows, draft, tree, diagnostics);

  diagnostics.set_stage(Stage::parent);
  result.config.global = complete_global(draft.global, options.hostname, diagnostics);
  verify_checkers(draft, diagnostics, result.config);
  result.config.bfd = std::move(draft.bfd.config);
  result.cannot_run = verify_vrrp(draft, diagnostics, result.config);
  return result;
}

/// What is said of every use of a keyword is said once.
void keep_first_notes(std::vector<Diagnostic>& diagnostics) {
  std::set<std::string> said;
  std::erase_if(diagnostics, [&](const Diagnostic& diagnostic) {
    return diagnostic.severity == Severity::note && !said.insert(diagnostic.message).second;
  });
}

/// What the main file's fate means for a reload; "" when it was read.
std::string refusal_of(MainFile main, const std::string& path) {
  switch (main) {
    case MainFile::read:
      return {};
    case MainFile::missing:
      return fmt::format("configuration file {} is missing", path);
    case MainFile::unreadable:
      return fmt::format("configuration file {} cannot be read", path);
    case MainFile::not_regular:
      return fmt::format("configuration file {} is not a regular non-executable file", path);
    case MainFile::empty:
      return fmt::format("configuration file {} is empty", path);
    case MainFile::too_large:
      return fmt::format("configuration file {} makes a configuration that is too large", path);
  }
  return {};
}

const Diagnostic* first_of(const std::vector<Diagnostic>& diagnostics, Severity severity) {
  const auto found = std::ranges::find(diagnostics, severity, &Diagnostic::severity);
  return found == diagnostics.end() ? nullptr : &*found;
}

/// Why a running daemon keeps what it has, the gravest first; "" when it need not.
std::string reload_refusal_of(const Interpretation& result, const parser::Source& source,
                              const std::vector<Diagnostic>& diagnostics,
                              const LoadOptions& options) {
  if (source.include_check_failed) return "an include failed its check";
  const auto main = refusal_of(source.main, options.path);
  if (!main.empty()) return main;
  if (const auto* missing = first_of(diagnostics, Severity::missing_argument)) {
    return first_line(*missing);
  }
  if (result.unbalanced_braces) return "braces are not balanced";
  if (result.unbalanced_quotes) return "quotes are not balanced";
  if (!result.cannot_run.empty()) return result.cannot_run;
  if (const auto* fatal = first_of(diagnostics, Severity::fatal)) return first_line(*fatal);
  return {};
}

/// Why a daemon cannot start with it, as the original; "" when it can.
std::string start_refusal_of(const Interpretation& result, const parser::Source& source,
                             const std::vector<Diagnostic>& diagnostics,
                             const LoadOptions& options) {
  if (source.main != MainFile::read && source.main != MainFile::empty) {
    return refusal_of(source.main, options.path);
  }
  if (const auto* missing = first_of(diagnostics, Severity::missing_argument)) {
    return first_line(*missing);
  }
  return result.cannot_run;
}

/// The text for a child, with what was found out for it.
Bytes pack(const ExpandedText& text, const Findings& findings) {
  ByteWriter out;
  write_findings(out, findings);
  out.bytes(text.to_bytes());
  return out.take();
}

}  // namespace

parser::Block<ConfigDraft> config_rows() {
  parser::Block<ConfigDraft> rows;
  rows.merge(global_rows(), &ConfigDraft::global);
  rows.merge(vrrp::vrrp_rows(), &ConfigDraft::vrrp);
  rows.merge(bfd::bfd_rows(), &ConfigDraft::bfd);
  rows.merge(checkers::checkers_rows(), &ConfigDraft::checkers);
  return rows;
}

Loaded load_config(const LoadOptions& options) {
  Loaded loaded;
  std::vector<Diagnostic> problems;
  const auto source = parser::read_source({options.path, options.config_id}, problems);
  Diagnostics diagnostics(source.text);
  diagnostics.adopt(std::move(problems));
  Findings findings;
  auto result = interpret(source.text, options, look(options, findings), diagnostics);
  loaded.diagnostics = diagnostics.take();
  keep_first_notes(loaded.diagnostics);

  loaded.test_status = parser::exit_status(loaded.diagnostics);
  loaded.reload_refusal = reload_refusal_of(result, source, loaded.diagnostics, options);
  loaded.start_refusal = start_refusal_of(result, source, loaded.diagnostics, options);
  if (!loaded.start_refusal.empty()) {
    loaded.start_status = source.main == MainFile::read || source.main == MainFile::empty ? 2 : 6;
  }
  loaded.config = std::move(result.config);
  loaded.expanded = pack(source.text, findings);
  return loaded;
}

Result<Config> decode_config(ByteView expanded, const LoadOptions& options) {
  ByteReader in(expanded);
  const auto findings = read_findings(in);
  if (!findings) return Error{"expanded text: bad header", 0};
  auto text = ExpandedText::from_bytes(in.bytes(in.left()));
  if (!text) return text.error();
  Diagnostics diagnostics(*text);
  auto result = interpret(*text, options, recall(*findings), diagnostics);
  if (stopped(diagnostics)) return Error{"expanded text: a required argument is missing", 0};
  return std::move(result.config);
}

}  // namespace understudy
