// understudy: finds the subcommand that is asked for.
#include <fmt/format.h>

#include <cstdio>
#include <string>
#include <variant>
#include <vector>

#include "daemon/options.hpp"
#include "daemon/understudy/command.hpp"
#include "daemon/understudy/usage.hpp"

namespace understudy::tool {
namespace {

int run(const std::vector<std::string>& words) {
  if (words.empty()) {
    fmt::print(stderr, "{}", usage());
    return kUsageStatus;
  }
  if (words[0] == "--help" || words[0] == "-h" || words[0] == "help") {
    fmt::print("{}", usage());
    return 0;
  }
  if (words[0] == "--version" || words[0] == "-v") {
    fmt::print("{}\n", version_line());
    return 0;
  }
  const Command* command = find_command(words[0]);
  if (command == nullptr) {
    fmt::print(stderr, "{}\n", unknown_command(words[0]));
    return kUsageStatus;
  }
  const auto arguments = parse_arguments(*command, {words.begin() + 1, words.end()});
  if (const auto* problem = std::get_if<std::string>(&arguments)) {
    fmt::print(stderr, "understudy {}: {}\n", command->name, *problem);
    return kUsageStatus;
  }
  const auto& given = std::get<Arguments>(arguments);
  if (given.has("help")) {
    fmt::print("{}", usage(*command));
    return 0;
  }
  return command->run(given);
}

}  // namespace
}  // namespace understudy::tool

int main(int argc, char** argv) {
  return understudy::tool::run(std::vector<std::string>(argv + 1, argv + argc));
}
