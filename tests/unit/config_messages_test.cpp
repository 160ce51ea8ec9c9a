// Every complaint in the original's words: tests/config/messages.txt has texts, and what keepalived
// 2.4.3 says to them where nothing depends on the machine.
#include <algorithm>
#include <catch2/catch.hpp>
#include <fstream>
#include <string>
#include <vector>

#include "tests/support/config_file.hpp"

using namespace understudy;
using namespace understudy::test;

namespace {

struct Case {
  std::string name;
  std::string text;
  int status = -1;
  std::vector<std::string> messages;
};

/// "=== NAME", the text, "--- status N", the messages.
std::vector<Case> read_cases() {
  std::vector<Case> cases;
  std::ifstream file(MESSAGES_FILE);
  const std::string status = "--- status ";
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("=== ")) {
      cases.emplace_back().name = line.substr(4);
    } else if (line.starts_with(status)) {
      cases.back().status = std::stoi(line.substr(status.size()));
    } else if (cases.back().status < 0) {
      cases.back().text += line + "\n";
    } else {
      cases.back().messages.push_back(line);
    }
  }
  return cases;
}

/// The original's processes repeat each other; a line counts once.
std::vector<std::string> unique(std::vector<std::string> lines) {
  std::vector<std::string> kept;
  for (auto& line : lines) {
    // The parent does not name the only file there is; the other processes do.
    if (line.starts_with("(F: Line ")) {
      const auto short_form = "(" + line.substr(3 + 1);
      if (std::ranges::find(kept, short_form) != kept.end()) continue;
    }
    if (std::ranges::find(kept, line) == kept.end()) kept.push_back(std::move(line));
  }
  return kept;
}

}  // namespace

TEST_CASE("statuses and messages are the original's") {
  const auto cases = read_cases();
  REQUIRE(cases.size() > 50);
  for (const auto& expected : cases) {
    INFO(expected.name << "\n" << expected.text);
    const auto loaded = load_text(expected.text);
    CHECK(loaded.test_status == expected.status);
    CHECK(unique(messages(loaded)) == unique(expected.messages));
  }
}
