// The checker process as a child of a test, with the test as its parent; and what it needs around
// it: a network namespace, servers that listen.
#pragma once

#include <cstddef>

#include "checkers/process.hpp"
#include "tests/support/role_child.hpp"

/// Makes the calling thread a member of a new network namespace whose loopback is up.
void enter_new_network();

/// A TCP server that accepts in the kernel only, which is enough for TCP_CHECK.
understudy::Fd listen_on(const understudy::Endpoint& endpoint);

/// One checker process.
class CheckerChild : public RoleChild {
 public:
  using Config = understudy::run::ChildConfig<understudy::checkers::CheckersConfig>;
  using Options = RoleChildOptions<understudy::checkers::CheckersConfig>;

  CheckerChild(const Config& config, const Options& options);

  /// Orders a reload with reloads[index] and waits for its outcome.
  understudy::ReloadOutcome reload(std::size_t index);
};
