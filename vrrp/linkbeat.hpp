// linkbeat_interfaces: the link of interfaces is asked for once a second, for drivers that do not
// tell of its changes.
#pragma once

#include <pthread.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "daemon/base/fd.hpp"
#include "daemon/base/log.hpp"
#include "daemon/base/loop.hpp"
#include "vrrp/config.hpp"

namespace understudy::vrrp {

/// Asks in a thread of its own: a driver may take long to read a register.
class Linkbeat {
 public:
  using OnChange = std::function<void(const std::string& interface, bool up)>;

  /// Begins at once; the first answers are told as changes.
  Linkbeat(Loop& loop, Log& log, std::vector<LinkbeatInterface> interfaces, OnChange on_change);
  Linkbeat(const Linkbeat&) = delete;
  Linkbeat& operator=(const Linkbeat&) = delete;
  ~Linkbeat();

  [[nodiscard]] const std::vector<LinkbeatInterface>& interfaces() const { return interfaces_; }

 private:
  /// What the thread tells of an interface.
  struct Answer {
    std::uint32_t interface = 0;
    bool up = false;
    /// The method used is not the configured one.
    bool other_method = false;
    LinkbeatInterface::Method method = LinkbeatInterface::Method::ioctl;
  };
  /// What the thread knows of an interface.
  struct Polled;

  static void* thread(void* self);
  void poll(const Fd& socket, std::uint32_t at, Polled& polled) const;
  void take_answers();

  Log& log_;
  /// Not changed while the thread runs.
  const std::vector<LinkbeatInterface> interfaces_;
  OnChange on_change_;
  /// Closed: the thread ends.
  Fd stop_;
  Fd stop_signal_;
  Fd answers_;
  Fd answers_in_;
  std::unique_ptr<Watch> watch_;
  pthread_t thread_{};
  bool running_ = false;
};

}  // namespace understudy::vrrp
