// A netlink socket: the one place that owns sequence numbers, acknowledgements and timeouts.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "daemon/base/fd.hpp"
#include "daemon/base/result.hpp"
#include "daemon/netlink/message.hpp"

namespace understudy::netlink {

/// A rtnetlink socket. What did not come from the kernel itself (port 0) is dropped unread.
class Socket {
 public:
  /// What a receive() left behind.
  enum class Left { nothing, maybe_more, overrun };

  /// Opens a socket that hears the multicast groups given (RTNLGRP_*, rtnetlink(7)).
  static Result<Socket> open(std::span<const int> groups = {});

  /// Sends the requests in as few system calls as possible and waits for the kernel's answer to
  /// each; rtnetlink answers before send returns, so this only waits where an answer got lost (at
  /// most a second). Element i is why requests[i] failed, its code the errno; nullopt: done.
  std::vector<std::optional<Error>> request(std::span<const Message> requests);
  /// Sends a dump request and calls `each` for every message of the answer. A dump during which
  /// the kernel's table changed is asked for again; `restart` is called before each attempt.
  Result<void> dump(const Message& request, const std::function<void()>& restart,
                    const std::function<void(ByteView)>& each);
  /// Takes one datagram, if there is one, and calls `each` for every message in it. overrun: the
  /// kernel had more to say than the socket holds; what we know is out of date.
  Left receive(const std::function<void(ByteView)>& each);

  /// For a loop to watch.
  [[nodiscard]] int fd() const { return fd_.get(); }
  /// Our address; the kernel names it in the notifications that our requests cause.
  [[nodiscard]] std::uint32_t port() const { return port_; }

 private:
  Socket(Fd fd, std::uint32_t port) : fd_(std::move(fd)), port_(port) {}
  /// Octets of one datagram of the kernel; empty with `error` an errno.
  ByteView read(int flags, int& error);
  void request_batch(std::span<const Message> requests, std::span<std::optional<Error>> outcome);
  void take_answers(std::uint32_t first, std::span<std::optional<Error>> outcome);
  /// true: the dump is complete; false: it was interrupted by a change and must be repeated.
  Result<bool> dump_once(const Message& request, const std::function<void(ByteView)>& each);

  Fd fd_;
  std::uint32_t port_;
  std::uint32_t sequence_ = 0;
  /// Not filled beforehand: memory is used as far as an answer goes.
  std::unique_ptr<std::uint8_t[]> buffer_;
};

}  // namespace understudy::netlink
