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

/// A step is about the instance; every one is when none is named.
bool concerns(const ReplayedStep& step, const std::string& instance) {
  return instance.empty() || step.begins_run ||
         std::ranges::any_of(step.subjects, [&](const auto& subject) {
           return subject.kind == "instance" && subject.name == instance;
         });
}

void print(const ReplayedStep& step, bool json) {
  fmt::print("{}", json ? to_json(step).dump() + "\n" : to_text(step));
}

}  // namespace

int run_replay(const Arguments& arguments) {
  const std::string& path = arguments.words.front();
  std::ifstream file(path);
  if (!file) {
    fmt::print(stderr, "{}: cannot be read\n", path);
    return EXIT_FAILURE;
  }
  const std::string instance = arguments.get("instance");
  Replay replay;
  std::size_t number = 0;
  // What is wrong with the last line. A process that was killed may have left a part of one: there
  // is nothing after it, or another run.
  std::string problem;
  for (std::string line; std::getline(file, line);) {
    ++number;
    const auto step = replay.step(line);
    if (!problem.empty() && !(step && step->begins_run)) return EXIT_FAILURE;
    problem = step ? "" : step.error().message;
    if (!step) {
      fmt::print(stderr, "{}:{}: {}\n", path, number, problem);
    } else if (concerns(*step, instance) && (!arguments.has("changes") || step->changed)) {
      print(*step, arguments.has("json"));
    }
  }
  return problem.empty() || number > 1 ? EXIT_SUCCESS : EXIT_FAILURE;
}

}  // namespace understudy::tool
