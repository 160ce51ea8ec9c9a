// A server for a test case: a program that runs until the case is over.
#pragma once

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/support/scripted_server.hpp"

/// Runs a command of the system's, which is to listen on a port of 127.0.0.1.
class Program {
 public:
  /// Returns when it listens.
  Program(std::vector<std::string> command, std::uint16_t port) : pid_(fork()) {
    if (pid_ == 0) {
      // Not what a developer has put before the system's programs.
      setenv("PATH", "/usr/sbin:/usr/bin:/sbin:/bin", 1);
      std::vector<char*> argv;
      for (std::string& word : command) argv.push_back(word.data());
      argv.push_back(nullptr);
      execvp(argv[0], argv.data());
      _exit(127);
    }
    sockaddr_storage address{};
    const auto length =
        understudy::Endpoint{*understudy::IpAddress::parse("127.0.0.1"), understudy::Port(port)}
            .to_sockaddr(address);
    for (int attempt = 0; attempt < 2000; ++attempt) {
      const understudy::Fd fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
      if (connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), length) == 0) return;
      if (waitpid(pid_, nullptr, WNOHANG) != 0) break;
      usleep(10'000);
    }
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
    throw std::runtime_error(command[0] + " does not listen; is it installed?");
  }
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;
  ~Program() {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }

 private:
  pid_t pid_;
};
