// AGENT_CHECK: a program beside the service says how much work its server is to get.
//
// As in HAProxy, only what the agent says counts: one that cannot be reached or says nothing
// complete changes nothing, and what a line leaves out stays as it was.
#pragma once

#include <optional>
#include <string>

#include "checkers/agent_line.hpp"
#include "checkers/exchange.hpp"
#include "checkers/probe.hpp"

namespace understudy::checkers {

/// The probe of AGENT_CHECK.
class AgentProbe : public Probe {
 public:
  /// `host` and what `labels` refers to outlive it.
  AgentProbe(const ProbeHost& host, AgentCheck check, const ProbeLabels& labels,
             ProbeReport report);

  void start(std::size_t step) override;
  void cancel() override;

 private:
  void on_end(ExchangeEnd end);
  [[nodiscard]] ProbeOutcome weigh(const AgentLine& line);
  [[nodiscard]] ProbeOutcome no_answer(std::string_view why);

  Log& log_;
  std::string send_;
  std::string_view server_;
  ProbeReport report_;
  /// The last word about health that was not "up"; empty: the server is up as far as it says.
  std::string down_;
  std::optional<Duty> duty_;
  /// The last trouble with the agent and the last word not understood: told once.
  std::string trouble_;
  std::string unknown_;
  std::optional<AgentDialogue> dialogue_;
  Exchange exchange_;
};

}  // namespace understudy::checkers
