#include "checkers/agent.hpp"

#include <fmt/format.h>

#include <utility>

namespace understudy::checkers {
namespace {

using Result = ProbeOutcome::Result;

Exchange::Options exchange_options(const AgentCheck& check) {
  Exchange::Options options;
  options.endpoint = check.endpoint;
  options.timeout = check.timing.connect_timeout;
  // Once for the connection, once for the line.
  options.longest = 2 * check.timing.connect_timeout;
  return options;
}

std::string_view trouble_words(ExchangeEnd end) {
  switch (end) {
    case ExchangeEnd::connect_timed_out:
      return "does not take a connection in time";
    case ExchangeEnd::no_data:
      return "says no complete line";
    case ExchangeEnd::response_timed_out:
    case ExchangeEnd::read_timed_out:
      return "says no complete line in time";
    case ExchangeEnd::no_socket:
    case ExchangeEnd::not_started:
      return "is not asked: no socket can be set up";
    case ExchangeEnd::send_failed:
    case ExchangeEnd::read_failed:
      return "breaks off";
    default:
      return "takes no connection";
  }
}

std::string_view word_of(AgentHealth health) {
  switch (health) {
    case AgentHealth::up:
      break;
    case AgentHealth::down:
      return "down";
    case AgentHealth::stopped:
      return "stopped";
    case AgentHealth::fail:
      return "fail";
  }
  return "up";
}

std::string_view word_of(Duty duty) {
  switch (duty) {
    case Duty::serve:
      break;
    case Duty::drain:
      return "drain";
    case Duty::maintain:
      return "maint";
  }
  return "ready";
}

std::string with(std::string_view word, const std::string& description) {
  return description.empty() ? std::string(word) : fmt::format("{} ({})", word, description);
}

}  // namespace

AgentProbe::AgentProbe(const ProbeHost& host, AgentCheck check, const ProbeLabels& labels,
                       ProbeReport report)
    : log_(host.log),
      send_(std::move(check.send)),
      server_(labels.server),
      report_(std::move(report)),
      exchange_(host.loop, host.log, exchange_options(check),
                [this](ExchangeEnd end) { on_end(end); }) {}

void AgentProbe::start(std::size_t /*step*/) {
  dialogue_.emplace(send_);
  exchange_.start(*dialogue_);
}

void AgentProbe::cancel() {
  exchange_.cancel();
  dialogue_.reset();
}

void AgentProbe::on_end(ExchangeEnd end) {
  const auto outcome = end == ExchangeEnd::answered ? weigh(parse_agent_line(dialogue_->line()))
                                                    : no_answer(trouble_words(end));
  dialogue_.reset();
  report_(outcome);
}

ProbeOutcome AgentProbe::weigh(const AgentLine& line) {
  trouble_.clear();
  if (std::exchange(unknown_, line.unknown) != line.unknown && !line.unknown.empty()) {
    log_.info("Agent of {} says '{}', which means nothing - ignoring", server_, line.unknown);
  }
  if (line.duty && std::exchange(duty_, line.duty) != line.duty) {
    log_.info("Agent of {} says {}", server_, with(word_of(*line.duty), line.description));
  }
  if (line.health == AgentHealth::up) {
    down_.clear();
  } else if (line.health) {
    down_ = with(word_of(*line.health), line.description);
  }
  ProbeOutcome outcome;
  if (!down_.empty()) {
    outcome.result = Result::failed;
    outcome.line = fmt::format("Agent of {} says {}", server_, down_);
  }
  if (line.percent) outcome.weight = WeightWord::percent(*line.percent);
  outcome.duty = line.duty;
  return outcome;
}

ProbeOutcome AgentProbe::no_answer(std::string_view why) {
  ProbeOutcome outcome;
  outcome.result = Result::not_made;
  if (trouble_ != why) outcome.line = fmt::format("Agent of {} {}", server_, why);
  trouble_ = why;
  return outcome;
}

}  // namespace understudy::checkers
