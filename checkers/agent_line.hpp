// The line by which an agent says how its server is: HAProxy's agent-check protocol
// (configuration.txt, "agent-check"). No sockets: text in, what it means out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "checkers/dialogue.hpp"
#include "checkers/duty.hpp"

namespace understudy::checkers {

/// The words about health; all but `up` mean down.
enum class AgentHealth : std::uint8_t { up, down, stopped, fail };

/// What an agent says. What it does not say stays as it was.
struct AgentLine {
  std::optional<AgentHealth> health;
  /// "75%": so much of the configured weight.
  std::optional<int> percent;
  /// ready, drain, maint.
  std::optional<Duty> duty;
  /// What stands after a #, printable.
  std::string description;
  /// The first word that means nothing, printable; empty: there is none.
  std::string unknown;
  bool operator==(const AgentLine&) const = default;
};

/// Reads a line without its end: words between blanks, tabs and commas, in any case and order; of
/// several of a kind the last counts. "maxconn:N" is understood and means nothing here.
[[nodiscard]] AgentLine parse_agent_line(std::string_view line);

/// Says what the agent wants to hear and takes its line, which ends at the first CR or LF.
class AgentDialogue : public Dialogue {
 public:
  /// Of the line, its end included.
  static constexpr std::size_t kLongest = 4096;

  explicit AgentDialogue(std::string opening) : opening_(std::move(opening)) {}

  std::string take_output() override { return std::exchange(opening_, {}); }
  void receive(ByteView data) override;
  void end() override { over_ = true; }
  [[nodiscard]] bool over() const override { return over_; }
  /// A line that is too long or has no end is none.
  [[nodiscard]] bool answered() const override { return complete_; }
  /// Without its end; once answered().
  [[nodiscard]] std::string_view line() const { return line_; }

 private:
  std::string opening_;
  std::string line_;
  bool over_ = false;
  bool complete_ = false;
};

}  // namespace understudy::checkers
