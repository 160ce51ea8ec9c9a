// A two-way pipe of messages between the parent and a child.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <utility>

#include "daemon/base/fd.hpp"
#include "daemon/base/loop.hpp"
#include "daemon/base/messages.hpp"

namespace understudy {

/// One end of a SOCK_SEQPACKET pair. Sending never blocks: what the kernel does not take now is
/// kept and sent later, in order. Descriptors may ride along with a message.
class Channel {
 public:
  struct Handlers {
    /// A message and the descriptor that came with it (none: an empty Fd).
    std::function<void(Message, Fd)> on_message;
    /// The other end is gone; called once.
    std::function<void()> on_closed;
  };
  /// Two connected sockets, close-on-exec and non-blocking.
  static Result<std::pair<Fd, Fd>> make_pair();

  Channel(Loop& loop, Fd socket, Handlers handlers);
  /// Queues or sends; `fd` is duplicated by the kernel, the caller keeps its own.
  void send(const Message& message, int fd = -1);
  /// Messages not yet taken by the kernel.
  [[nodiscard]] std::size_t backlog() const { return queue_.size(); }
  /// The other end is gone and all it sent was handled.
  [[nodiscard]] bool closed() const { return !watch_; }

 private:
  struct Outgoing {
    Bytes data;
    Fd fd;
  };
  void ready(std::uint32_t events);
  void receive();
  bool flush();
  void on_end();

  Fd socket_;
  Handlers handlers_;
  std::deque<Outgoing> queue_;
  std::unique_ptr<Watch> watch_;
};

}  // namespace understudy
