// Being in another network namespace for a moment (network_namespaces(7)).
#pragma once

#include <optional>
#include <string>

#include "daemon/base/fd.hpp"
#include "daemon/base/result.hpp"

namespace understudy {

/// A file that stands for the network namespace `name` of ip-netns(8); an empty name is the one the
/// machine started in, that of process 1.
[[nodiscard]] Result<Fd> open_network_namespace(const std::string& name);

/// While it lives, the thread that made it is in another network namespace; sockets it opens stay
/// there. Ends in the thread it began in.
class NamespaceVisit {
 public:
  /// nullopt: the thread stays where it is.
  static Result<NamespaceVisit> begin(const std::optional<std::string>& name);
  NamespaceVisit(NamespaceVisit&&) noexcept = default;
  NamespaceVisit& operator=(NamespaceVisit&&) = delete;
  /// Goes back. Where that is impossible the process ends: nothing it does would be right.
  ~NamespaceVisit();

 private:
  explicit NamespaceVisit(Fd home) : home_(std::move(home)) {}
  Fd home_;
};

}  // namespace understudy
