// A loop and a log to run health checks with.
#pragma once

#include <fstream>
#include <string>
#include <vector>

#include "daemon/base/log.hpp"
#include "daemon/base/loop.hpp"
#include "tests/support/temporary_directory.hpp"

struct Bench {
  TemporaryDirectory directory;
  understudy::Loop loop;
  understudy::Log log{options()};

  /// Runs the loop until `done()` or for `patience`.
  template <typename Done>
  void run_until(Done done, understudy::Duration patience) {
    const auto end = understudy::Clock::now() + patience;
    while (!done() && understudy::Clock::now() < end) loop.run_once(std::chrono::milliseconds(10));
  }

  /// The lines logged so far, without their time.
  [[nodiscard]] std::vector<std::string> logged() const {
    constexpr std::size_t kTimeLength = sizeof "Sat Nov 21 08:11:43 2026: " - 1;
    std::ifstream in(directory.path("log"));
    std::vector<std::string> lines;
    for (std::string line; std::getline(in, line);) lines.push_back(line.substr(kTimeLength));
    return lines;
  }

 private:
  [[nodiscard]] understudy::LogOptions options() const {
    understudy::LogOptions options;
    options.to_syslog = false;
    options.file = directory.path("log");
    return options;
  }
};
