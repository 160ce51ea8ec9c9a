// understudy: asks about configurations without running any.
//
// A subcommand is a Command in the table of commands.cpp: what it is called, its options, and a
// function of its Arguments. Parsing, --help and the completion come from the table.
// This folder is part of the top of daemon/: it sees every section, and no process.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/config.hpp"

namespace understudy::tool {

/// An option of a subcommand.
struct Option {
  char letter = 0;
  /// Followed by a null octet.
  std::string_view name;
  /// What its argument is called, alternatives separated by '|'; empty: it has none.
  std::string_view argument;
  std::string_view help;
};

/// What was typed after the subcommand.
struct Arguments {
  /// By long name; options without argument have an empty one.
  std::map<std::string_view, std::string> options;
  std::vector<std::string> words;

  [[nodiscard]] bool has(std::string_view name) const { return options.contains(name); }
  /// The option's argument, or `fallback`.
  [[nodiscard]] std::string get(std::string_view name, std::string fallback = {}) const {
    const auto found = options.find(name);
    return found == options.end() ? std::move(fallback) : found->second;
  }
};

/// A subcommand.
struct Command {
  std::string_view name;
  /// What its words are called: "FILE [PEER-FILE]".
  std::string_view words;
  std::size_t min_words = 0;
  std::size_t max_words = 0;
  std::string_view help;
  std::span<const Option> options;
  /// Gives the exit status.
  int (*run)(const Arguments& arguments);
};

/// Every subcommand.
[[nodiscard]] std::span<const Command> commands();

/// understudy config: prints the effective configuration.
[[nodiscard]] int run_config(const Arguments& arguments);

/// understudy check: prints what is wrong with a configuration, and what is odd about it.
[[nodiscard]] int run_check(const Arguments& arguments);

/// understudy explain: prints what there is to know about a keyword.
[[nodiscard]] int run_explain(const Arguments& arguments);

/// understudy replay: steps through a recording of the vrrp process.
[[nodiscard]] int run_replay(const Arguments& arguments);

/// Whether there is a configuration: the file is there, and was read to its end.
[[nodiscard]] bool was_read(const Loaded& loaded);

/// The status of a command line that cannot be used.
inline constexpr int kUsageStatus = 2;

}  // namespace understudy::tool
