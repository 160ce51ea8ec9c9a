#include "tests/support/vrrp_node.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "vrrp/notification.hpp"

namespace understudy::vrrp {

VrrpConfig instances(std::size_t number) {
  VrrpConfig config;
  for (std::size_t i = 0; i < number; ++i) {
    InstanceConfig one = instance();
    one.name = fmt::format("VI_{}", i + 1);
    one.interface = fmt::format("eth{}", i);
    one.vrid = VirtualRouterId(static_cast<std::uint8_t>(51 + i));
    config.instances.push_back(std::move(one));
  }
  return config;
}

VrrpConfig synced(std::size_t number) {
  VrrpConfig config = instances(number);
  SyncGroup group;
  group.name = "G1";
  for (const InstanceConfig& one : config.instances) group.members.push_back(one.name);
  config.groups.push_back(std::move(group));
  return config;
}

Node& Node::begin(Begin input) {
  for (const InstanceConfig& one : config_->instances) {
    tell_link(one.interface);
  }
  input.config = config_;
  if (input.sources.empty()) {
    input.sources.assign(config_->instances.size(), ip("10.0.0.1"));
  }
  return at(now, input);
}

Node& Node::link(const std::string& interface, bool up) {
  links_[interface] = up;
  return at(now, LinkChanged{interface, up});
}

/// As Routers: an interface that is tracked from now on.
void Node::tell_link(const std::string& interface) {
  if (ensemble.facts().tracks_link(interface)) return;
  const bool up = links_.try_emplace(interface, true).first->second;
  link(interface, up);
}

Node& Node::reload(VrrpConfig config) {
  Reload input;
  input.config = std::make_shared<const VrrpConfig>(std::move(config));
  input.difference = diff(*config_, *input.config);
  input.sources.assign(input.config->instances.size(), ip("10.0.0.1"));
  for (const InstanceConfig& one : input.config->instances) {
    tell_link(one.interface);
  }
  config_ = input.config;
  return at(now, input);
}

Node& Node::at(Duration offset, const Input& input) {
  now = offset;
  keep(ensemble.step(input, kEpoch + now));
  return *this;
}

Node& Node::run_until(Duration offset) {
  while (true) {
    std::optional<TimePoint> first = ensemble.deadline();
    Input input = DelayPassed{};
    for (const InstanceId id : ensemble.instances()) {
      const auto due = ensemble.deadline(id);
      if (!due || (first && *first <= *due)) continue;
      first = due;
      input = InstanceEvent{id, TimerExpired{}};
    }
    if (!first || *first > kEpoch + offset) break;
    at(*first - kEpoch, input);
  }
  now = offset;
  return *this;
}

Node& Node::hear(std::size_t number, unsigned priority, const char* source) {
  return at(now, InstanceEvent{ensemble.instances().at(number), advert(priority, source)});
}

std::string Node::states() const {
  std::string text;
  for (const InstanceId id : ensemble.instances()) {
    text += (text.empty() ? "" : " ") + std::string(name(ensemble.machine(id).state()));
  }
  return text;
}

void Node::keep(const Outcome& outcome) {
  for (const Deeds& deeds : outcome) {
    for (const Action& action : deeds.actions) keep(deeds, action);
  }
}

void Node::keep(const Deeds& deeds, const Action& action) {
  if (const auto* line = std::get_if<LogLine>(&action)) {
    story_.push_back(line->text);
  } else if (const auto* notify = std::get_if<Notify>(&action)) {
    const auto* group = std::get_if<GroupId>(&deeds.of);
    const auto told =
        group != nullptr
            ? make_notification(ensemble.group(*group).config(), *notify)
            : make_notification(ensemble.machine(std::get<InstanceId>(deeds.of)).config(), *notify);
    story_.push_back("FIFO " + told.fifo_line);
    if (told.mail) story_.push_back("MAIL " + told.mail->subject);
  } else {
    const auto& config = ensemble.machine(std::get<InstanceId>(deeds.of)).config();
    deeds_.push_back(config.name + " " + describe(action));
  }
}

std::vector<std::string> Node::story() { return std::exchange(story_, {}); }

std::vector<std::string> Node::deeds() { return std::exchange(deeds_, {}); }

}  // namespace understudy::vrrp
