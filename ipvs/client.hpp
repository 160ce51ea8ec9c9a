// The kernel's IPVS table over generic netlink (linux/ip_vs.h, family "IPVS").
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "daemon/base/result.hpp"
#include "ipvs/sync_daemon.hpp"
#include "ipvs/types.hpp"

namespace understudy::ipvs {

/// A connection to the kernel's IPVS. Loads the module where it can (libkmod). Only replies from
/// the kernel (netlink port 0) are accepted. Every call waits for the kernel's answer, which it
/// gives within the system call; a kernel that does not answer for some seconds is an error.
class Client {
 public:
  /// Fails with a message that says what is missing (module, capability) and how to mend it.
  /// `net_namespace`: whose table it is, see NamespaceVisit.
  static Result<Client> connect(const std::optional<std::string>& net_namespace = std::nullopt);
  Client(Client&&) noexcept;
  Client& operator=(Client&&) noexcept;
  ~Client();

  /// The whole table.
  [[nodiscard]] Result<Table> read();
  /// The services alone, without destinations: one request however many there are.
  [[nodiscard]] Result<std::vector<Service>> read_services();
  /// The destinations of a service; none also when the kernel has no such service (any more), which
  /// it does not tell apart.
  [[nodiscard]] Result<Destinations> read_destinations(const ServiceKey& service);
  /// The connections of a service's destinations.
  [[nodiscard]] Result<std::vector<Usage>> read_usage(const ServiceKey& service);
  /// Sends changes in batches; result `i` belongs to `changes[i]`. Error::code is the errno, to be
  /// read with failure_line().
  [[nodiscard]] std::vector<Result<void>> apply(const std::vector<Change>& changes);
  /// The synchronisation daemons that run.
  [[nodiscard]] Result<std::vector<SyncDaemon>> read_sync_daemons();
  /// Error::code is the errno, as above.
  [[nodiscard]] Result<void> apply(const SyncChange& change);
  /// Deletes every service of the network namespace, whoever made it.
  [[nodiscard]] Result<void> flush();
  /// After how many idle seconds the kernel forgets connections.
  [[nodiscard]] Result<Timeouts> read_timeouts();
  /// Sets those that are not 0.
  [[nodiscard]] Result<void> set_timeouts(const Timeouts& timeouts);

 private:
  struct Impl;
  explicit Client(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace understudy::ipvs
