// The vrrp process as a child of a test, in a namespace, with the test as its parent.
#pragma once

#include "tests/support/network_namespace.hpp"
#include "tests/support/role_child.hpp"
#include "vrrp/process.hpp"

/// One vrrp process.
class VrrpChild : public RoleChild {
 public:
  using Config = understudy::run::ChildConfig<understudy::vrrp::VrrpConfig>;
  using Options = RoleChildOptions<understudy::vrrp::VrrpConfig>;

  /// Starts it on the host `which` ('a' or 'b').
  VrrpChild(const NamespacePair& network, char which, const Config& config, const Options& options);
};
