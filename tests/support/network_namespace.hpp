// A pair of network namespaces joined by a cable, for tests that need a kernel of their own.
#pragma once

#include <catch2/catch.hpp>
#include <functional>
#include <string>

#include "daemon/base/fd.hpp"

/// Two namespaces with an interface eth0 each, the ends of one veth pair: 10.9.0.1/24 in the first,
/// 10.9.0.2/24 in the second. Needs root. They are gone with the object.
class NamespacePair {
 public:
  NamespacePair();
  NamespacePair(const NamespacePair&) = delete;
  NamespacePair& operator=(const NamespacePair&) = delete;
  ~NamespacePair();

  /// Why the test cannot have namespaces here; empty: it can.
  static std::string obstacle();
  /// 'a' or 'b'.
  [[nodiscard]] std::string name(char which) const { return prefix_ + which; }
  /// Runs a shell command inside and returns its status.
  int run(char which, const std::string& command) const;
  /// The same, returning its output.
  [[nodiscard]] std::string output(char which, const std::string& command) const;
  /// Makes the calling thread a member of a namespace while `work` runs.
  void inside(char which, const std::function<void()>& work) const;
  /// Whether eth0 there has this address.
  [[nodiscard]] bool has_address(char which, const std::string& address) const;
  /// Returns when eth0 there is up and running; throws after a second.
  void wait_for_carrier(char which) const;

 private:
  std::string prefix_;
};

/// Ends the test case with a warning where there can be no namespaces.
#define NEEDS_NAMESPACES()                          \
  if (!NamespacePair::obstacle().empty()) {         \
    WARN("SKIPPED, " << NamespacePair::obstacle()); \
    return;                                         \
  }
