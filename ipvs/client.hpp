// The kernel's IPVS table over generic netlink (linux/ip_vs.h, family "IPVS").
#pragma once

#include <memory>
#include <vector>

#include "daemon/base/result.hpp"
#include "ipvs/types.hpp"

namespace understudy::ipvs {

/// A connection to the kernel's IPVS. Loads the module where it can (libkmod). Only replies from
/// the kernel (netlink port 0) are accepted.
class Client {
 public:
  /// Fails with a message that says what is missing (module, capability) and how to mend it.
  static Result<Client> connect();
  Client(Client&&) noexcept;
  Client& operator=(Client&&) noexcept;
  ~Client();

  /// The whole table.
  [[nodiscard]] Result<Table> read();
  /// Sends changes in batches; result `i` belongs to `changes[i]`.
  [[nodiscard]] std::vector<Result<void>> apply(const std::vector<Change>& changes);

 private:
  struct Impl;
  explicit Client(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace understudy::ipvs
