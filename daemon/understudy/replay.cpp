#include "daemon/understudy/replay.hpp"

#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "daemon/base/fd.hpp"
#include "daemon/config.hpp"
#include "daemon/understudy/replay_text.hpp"
#include "vrrp/diff.hpp"
#include "vrrp/wiring.hpp"

namespace understudy::tool {
namespace {

using namespace vrrp;

/// The configuration that a recording has as text.
Result<std::shared_ptr<const VrrpConfig>> read_configuration(const std::string& text) {
  const Fd file(memfd_create("recording", MFD_CLOEXEC));
  if (!file || fchmod(file.get(), S_IRUSR) < 0) return Error::from_errno(errno, "memory");
  for (std::string_view rest = text; !rest.empty();) {
    const ssize_t written = write(file.get(), rest.data(), rest.size());
    if (written < 0) return Error::from_errno(errno, "memory");
    rest.remove_prefix(static_cast<std::size_t>(written));
  }
  LoadOptions options;
  options.path = fmt::format("/proc/self/fd/{}", file.get());
  Loaded loaded = load_config(options);
  if (!loaded.start_refusal.empty()) return Error{loaded.start_refusal};
  VrrpConfig config = std::move(loaded.config.vrrp);
  // The names of VMACs for addresses are no part of the text.
  if (needs_wiring(config)) wire(config, {}, {});
  return std::make_shared<const VrrpConfig>(std::move(config));
}

const char* const kNoRun = "an input before the run has begun";

}  // namespace

Result<ReplayedStep> Replay::step(std::string_view line) {
  auto decoded = decode_recording_line(line);
  if (!decoded) return decoded.error();
  if (const auto* start = std::get_if<RecordingStart>(&*decoded)) return begin(*start);
  return replay(std::get<RecordedInput>(std::move(*decoded)));
}

Result<ReplayedStep> Replay::begin(const RecordingStart& start) {
  ensemble_ = std::make_unique<Ensemble>();
  known_.clear();
  running_ = false;
  last_ = TimePoint::min();
  wall_clock_ = start.wall_clock;
  begun_ = true;
  ReplayedStep step;
  step.begins_run = true;
  step.wall_clock = wall_clock_ + start.at.time_since_epoch();
  step.input = fmt::format("a run of version {} begins", start.version);
  return step;
}

Result<void> Replay::configure(RecordedInput& recorded) {
  auto* begin = std::get_if<Begin>(&recorded.input);
  auto* reload = std::get_if<Reload>(&recorded.input);
  const bool is_fact = !std::holds_alternative<InstanceEvent>(recorded.input);
  if (begin == nullptr && reload == nullptr) {
    if (running_ || is_fact) return {};
    return Error{kNoRun};
  }
  if (reload != nullptr && !running_) return Error{kNoRun};
  auto config = read_configuration(recorded.configuration);
  if (!config) return config.error();
  const std::size_t count = (*config)->instances.size();
  const auto& sources = begin != nullptr ? begin->sources : reload->sources;
  if (sources.size() != count) return Error{"not one source for each instance"};
  if (begin != nullptr) {
    if (running_) return Error{"a second beginning"};
    if (!begin->memories.empty() && begin->memories.size() != count) {
      return Error{"not one memory for each instance"};
    }
    begin->config = std::move(*config);
    running_ = true;
  } else {
    reload->difference = diff(ensemble_->config(), **config);
    reload->config = std::move(*config);
  }
  return {};
}

Result<ReplayedStep> Replay::replay(RecordedInput recorded) {
  if (!begun_) return Error{"not a recording: its first line begins no run"};
  if (recorded.at < last_) return Error{"time goes backwards"};
  last_ = recorded.at;
  if (auto configured = configure(recorded); !configured) return configured.error();
  ReplayedStep step;
  step.wall_clock = wall_clock_ + recorded.at.time_since_epoch();
  // Before the step: a removed instance has its name until then.
  step.input = describe(recorded.input);
  take(ensemble_->step(recorded.input, recorded.at), step);
  return step;
}

void Replay::take(const Outcome& outcome, ReplayedStep& step) {
  for (const Deeds& deeds : outcome) {
    ReplayedSubject one = subject(deeds.of);
    one.actions = deeds.actions;
    auto [known, is_new] =
        known_.try_emplace(fmt::format("{} {}", one.kind, one.name), RouterState::init);
    step.changed |= std::exchange(known->second, one.state) != one.state;
    const auto same = std::ranges::find_if(step.subjects, [&](const ReplayedSubject& other) {
      return other.kind == one.kind && other.name == one.name;
    });
    if (same == step.subjects.end()) {
      step.subjects.push_back(std::move(one));
      continue;
    }
    same->state = one.state;
    same->actions.insert(same->actions.end(), one.actions.begin(), one.actions.end());
  }
}

ReplayedSubject Replay::subject(const Subject& of) const {
  ReplayedSubject result;
  if (const auto* id = std::get_if<InstanceId>(&of)) {
    const Machine& machine = ensemble_->machine(*id);
    result.kind = "instance";
    result.name = machine.config().name;
    result.state = machine.state();
    result.priority = machine.effective_priority().value();
  } else if (const auto* group = std::get_if<GroupId>(&of)) {
    result.kind = "group";
    result.name = ensemble_->group(*group).config().name;
    result.state = ensemble_->group(*group).state();
  } else {
    result.kind = "node";
  }
  return result;
}

std::string Replay::name_of_instance(InstanceId id) const {
  const auto& all = ensemble_->instances();
  if (std::ranges::find(all, id) == all.end()) return fmt::format("instance {}", id.value());
  return ensemble_->machine(id).config().name;
}

std::string Replay::describe(const Input& input) const {
  return tool::describe(input, [this](InstanceId id) { return name_of_instance(id); });
}

}  // namespace understudy::tool
