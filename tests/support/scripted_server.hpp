// A TCP server on loopback that does to each connection what a test says.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <latch>
#include <stdexcept>
#include <string>
#include <thread>

#include "daemon/base/address.hpp"
#include "daemon/base/fd.hpp"

/// A free port of 127.0.0.1, taken: nobody else gets it, and connections to it are refused.
class TakenPort {
 public:
  TakenPort() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    if (bind(socket_.get(), reinterpret_cast<sockaddr*>(&address), length) < 0 ||
        getsockname(socket_.get(), reinterpret_cast<sockaddr*>(&address), &length) < 0) {
      throw std::runtime_error("no free port");
    }
    port_ = ntohs(address.sin_port);
  }
  [[nodiscard]] int fd() const { return socket_.get(); }
  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] understudy::Endpoint endpoint() const {
    return {*understudy::IpAddress::parse("127.0.0.1"), understudy::Port(port_)};
  }

 private:
  understudy::Fd socket_;
  std::uint16_t port_ = 0;
};

/// Where connections are refused while the process runs.
inline understudy::Endpoint closed_port() {
  static const TakenPort port;
  return port.endpoint();
}

/// Listens on a free port of 127.0.0.1.
class Listener : public TakenPort {
 public:
  explicit Listener(int backlog) {
    if (listen(fd(), backlog) < 0) throw std::runtime_error("no listener");
  }
};

/// Serves one connection after the other on a thread of its own. The script's argument is the
/// connection, closed after it; a script that waits must watch stopping().
class ScriptedServer {
 public:
  using Script = std::function<void(int connection)>;

  explicit ScriptedServer(Script script, int backlog = 128)
      : listener_(backlog), script_(std::move(script)), thread_([this] { serve(); }) {
    // A test that forks while the thread is still beginning leaves the child with what it had
    // locked.
    serving_.wait();
  }
  ScriptedServer(const ScriptedServer&) = delete;
  ScriptedServer& operator=(const ScriptedServer&) = delete;
  ~ScriptedServer() {
    stopping_ = true;
    shutdown(listener_.fd(), SHUT_RDWR);
    thread_.join();
  }

  [[nodiscard]] understudy::Endpoint endpoint() const { return listener_.endpoint(); }
  [[nodiscard]] bool stopping() const { return stopping_; }
  [[nodiscard]] int served() const { return served_; }

  /// Reads up to the blank line that ends a request.
  static std::string read_request(int connection) {
    std::string request;
    char octet = 0;
    while (request.find("\r\n\r\n") == std::string::npos && recv(connection, &octet, 1, 0) == 1) {
      request += octet;
    }
    return request;
  }
  static bool send_text(int connection, const std::string& text) {
    return send(connection, text.data(), text.size(), MSG_NOSIGNAL) ==
           static_cast<ssize_t>(text.size());
  }

 private:
  void serve() {
    serving_.count_down();
    while (!stopping_) {
      const understudy::Fd connection(accept4(listener_.fd(), nullptr, nullptr, SOCK_CLOEXEC));
      if (!connection) continue;
      ++served_;
      script_(connection.get());
    }
  }

  Listener listener_;
  Script script_;
  std::atomic<bool> stopping_{false};
  std::atomic<int> served_{0};
  std::latch serving_{1};
  std::thread thread_;
};
