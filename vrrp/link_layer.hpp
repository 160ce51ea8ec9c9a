// Everything about interfaces in one place: the settings of the kernel, the interfaces virtual
// routers have of their own, sources of adverts, ups and downs.
#pragma once

#include <functional>
#include <set>
#include <string>
#include <vector>

#include "daemon/base/log.hpp"
#include "daemon/base/loop.hpp"
#include "daemon/global/config.hpp"
#include "daemon/netlink/monitor.hpp"
#include "daemon/netlink/socket.hpp"
#include "daemon/run/handover.hpp"
#include "daemon/run/sysctl.hpp"
#include "vrrp/interfaces.hpp"
#include "vrrp/link_watch.hpp"
#include "vrrp/virtual_interfaces.hpp"
#include "vrrp/wiring.hpp"

namespace understudy::vrrp {

/// Takes the kernel's news of links and addresses, and tells virtual routers what is their
/// business.
class LinkLayer {
 public:
  struct Handlers {
    /// An interface is up or not, as routers shall see it; may be told again.
    LinkWatch::OnFact on_link;
    /// An interface in use came, went, or has other addresses: source_of() and is_there() of its
    /// instances may differ now.
    std::function<void(Interface& interface)> on_interface;
    /// Whether an address is a virtual one.
    Interfaces::IsVirtual is_virtual;
  };

  LinkLayer(Loop& loop, Log& log, netlink::Socket& commands, netlink::Monitor& monitor,
            run::HandoverPage& page, Handlers handlers);

  /// A configuration with its virtual interfaces; those it needs are made, of the others none is
  /// removed yet. As VirtualInterfaces::make().
  void configure(const GlobalConfig& global, const VrrpConfig& config,
                 const std::vector<VirtualLink>& links, bool at_start);
  /// Virtual interfaces that the configuration does not need go, and what only a predecessor has
  /// changed in the kernel's settings is put back.
  void clean_up();
  /// An orderly stop: virtual interfaces go, settings come back.
  void remove_all();

  void link_changed(const netlink::Link& link, bool removed);
  void address_changed(const netlink::InterfaceAddress& address);

  /// What happens to this address is nobody's business: its interface is being made anew.
  [[nodiscard]] bool hides(const netlink::InterfaceAddress& address) const;

  /// What routers are told of a link now.
  [[nodiscard]] bool up(const std::string& name) const { return watch_.up(name); }
  [[nodiscard]] Interfaces& interfaces() { return interfaces_; }
  [[nodiscard]] run::Sysctls& sysctls() { return sysctls_; }
  [[nodiscard]] const VirtualInterfaces& virtual_interfaces() const { return virtual_; }

 private:
  void look_again(const std::string& name);
  void promote_secondaries(const VrrpConfig& config);
  void promote_on(const std::string& interface);

  netlink::Monitor& monitor_;
  Handlers handlers_;
  run::Sysctls sysctls_;
  Interfaces interfaces_;
  VirtualInterfaces virtual_;
  LinkWatch watch_;
  /// Interfaces with promote_secondaries.
  std::set<std::string> promoting_;
};

}  // namespace understudy::vrrp
