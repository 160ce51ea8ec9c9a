#include "daemon/global/dump_lines.hpp"

namespace understudy {

std::string decimal(std::chrono::microseconds time) {
  return fmt::format("{}.{:06}", time.count() / 1'000'000, time.count() % 1'000'000);
}

std::string command_text(const std::vector<std::string>& argv) {
  std::string text;
  for (const auto& word : argv) {
    if (!text.empty()) text += ' ';
    // A redirection that only looks whether a file is there is shown as it is.
    if (text.empty() && (word.starts_with('<') || word.starts_with('>'))) {
      text += word;
      continue;
    }
    text += '\'';
    for (const char letter : word) {
      if (letter == '\'') text += R"('\')";
      text += letter;
    }
    text += '\'';
  }
  return text;
}

ShownScript shown_script(std::vector<std::string> argv, const FindScript& find) {
  ShownScript shown;
  if (!argv.empty() && find) {
    ScriptPath where = find(argv[0]);
    argv[0] = std::move(where.found);
    shown.path = std::move(where.target);
  }
  shown.command = command_text(argv);
  return shown;
}

}  // namespace understudy
