// A UDP server on loopback that answers each datagram as a test says.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <atomic>
#include <functional>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

#include "daemon/base/address.hpp"
#include "daemon/base/bytes.hpp"
#include "daemon/base/fd.hpp"

/// Serves on a thread of its own. The script's argument is a datagram, its result what is sent
/// back, in order.
class ScriptedDatagramServer {
 public:
  using Script = std::function<std::vector<understudy::Bytes>(const understudy::Bytes&)>;

  explicit ScriptedDatagramServer(Script script)
      : socket_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)), script_(std::move(script)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    if (bind(socket_.get(), reinterpret_cast<sockaddr*>(&address), length) < 0 ||
        getsockname(socket_.get(), reinterpret_cast<sockaddr*>(&address), &length) < 0) {
      throw std::runtime_error("no UDP server");
    }
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { serve(); });
  }
  ScriptedDatagramServer(const ScriptedDatagramServer&) = delete;
  ScriptedDatagramServer& operator=(const ScriptedDatagramServer&) = delete;
  ~ScriptedDatagramServer() {
    stopping_ = true;
    shutdown(socket_.get(), SHUT_RDWR);
    thread_.join();
  }

  [[nodiscard]] understudy::Endpoint endpoint() const {
    return {*understudy::IpAddress::parse("127.0.0.1"), understudy::Port(port_)};
  }
  /// What came so far and who sent it.
  [[nodiscard]] std::vector<std::pair<understudy::Endpoint, understudy::Bytes>> received() {
    const std::lock_guard lock(mutex_);
    return received_;
  }

 private:
  void serve() {
    std::array<std::uint8_t, 2048> buffer{};
    while (!stopping_) {
      sockaddr_storage peer{};
      socklen_t length = sizeof peer;
      const auto size = recvfrom(socket_.get(), buffer.data(), buffer.size(), 0,
                                 reinterpret_cast<sockaddr*>(&peer), &length);
      if (size < 0 || stopping_) continue;
      const understudy::Bytes datagram(buffer.begin(), buffer.begin() + size);
      {
        const std::lock_guard lock(mutex_);
        received_.emplace_back(understudy::Endpoint::from_sockaddr(peer), datagram);
      }
      for (const auto& answer : script_(datagram)) {
        sendto(socket_.get(), answer.data(), answer.size(), 0,
               reinterpret_cast<const sockaddr*>(&peer), length);
      }
    }
  }

  understudy::Fd socket_;
  Script script_;
  std::uint16_t port_ = 0;
  std::mutex mutex_;
  std::vector<std::pair<understudy::Endpoint, understudy::Bytes>> received_;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

/// A UDP port of loopback where nobody is.
inline understudy::Endpoint closed_datagram_port() {
  return ScriptedDatagramServer(
             [](const understudy::Bytes&) { return std::vector<understudy::Bytes>{}; })
      .endpoint();
}
