#include "daemon/understudy/replay_text.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <array>
#include <chrono>
#include <ctime>
#include <utility>

#include "vrrp/recording_json.hpp"

namespace understudy::tool {
namespace {

using namespace vrrp;

std::string_view on_off(bool up) { return up ? "up" : "down"; }

std::string result_of(const ScriptResult& result) {
  switch (result.how) {
    case ScriptResult::How::exited:
      return fmt::format("exited with status {}", result.code);
    case ScriptResult::How::signalled:
      return fmt::format("was ended by signal {}", result.code);
    case ScriptResult::How::timed_out:
      break;
  }
  return "took too long";
}

std::string source_of(const IpAddress& address) {
  return address.empty() ? "no source address" : "source address " + address.to_string();
}

struct DescribeEvent {
  const std::string& instance;

  std::string operator()(const AdvertReceived& event) const {
    return fmt::format("{}: advert from {}, priority {}", instance, event.source.to_string(),
                       event.advert.priority.value());
  }
  std::string operator()(const TimerExpired& /*event*/) const { return instance + ": timer"; }
  std::string operator()(const AddressLost& event) const {
    return fmt::format("{}: address {} deleted by somebody", instance, event.address.to_string());
  }
  /// What a recording does not have.
  template <typename Other>
  std::string operator()(const Other& /*event*/) const {
    return instance;
  }
};

struct DescribeInput {
  const std::function<std::string(InstanceId)>& name;

  std::string operator()(const Begin& input) const {
    return fmt::format("begin: instances: {}", input.config->instances.size());
  }
  std::string operator()(const Reload& input) const {
    const InstanceDiff& difference = input.difference;
    return fmt::format("reload: instances: {} kept, {} changed, {} removed, {} added",
                       difference.kept.size(), difference.changed.size(), difference.removed.size(),
                       difference.added.size());
  }
  std::string operator()(const End& /*input*/) const { return "end"; }
  std::string operator()(const InstanceEvent& input) const {
    return std::visit(DescribeEvent{name(input.instance)}, input.event);
  }
  std::string operator()(const SourceChanged& input) const {
    return fmt::format("{}: {}", name(input.instance), source_of(input.address));
  }
  std::string operator()(const ObstacleChanged& input) const {
    static constexpr std::array kObstacles{"source address", "interface", "VRID of its own"};
    return fmt::format("{}: {} {}", name(input.instance), input.present ? "no" : "again a",
                       kObstacles.at(static_cast<std::size_t>(input.obstacle)));
  }
  std::string operator()(const LinkChanged& input) const {
    return fmt::format("interface {} is {}", input.interface, on_off(input.up));
  }
  std::string operator()(const ScriptEnded& input) const {
    return fmt::format("script {} {}", input.name, result_of(input.result));
  }
  std::string operator()(const ScriptKnown& input) const {
    return fmt::format("script {} had status {} before", input.name, input.state.last_status);
  }
  std::string operator()(const FileRead& input) const {
    return fmt::format("file {} has {}", input.name, input.value);
  }
  std::string operator()(const ProcessesCounted& input) const {
    return fmt::format("process {} runs {} times", input.name, input.count);
  }
  std::string operator()(const BfdChanged& input) const {
    return fmt::format("BFD session {} is {}", input.name, on_off(input.up));
  }
  std::string operator()(const DelayPassed& /*input*/) const { return "the delay has passed"; }
};

struct DescribeAction {
  std::string operator()(const SendAdvert& action) const {
    return fmt::format("advert {}", action.priority.value());
  }
  std::string operator()(const AddAddresses& /*action*/) const { return "add addresses"; }
  std::string operator()(const RemoveAddresses& /*action*/) const { return "remove addresses"; }
  std::string operator()(const RestoreAddress& action) const {
    return "restore " + action.address.to_string();
  }
  std::string operator()(const Announce& action) const {
    std::string text = fmt::format("announce {} times", action.repeat);
    for (const IpAddress& address : action.only) text += " " + address.to_string();
    return text;
  }
  std::string operator()(const AnnounceInterfaces& /*action*/) const {
    return "announce further interfaces";
  }
  std::string operator()(const CancelAnnouncements& /*action*/) const {
    return "cancel announcements";
  }
  std::string operator()(const Notify& action) const {
    static constexpr std::array kNews{"", " (priority)", " (lesser master)", " (deleted)",
                                      " (reminder)"};
    return fmt::format("notify {}{}{}", state_name(action.state),
                       kNews.at(static_cast<std::size_t>(action.news)),
                       action.mail ? " and mail" : "");
  }
  std::string operator()(const LogLine& action) const { return "log: " + action.text; }
};

/// "2026-11-21 08:11:43.123456", in UTC.
std::string time_text(Duration wall_clock) {
  using namespace std::chrono;
  const auto whole = floor<seconds>(wall_clock);
  const auto micro = duration_cast<microseconds>(wall_clock - whole).count();
  return fmt::format("{:%Y-%m-%d %H:%M:%S}.{:06}", fmt::gmtime(std::time_t{whole.count()}), micro);
}

std::string standing(const ReplayedSubject& subject) {
  if (subject.kind == "node") return {};
  const std::string what = subject.kind == "group" ? "group " + subject.name : subject.name;
  if (subject.kind == "group") return fmt::format("{} {}", what, state_name(subject.state));
  return fmt::format("{} {} {}", what, state_name(subject.state), subject.priority);
}

}  // namespace

std::string_view state_name(RouterState state) {
  static constexpr std::array<std::string_view, 5> kNames{"INIT", "BACKUP", "MASTER", "FAULT",
                                                          "STOP"};
  return kNames.at(static_cast<std::size_t>(state));
}

std::string describe(const Input& input, const std::function<std::string(InstanceId)>& name) {
  return std::visit(DescribeInput{name}, input);
}

std::string describe(const Action& action) { return std::visit(DescribeAction{}, action); }

std::string to_text(const ReplayedStep& step) {
  std::string text = fmt::format("{}  {}\n", time_text(step.wall_clock), step.input);
  for (const ReplayedSubject& subject : step.subjects) {
    const std::string head = standing(subject);
    if (!head.empty()) text += fmt::format("    {}\n", head);
    for (const Action& action : subject.actions) {
      text += fmt::format("        {}\n", describe(action));
    }
  }
  return text;
}

Json to_json(const ReplayedStep& step) {
  Json subjects = Json::array();
  for (const ReplayedSubject& subject : step.subjects) {
    Json one{{"kind", std::string(subject.kind)}};
    if (subject.kind != "node") {
      one["name"] = text_json(subject.name);
      one["state"] = std::string(state_name(subject.state));
    }
    if (subject.kind == "instance") one["priority"] = subject.priority;
    one["actions"] = Json::array();
    for (const Action& action : subject.actions) {
      one["actions"].push_back(text_json(describe(action)));
    }
    subjects.push_back(std::move(one));
  }
  return {{"time", time_text(step.wall_clock) + "Z"},
          {"input", text_json(step.input)},
          {"changed", step.changed},
          {"concerned", std::move(subjects)}};
}

}  // namespace understudy::tool
