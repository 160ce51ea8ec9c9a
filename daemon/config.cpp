#include "daemon/config.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "checkers/keywords.hpp"
#include "checkers/verify.hpp"
#include "daemon/bfd/keywords.hpp"
#include "daemon/config_rows.hpp"
#include "daemon/findings.hpp"
#include "daemon/reuse.hpp"
#include "parser/passes.hpp"
#include "parser/source.hpp"
#include "vrrp/keywords.hpp"
#include "vrrp/verify.hpp"

namespace understudy {

namespace {

using parser::Diagnostic;
using parser::Diagnostics;
using parser::Location;
using parser::MainFile;
using parser::Severity;
using parser::Stage;
using Rows = parser::Block<ConfigDraft>;

/// Who answers the questions a text leads to.
struct Answers {
  std::function<Endpoint(const std::string&, Port)> mail_server;
  FindUsualUser script_user;
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
  if (options.find_script_user) {
    answers.script_user = [&] {
      if (const auto user = find_credentials("keepalived_script", {})) findings.script_user = *user;
      return findings.script_user;
    };
  }
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
Answers recall(const LoadOptions& options, const Findings& findings) {
  Answers answers;
  answers.mail_server = [&](const std::string&, Port) { return findings.mail_server; };
  // Asking the system once more may take long, and brings its name services into every process.
  if (options.find_script_user) answers.script_user = [&] { return findings.script_user; };
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
  /// See Decoded.
  std::vector<std::uint32_t> places;
  std::vector<run::Unchanged> unchanged;
  /// Why an instance cannot run; empty: all can.
  std::string cannot_run;
};

bool stopped(const Diagnostics& diagnostics) { return diagnostics.any(Severity::missing_argument); }

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

/// Where the answers come from that rows and verification ask for.
void connect(ConfigDraft& draft, const LoadOptions& options, const Answers& answers,
             Diagnostics& diagnostics) {
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
}

/// Takes the statements of a text through the passes, each with its verification.
class Interpreter {
 public:
  /// `names`: of `rows`. `reuse`: what need not be read; nullptr: nothing.
  Interpreter(const Rows& rows, const parser::BlockNames& names, const ReadText& read,
              Diagnostics& diagnostics, const Reuse* reuse = nullptr)
      : rows_(rows), names_(names), read_(read), diagnostics_(diagnostics), reuse_(reuse) {}

  Interpretation run(const LoadOptions& options, const Answers& answers) {
    connect(draft_, options, answers, diagnostics_);
    // A track_file is the checkers' to report and everybody's to use.
    for (const Stage stage : {Stage::parent, Stage::bfd, Stage::checkers}) bind(stage);
    diagnostics_.set_stage(Stage::parent);
    result_.config.global =
        complete_global(draft_.global, options.hostname, answers.script_user, diagnostics_);
    result_.config.bfd = std::move(draft_.bfd.config);
    read_checkers();
    bind(Stage::vrrp);
    result_.cannot_run = verify_vrrp(draft_, diagnostics_, result_.config);
    return std::move(result_);
  }

 private:
  void bind(Stage stage) {
    const auto every = [](const parser::Unit&) { return true; };
    bind_pass({stage, false}, every, [] {});
  }
  template <typename Wanted, typename Bound>
  void bind_pass(parser::Pass pass, Wanted wanted, Bound bound) {
    parser::bind_pass(rows_, names_, draft_, read_.text, read_.units, pass, diagnostics_, wanted,
                      bound);
  }

  /// Virtual servers come last and are completed one by one: there may be very many.
  void read_checkers() {
    diagnostics_.set_stage(Stage::checkers);
    const GlobalConfig& global = result_.config.global;
    ScriptUsers users(draft_.global.script_policy(), diagnostics_);
    users.note_script(global.notify_fifo.script.argv);
    users.note_script(global.lvs_notify_fifo.script.argv);
    const auto late = std::ranges::count_if(read_.units, [](const parser::Unit& unit) {
      return (unit.passes & parser::set_of(kVirtualServers)) != 0;
    });
    checkers::Verification verification(draft_.checkers, global, users, diagnostics_,
                                        static_cast<std::size_t>(late));
    bind_pass(
        kVirtualServers, [&](const parser::Unit& unit) { return !leave_out(unit, verification); },
        [&] { take_virtual_servers(verification, users); });
    result_.config.checkers = verification.finish();
    if (!result_.config.checkers.virtual_servers.empty()) users.report_violation("check ");
  }

  /// True: the unit has a virtual server that there was before.
  bool leave_out(const parser::Unit& unit, checkers::Verification& verification) {
    const auto before = reuse_ == nullptr ? std::nullopt : reuse_->place_of(unit);
    if (!before) return false;
    const auto index = static_cast<std::uint32_t>(verification.taken().size());
    verification.leave_out();
    result_.places.push_back(index);
    result_.unchanged.push_back({index, *before});
    return true;
  }

