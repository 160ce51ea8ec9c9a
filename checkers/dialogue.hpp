// What is said to a server over one connection, and what its answer amounts to. No sockets: octets
// out, octets in. exchange.hpp carries them.
#pragma once

#include <string>

#include "daemon/base/bytes.hpp"

namespace understudy::checkers {

/// One side of a conversation; the other is a server that is not trusted.
class Dialogue {
 public:
  Dialogue() = default;
  Dialogue(const Dialogue&) = delete;
  Dialogue& operator=(const Dialogue&) = delete;
  virtual ~Dialogue() = default;

  /// Octets to send now, each once; empty: none before more has been received.
  virtual std::string take_output() = 0;
  /// Takes octets in pieces of any size.
  virtual void receive(ByteView data) = 0;
  /// The server closed.
  virtual void end() = 0;
  /// Whether nothing further is said or expected; always after end().
  [[nodiscard]] virtual bool over() const = 0;
  /// Once over: whether there is an answer, good or bad.
  [[nodiscard]] virtual bool answered() const = 0;
};

}  // namespace understudy::checkers
