// Reading a configuration, at start and at SIGHUP, in a process of its own that ends when it has.
//
// What reading takes is that process's: memory many times what is kept, a name server that does not
// answer, a fault in our reader. The parent keeps only what is its own and two sealed texts for its
// children.
//
// The way of a SIGHUP: Supervisor::reload() starts a ReadingProcess; Supervisor::take() asks
// reload_refusal() and sends each child a ReloadOrder with its text. The vrrp child decodes it in
// vrrp/reload_job.hpp and takes it over in Routers::reload(), the checker child in
// run/reload_decoder.hpp, less the virtual servers it has already (reuse.hpp), and its
// Process::swap(). Their ReloadOutcomes end in
// Supervisor::finish_reload_if_done().
#pragma once

#include <sys/types.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "daemon/base/fd.hpp"
#include "daemon/base/log.hpp"
#include "daemon/base/loop.hpp"
#include "daemon/base/result.hpp"
#include "daemon/bfd/config.hpp"
#include "daemon/config.hpp"
#include "daemon/global/config.hpp"

namespace understudy {

/// What the parent knows of a configuration.
struct Reading {
  GlobalConfig global;
  bfd::BfdConfig bfd;
  /// Whether there is something to do for the child of that role.
  bool vrrp = false;
  bool checkers = false;
  /// Whether processes are tracked.
  bool watches_processes = false;
  /// Whether adverts have digests: AH, auth_hmac.
  bool digests = false;
  /// What there is to say about it, as lines of the log.
  std::vector<std::string> complaints;
  /// What is not as it should be with its scripts.
  std::vector<std::string> script_warnings;
  /// See Loaded.
  std::string reload_refusal;
  std::string start_refusal;
  int start_status = 0;
  /// Sealed, for decode_config().
  Fd vrrp_text;
  Fd checkers_text;
};

/// Reads and waits. The error is that of reading itself: no process, or one that did not end well.
/// `options` come without interfaces: those that exist are looked up.
[[nodiscard]] Result<Reading> read_apart(const LoadOptions& options);

/// Reads while a loop goes on. Destroying it ends the process.
class ReadingProcess {
 public:
  using OnRead = std::function<void(Result<Reading>)>;

  /// `on_read` is called once, by the loop; it may destroy this.
  ReadingProcess(Loop& loop, Children& reaper, OnRead on_read)
      : loop_(loop), reaper_(reaper), on_read_(std::move(on_read)) {}
  ReadingProcess(const ReadingProcess&) = delete;
  ReadingProcess& operator=(const ReadingProcess&) = delete;
  ~ReadingProcess();

  /// Once, with options as for read_apart(). The error: there is no process.
  Result<void> start(const LoadOptions& options);

  /// The files it writes, made by the parent.
  struct Files {
    Fd report;
    Fd vrrp_text;
    Fd checkers_text;
  };

 private:
  void written();
  void ended(int status);
  void tell(Result<Reading> reading);

  Loop& loop_;
  Children& reaper_;
  OnRead on_read_;
  LoadOptions options_;
  Files files_;
  /// The reader closes the other end when all is written, before its memory is given back.
  Fd end_;
  std::unique_ptr<Watch> watch_;
  pid_t pid_ = 0;
};

/// Why a running daemon keeps its configuration rather than take `next`; empty: it takes it.
/// Besides what load_config() found, some settings cannot change while the daemon runs.
[[nodiscard]] std::string reload_refusal(const Reading& current, const Reading& next);

}  // namespace understudy
