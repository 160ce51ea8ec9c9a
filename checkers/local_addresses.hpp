// The addresses this machine has, kept up to date (ha_suspend).
#pragma once

#include <functional>
#include <memory>
#include <set>
#include <utility>

#include "daemon/base/address.hpp"
#include "daemon/base/log.hpp"
#include "daemon/base/loop.hpp"
#include "daemon/base/result.hpp"
#include "daemon/netlink/monitor.hpp"
#include "daemon/netlink/socket.hpp"

namespace understudy::checkers {

/// Knows all addresses of the network namespace it was made in.
class LocalAddresses {
 public:
  /// An address came, or went.
  using OnChange = std::function<void(const IpAddress& address, bool here)>;

  /// `on_change` is not called for what is there already.
  static Result<std::unique_ptr<LocalAddresses>> watch(Loop& loop, Log& log, OnChange on_change);
  LocalAddresses(const LocalAddresses&) = delete;
  LocalAddresses& operator=(const LocalAddresses&) = delete;
  ~LocalAddresses() = default;

  /// Whether an address of the range, ends included, is on any interface.
  [[nodiscard]] bool any_of(const IpAddress& first, const IpAddress& last) const;

 private:
  LocalAddresses(netlink::Socket commands, OnChange on_change)
      : commands_(std::move(commands)), on_change_(std::move(on_change)) {}
  void take(const netlink::InterfaceAddress& address, bool removed);

  netlink::Socket commands_;
  OnChange on_change_;
  /// A link-local address may be on several interfaces.
  std::set<std::pair<IpAddress, std::uint32_t>> addresses_;
  std::unique_ptr<netlink::Monitor> monitor_;
};

}  // namespace understudy::checkers
