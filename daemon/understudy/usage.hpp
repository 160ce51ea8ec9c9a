// The command line of understudy(1): finding a subcommand, its options, and what --help prints.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "daemon/understudy/command.hpp"

namespace understudy::tool {

/// nullptr: there is none of that name.
[[nodiscard]] const Command* find_command(std::string_view name);

/// The alternatives of an option's argument; empty: it is free.
[[nodiscard]] std::vector<std::string_view> choices_of(const Option& option);

/// What is said of a subcommand there is not.
[[nodiscard]] std::string unknown_command(std::string_view name);

/// The words after the subcommand's name as getopt_long(3) takes them; or what is wrong with them.
[[nodiscard]] std::variant<Arguments, std::string> parse_arguments(const Command& command,
                                                                   std::vector<std::string> words);

/// The text of --help, of all and of one subcommand.
[[nodiscard]] std::string usage();
[[nodiscard]] std::string usage(const Command& command);

}  // namespace understudy::tool
