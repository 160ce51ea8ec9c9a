// understudy replay.
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>

#include "daemon/understudy/command.hpp"
#include "daemon/understudy/replay.hpp"
#include "daemon/understudy/replay_text.hpp"

namespace understudy::tool {
namespace {

/// A step is about the instance, or about everything.
bool concerns(const ReplayedStep& step, const std::string& instance) {
  return instance.empty() || std::ranges::any_of(step.subjects, [&](const auto& subject) {
           return subject.kind == "instance" && subject.name == instance;
         });
}

}  // namespace

int run_replay(const Arguments& arguments) {
  const std::string& path = arguments.words.front();
  std::ifstream file(path);
  if (!file) {
    fmt::print(stderr, "{}: cannot be read\n", path);
    return EXIT_FAILURE;
  }
  const bool json = arguments.has("json");
  const bool only_changes = arguments.has("changes");
  const std::string instance = arguments.get("instance");
  Replay replay;
  std::size_t number = 0;
  for (std::string line; std::getline(file, line);) {
    ++number;
    // A process that was killed may have left a part of a line.
    if (file.eof()) {
      fmt::print(stderr, "{}:{}: ends within a line\n", path, number);
      break;
    }
    const auto step = replay.step(line);
    if (!step) {
      fmt::print(stderr, "{}:{}: {}\n", path, number, step.error().message);
      return EXIT_FAILURE;
    }
    if (!concerns(*step, instance) || (only_changes && !step->changed)) continue;
    fmt::print("{}", json ? to_json(*step).dump() + "\n" : to_text(*step));
  }
  return EXIT_SUCCESS;
}

}  // namespace understudy::tool
