#include "daemon/understudy/usage.hpp"

#include <fmt/format.h>
#include <getopt.h>

#include <algorithm>

#include "parser/diagnostics.hpp"

namespace understudy::tool {
namespace {

/// getopt(3)'s value for an option: its place in the command's table, away from all letters.
constexpr int kFirstLong = 0x100;

/// A command's options and --help, the last.
std::vector<Option> options_of(const Command& command) {
  std::vector<Option> all(command.options.begin(), command.options.end());
  all.push_back({'h', "help", "", "Print this"});
  return all;
}

const Option& option_of(const std::vector<Option>& options, int value) {
  if (value >= kFirstLong) return options[static_cast<std::size_t>(value - kFirstLong)];
  return *std::ranges::find(options, static_cast<char>(value), &Option::letter);
}

/// What is wrong with an option's argument; empty: nothing.
std::string check_choice(const Option& option, const std::string& value) {
  const auto choices = choices_of(option);
  if (choices.empty() || std::ranges::find(choices, value) != choices.end()) return {};
  return fmt::format("--{} must be one of {}, not '{}'", option.name, fmt::join(choices, ", "),
                     value);
}

/// What is wrong with the number of words; empty: nothing.
std::string check_count(const Command& command, const Arguments& arguments) {
  if (arguments.words.size() < command.min_words) {
    return fmt::format("{} is missing", command.words);
  }
  if (arguments.words.size() <= command.max_words) return {};
  return fmt::format("unexpected argument '{}'", arguments.words[command.max_words]);
}

std::string option_line(const Option& option) {
  const std::string argument =
      option.argument.empty() ? std::string() : fmt::format("={}", option.argument);
  const std::string letter = option.letter == 0 ? "   " : fmt::format("-{},", option.letter);
  return fmt::format("  {} {:<24} {}\n", letter, fmt::format("--{}{}", option.name, argument),
                     option.help);
}

}  // namespace

std::vector<std::string_view> choices_of(const Option& option) {
  std::vector<std::string_view> choices;
  std::string_view rest = option.argument;
  if (rest.find('|') == std::string_view::npos) return choices;
  while (!rest.empty()) {
    const std::size_t bar = rest.find('|');
    choices.push_back(rest.substr(0, bar));
    rest.remove_prefix(bar == std::string_view::npos ? rest.size() : bar + 1);
  }
  return choices;
}

const Command* find_command(std::string_view name) {
  const auto found = std::ranges::find(commands(), name, &Command::name);
  return found == commands().end() ? nullptr : &*found;
}

std::string unknown_command(std::string_view name) {
  std::vector<std::string_view> names;
  for (const Command& command : commands()) names.push_back(command.name);
  const auto near = parser::nearest(name, names);
  const std::string hint = near.empty() ? fmt::format("one of {}", fmt::join(names, ", "))
                                        : fmt::format("did you mean '{}'?", near);
  return fmt::format("understudy: unknown subcommand '{}'\n{}", name, hint);
}

std::variant<Arguments, std::string> parse_arguments(const Command& command,
                                                     std::vector<std::string> words) {
  const auto options = options_of(command);
  std::string letters = ":";
  std::vector<option> longs;
  for (const Option& one : options) {
    if (one.letter != 0) letters += one.letter;
    if (one.letter != 0 && !one.argument.empty()) letters += ':';
    longs.push_back({one.name.data(), one.argument.empty() ? no_argument : required_argument,
                     nullptr, kFirstLong + static_cast<int>(longs.size())});
  }
  longs.push_back({});
  std::vector<char*> argv{const_cast<char*>("understudy")};
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  const int argc = static_cast<int>(words.size()) + 1;

  Arguments arguments;
  // 0: getopt starts anew.
  optind = 0;
  for (int value = 0;
       (value = getopt_long(argc, argv.data(), letters.c_str(), longs.data(), nullptr)) != -1;) {
    const std::string typed = argv[static_cast<std::size_t>(std::max(optind - 1, 1))];
    if (value == '?') return fmt::format("unknown or ambiguous option {}", typed);
    if (value == ':') return fmt::format("{} needs an argument", typed);
    const Option& found = option_of(options, value);
    std::string argument = optarg == nullptr ? "" : optarg;
    if (auto problem = check_choice(found, argument); !problem.empty()) return problem;
    arguments.options[found.name] = std::move(argument);
  }
  for (int i = optind; i < argc; ++i) {
    arguments.words.emplace_back(argv[static_cast<std::size_t>(i)]);
  }
  if (arguments.has("help")) return arguments;
  if (auto problem = check_count(command, arguments); !problem.empty()) return problem;
  return arguments;
}

std::string usage() {
  std::string text = "Usage: understudy SUBCOMMAND [OPTION...] [ARGUMENT...]\n";
  for (const Command& command : commands()) {
    text += fmt::format("  {:<8} {:<21} {}\n", command.name, command.words, command.help);
  }
  return text + "understudy SUBCOMMAND --help has more; keepalived(8) is the daemon.\n";
}

std::string usage(const Command& command) {
  std::string text = fmt::format("Usage: understudy {} [OPTION...]{}{}\n{}.\n", command.name,
                                 command.words.empty() ? "" : " ", command.words, command.help);
  for (const Option& one : options_of(command)) text += option_line(one);
  return text;
}

}  // namespace understudy::tool
