// Configuration files in a directory of their own, and what is read from them.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "parser/source.hpp"
#include "tests/support/temporary_directory.hpp"

namespace understudy::test {

using TextFiles = TemporaryDirectory;

/// A text put together, and what was said about it.
struct ReadText {
  parser::Source source;
  std::vector<parser::Diagnostic> problems;

  /// "FILE:NUMBER TEXT" per line; files by their last part.
  [[nodiscard]] std::string lines() const {
    std::string all;
    for (const auto& line : source.text.lines()) {
      all += std::filesystem::path(source.text.files().at(line.file)).filename().string() + ":" +
             std::to_string(line.number) + " " + std::string(line.text.substr(line.skip)) + "\n";
    }
    return all;
  }
  /// The lines' texts, with '|' between them.
  [[nodiscard]] std::string texts() const {
    std::string all;
    for (const auto& line : source.text.lines()) {
      all += (all.empty() ? "" : "|") + std::string(line.text.substr(line.skip));
    }
    return all;
  }
  /// The original's line of each complaint.
  [[nodiscard]] std::string said() const {
    std::string all;
    for (const auto& problem : problems) all += first_line(problem) + "\n";
    return all;
  }
};

inline ReadText read_text_file(const std::string& path, const std::string& config_id = {},
                               std::uint64_t budget = parser::SourceOptions::kBudget) {
  ReadText result;
  result.source = parser::read_source({path, config_id, budget}, result.problems);
  return result;
}

/// What a file of this text says.
inline ReadText read_text(std::string_view text, const std::string& config_id = {},
                          std::uint64_t budget = parser::SourceOptions::kBudget) {
  const TextFiles files;
  return read_text_file(files.write("m.conf", text), config_id, budget);
}

}  // namespace understudy::test
