// What is said to a server over one connection, and what its answer amounts to. No sockets: octets
// out, octets in. exchange.hpp carries them.
#pragma once

#include <cstddef>
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
  /// How many octets may wait to be sent after the opening: with more the server does not listen,
  /// whatever it asks for.
  [[nodiscard]] virtual std::size_t most_unsent() const { return kMostUnsent; }
  /// Takes octets in pieces of any size.
  virtual void receive(ByteView data) = 0;
  /// The server closed.
  virtual void end() = 0;
  /// Whether nothing further is said or expected; always after end().
  [[nodiscard]] virtual bool over() const = 0;
  /// Once over: whether there is an answer, good or bad.
  [[nodiscard]] virtual bool answered() const = 0;

 protected:
  static constexpr std::size_t kMostUnsent = 65536;
};

}  // namespace understudy::checkers