  /// Those of a unit. One by itself, that depends on nothing but its text, can be kept the next
  /// time.
  void take_virtual_servers(checkers::Verification& verification, const ScriptUsers& users) {
    const auto& taken = verification.taken();
    const std::size_t index = taken.size();
    const std::size_t asked = users.asked();
    verification.take_virtual_servers();
    const bool alone = taken.size() == index + 1 && taken.back().group.empty();
    const bool unknown = std::exchange(draft_.checkers.user_unknown, false);
    const bool text_only = alone && !unknown && users.asked() == asked;
    result_.places.push_back(text_only ? static_cast<std::uint32_t>(index) : Reuse::kNone);
  }

  const Rows& rows_;
  const parser::BlockNames& names_;
  const ReadText& read_;
  Diagnostics& diagnostics_;
  const Reuse* reuse_;
  ConfigDraft draft_;
  Interpretation result_;
};

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

/// What became of a text as a whole.
struct Fate {
  const parser::Source& source;
  const parser::Balance& balance;
  /// Interpretation::cannot_run.
  const std::string& cannot_run;
};

/// Why a running daemon keeps what it has, the gravest first; "" when it need not.
std::string reload_refusal_of(const Fate& fate, const std::vector<Diagnostic>& diagnostics,
                              const LoadOptions& options) {
  const auto& [source, balance, cannot_run] = fate;
  if (source.include_check_failed) return "an include failed its check";
  auto main = refusal_of(source.main, options.path);
  if (!main.empty()) return main;
  if (const auto* missing = first_of(diagnostics, Severity::missing_argument)) {
    return first_line(*missing);
  }
  if (balance.unbalanced_braces) return "braces are not balanced";
  if (balance.unbalanced_quotes) return "quotes are not balanced";
  if (!cannot_run.empty()) return cannot_run;
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

/// The rows that units need. Those of a role alone take more room than all else of a small daemon.
Rows rows_for(const std::vector<parser::Unit>& units) {
  unsigned passes = 0;
  for (const parser::Unit& unit : units) passes |= unit.passes;
  const auto any = [&](Stage stage) { return (passes & parser::passes_of(stage)) != 0; };
  Rows rows;
  // A track_file is one of those that the checkers' early pass has.
  const bool early = (passes & parser::set_of({Stage::checkers, false})) != 0;
  if (any(Stage::parent) || early) rows.merge(global_rows(), &ConfigDraft::global);
  if (any(Stage::vrrp)) rows.merge(vrrp::vrrp_rows(), &ConfigDraft::vrrp);
  if (any(Stage::bfd)) rows.merge(bfd::bfd_rows(), &ConfigDraft::bfd);
  if (any(Stage::checkers)) rows.merge(checkers::checkers_rows(), &ConfigDraft::checkers);
  return rows;
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
  const auto read = std::make_shared<ReadText>();
  std::vector<Diagnostic> problems;
  auto source = parser::read_source({options.path, options.config_id}, problems);
  read->text = std::move(source.text);
  Diagnostics diagnostics(read->text);
  diagnostics.adopt(std::move(problems));
  // For good: taking them apart takes as long as a small configuration.
  static const Rows& rows = *new Rows(config_rows());
  static const auto& names = *new parser::BlockNames(parser::block_names(rows));
  const auto balance = parser::cut(rows, names, read->text, diagnostics, read->units);
  auto result =
      Interpreter(rows, names, *read, diagnostics).run(options, look(options, read->findings));
  loaded.diagnostics = diagnostics.take();
  keep_first_notes(loaded.diagnostics);

  loaded.test_status = parser::exit_status(loaded.diagnostics);
  loaded.reload_refusal =
      reload_refusal_of({source, balance, result.cannot_run}, loaded.diagnostics, options);
  loaded.start_refusal = start_refusal_of(result, source, loaded.diagnostics, options);
  if (!loaded.start_refusal.empty()) {
    loaded.start_status = source.main == MainFile::read || source.main == MainFile::empty ? 2 : 6;
  }
  loaded.config = std::move(result.config);
  loaded.text = read;
  return loaded;
}

Bytes expanded_text(const Loaded& loaded, Part part) { return write_role_text(*loaded.text, part); }

Result<Config> decode_config(ByteView expanded, const LoadOptions& options) {
  auto decoded = decode_against(expanded, options, {});
  if (!decoded) return decoded.error();
  return std::move(decoded->config);
}

Result<Decoded> decode_against(ByteView expanded, const LoadOptions& options,
                               const run::TextBefore& before) {
  const auto read = read_role_text(expanded);
  if (!read) return read.error();
  const auto earlier = read_role_text(before.text);
  const auto reuse = earlier ? Reuse::of(*earlier, before.places, *read) : std::nullopt;
  Diagnostics diagnostics(read->text);
  const Rows rows = rows_for(read->units);
  auto names = parser::block_names(rows);
  // In FILE_CHECK it is none, whose rows may not be here.
  names.erase("track_file");
  auto result = Interpreter(rows, names, *read, diagnostics, reuse ? &*reuse : nullptr)
                    .run(options, recall(options, read->findings));
  if (stopped(diagnostics)) return Error{"expanded text: a required argument is missing", 0};
  return Decoded{std::move(result.config), std::move(result.places), std::move(result.unchanged)};
}

}  // namespace understudy
