#include "vrrp/recording.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <chrono>
#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <type_traits>
#include <utility>

#include "vrrp/recording_json.hpp"

namespace understudy::vrrp {
namespace {

// ---- Values to JSON

Json to_json(const IpAddress& address) { return address.to_string(); }

Json to_json(const std::vector<IpAddress>& addresses) {
  Json list = Json::array();
  for (const IpAddress& address : addresses) list.push_back(to_json(address));
  return list;
}

Json to_json(const std::optional<MachineMemory>& memory) {
  if (!memory) return nullptr;
  Json out{{"state", static_cast<unsigned>(memory->state)},
           {"master", to_json(memory->master)},
           {"master_interval", nanoseconds(memory->master_interval)},
           {"timer_start", nanoseconds(memory->timer_start)}};
  if (memory->preempt_at) out["preempt_at"] = nanoseconds(*memory->preempt_at);
  return out;
}

/// Writes the members of an input; what it is called comes first.
struct InputWriter {
  Json& out;
  const std::string& configuration;

  void operator()(const Begin& input) const {
    out["input"] = "begin";
    out["configuration"] = text_json(configuration);
    out["sources"] = to_json(input.sources);
    Json memories = Json::array();
    for (const auto& memory : input.memories) memories.push_back(to_json(memory));
    out["memories"] = std::move(memories);
    out["delay"] = nanoseconds(input.delay);
  }
  void operator()(const Reload& input) const {
    out["input"] = "reload";
    out["configuration"] = text_json(configuration);
    out["sources"] = to_json(input.sources);
    out["delay_change"] = nanoseconds(input.delay_change);
    out["tell_states"] = input.tell_states;
  }
  void operator()(const End& /*input*/) const { out["input"] = "end"; }
  void operator()(const DelayPassed& /*input*/) const { out["input"] = "delay_passed"; }
  void operator()(const InstanceEvent& input) const {
    std::visit(*this, input.event);
    out["instance"] = input.instance.value();
  }
  void operator()(const AdvertReceived& event) const {
    out["input"] = "advert";
    out["source"] = to_json(event.source);
    out["version"] = event.advert.version;
    out["vrid"] = event.advert.vrid.value();
    out["priority"] = event.advert.priority.value();
    out["interval_ms"] = event.advert.interval.count();
    out["authentication"] = static_cast<unsigned>(event.advert.authentication);
    out["addresses"] = to_json(event.advert.addresses);
  }
  void operator()(const TimerExpired& /*event*/) const { out["input"] = "timer"; }
  void operator()(const AddressLost& event) const {
    out["input"] = "address_lost";
    out["address"] = to_json(event.address);
  }
  /// The other events of a machine come from the ensemble itself.
  template <typename Event>
  requires std::is_constructible_v<vrrp::Event, Event>
  void operator()(const Event& /*event*/) const { assert(false && "not an input of the ensemble"); }
  void operator()(const SourceChanged& input) const {
    out["input"] = "source";
    out["instance"] = input.instance.value();
    out["address"] = to_json(input.address);
  }
  void operator()(const ObstacleChanged& input) const {
    out["input"] = "obstacle";
    out["instance"] = input.instance.value();
    out["obstacle"] = static_cast<unsigned>(input.obstacle);
    out["present"] = input.present;
  }
  void operator()(const LinkChanged& input) const {
    out["input"] = "link";
    out["interface"] = text_json(input.interface);
    out["up"] = input.up;
  }
  void operator()(const ScriptEnded& input) const {
    out["input"] = "script";
    out["name"] = text_json(input.name);
    out["how"] = static_cast<unsigned>(input.result.how);
    out["code"] = input.result.code;
  }
  void operator()(const ScriptKnown& input) const {
    out["input"] = "script_known";
    out["name"] = text_json(input.name);
    out["score"] = input.state.score;
    out["known"] = input.state.known;
    out["presumed_up"] = input.state.presumed_up;
    out["last_status"] = input.state.last_status;
    out["ran"] = input.state.ran;
  }
  void operator()(const FileRead& input) const {
    out["input"] = "file";
    out["name"] = text_json(input.name);
    out["value"] = input.value;
  }
  void operator()(const ProcessesCounted& input) const {
    out["input"] = "processes";
    out["name"] = text_json(input.name);
    out["count"] = input.count;
  }
  void operator()(const BfdChanged& input) const {
    out["input"] = "bfd";
    out["name"] = text_json(input.name);
    out["up"] = input.up;
  }
};

Json to_json(const RecordingStart& start) {
  return {{"recording", kRecordingFormat},
          {"version", text_json(start.version)},
          {"wall_clock", nanoseconds(start.wall_clock)},
          {"at", nanoseconds(start.at)}};
}

Json to_json(const RecordedInput& recorded) {
  Json out{{"at", nanoseconds(recorded.at)}};
  std::visit(InputWriter{out, recorded.configuration}, recorded.input);
  return out;
}

// ---- JSON to values

std::vector<IpAddress> addresses(Members& in, const char* name) {
  std::vector<IpAddress> result;
  in.each(name, [&](const Json& one) { result.push_back(in.address(one)); });
  return result;
}

std::optional<MachineMemory> memory(Members& in, const Json& json) {
  if (json.is_null()) return std::nullopt;
  Members members(json, in);
  MachineMemory result;
  result.state = members.choice("state", RouterState::stop);
  result.master = members.address("master");
  result.master_interval = members.duration("master_interval");
  result.timer_start = members.time("timer_start");
  if (members.has("preempt_at")) result.preempt_at = members.time("preempt_at");
  return result;
}

InstanceId instance_of(Members& in) { return InstanceId(in.integer<std::uint32_t>("instance")); }

Input read_advert(Members& in) {
  AdvertReceived event;
  event.source = in.address("source");
  event.advert.version = in.integer<std::uint8_t>("version");
  event.advert.vrid = VirtualRouterId(in.integer<std::uint8_t>("vrid"));
  event.advert.priority = Priority(in.integer<std::uint8_t>("priority"));
  event.advert.interval = std::chrono::milliseconds(in.integer<std::uint32_t>("interval_ms"));
  event.advert.authentication = in.choice("authentication", Authentication::ah);
  event.advert.addresses = addresses(in, "addresses");
  return InstanceEvent{instance_of(in), std::move(event)};
}

Input read_begin(Members& in) {
  Begin input;
  input.sources = addresses(in, "sources");
  in.each("memories", [&](const Json& one) { input.memories.push_back(memory(in, one)); });
  input.delay = in.duration("delay");
  return input;
}

Input read_reload(Members& in) {
  Reload input;
  input.sources = addresses(in, "sources");
  input.delay_change = in.duration("delay_change");
  input.tell_states = in.boolean("tell_states");
  return input;
}

Input read_script(Members& in) {
  ScriptEnded input{in.text("name"), {}};
  input.result.how = in.choice("how", ScriptResult::How::timed_out);
  input.result.code = in.integer<int>("code");
  return input;
}

Input read_known_script(Members& in) {
  ScriptKnown input{in.text("name"), {}};
  input.state.score = in.integer<unsigned>("score");
  input.state.known = in.boolean("known");
  input.state.presumed_up = in.boolean("presumed_up");
  input.state.last_status = in.integer<int>("last_status");
  input.state.ran = in.boolean("ran");
  return input;
}

/// What an input is called, and how its members are read.
struct Reader {
  std::string_view name;
  Input (*read)(Members& in);
};

// clang-format off
constexpr std::array kReaders{
    Reader{"advert", read_advert},
    Reader{"timer", [](Members& in) -> Input { return InstanceEvent{instance_of(in), TimerExpired{}}; }},
    Reader{"address_lost", [](Members& in) -> Input { return InstanceEvent{instance_of(in), AddressLost{in.address("address")}}; }},
    Reader{"begin", read_begin},
    Reader{"reload", read_reload},
    Reader{"end", [](Members& /*in*/) -> Input { return End{}; }},
    Reader{"source", [](Members& in) -> Input { return SourceChanged{instance_of(in), in.address("address")}; }},
    Reader{"obstacle", [](Members& in) -> Input { return ObstacleChanged{instance_of(in), in.choice("obstacle", Obstacle::no_interface), in.boolean("present")}; }},
    Reader{"link", [](Members& in) -> Input { return LinkChanged{in.text("interface"), in.boolean("up")}; }},
    Reader{"script", read_script},
    Reader{"script_known", read_known_script},
    Reader{"file", [](Members& in) -> Input { return FileRead{in.text("name"), in.integer<std::int64_t>("value")}; }},
    Reader{"processes", [](Members& in) -> Input { return ProcessesCounted{in.text("name"), in.integer<unsigned>("count")}; }},
    Reader{"bfd", [](Members& in) -> Input { return BfdChanged{in.text("name"), in.boolean("up")}; }},
    Reader{"delay_passed", [](Members& /*in*/) -> Input { return DelayPassed{}; }},
};
// clang-format on

Result<RecordingLine> read_start(Members& in) {
  if (const auto format = in.integer<unsigned>("recording");
      in.problem().empty() && format != kRecordingFormat) {
    return Error{fmt::format("format {} of a recording is not known", format)};
  }
  RecordingStart start{in.text("version"), in.duration("wall_clock"), in.time("at")};
  if (!in.problem().empty()) return Error{in.problem()};
  return RecordingLine(std::move(start));
}

Result<RecordingLine> read_input(Members& in) {
  const std::string name = in.text("input");
  if (!in.problem().empty()) return Error{in.problem()};
  const auto reader = std::ranges::find(kReaders, name, &Reader::name);
  if (reader == kReaders.end()) return Error{fmt::format("unknown input '{}'", name)};
  RecordedInput recorded;
  recorded.at = in.time("at");
  recorded.input = reader->read(in);
  const bool configured = std::holds_alternative<Begin>(recorded.input) ||
                          std::holds_alternative<Reload>(recorded.input);
  if (configured) recorded.configuration = in.text("configuration");
  if (!in.problem().empty()) return Error{in.problem()};
  return RecordingLine(std::move(recorded));
}

}  // namespace

std::string encode(const RecordingLine& line) {
  return std::visit([](const auto& what) { return to_json(what); }, line).dump();
}

Result<RecordingLine> decode_recording_line(std::string_view line) {
  const Json json = Json::parse(line, nullptr, false);
  if (!json.is_object()) return Error{"not a JSON object"};
  Members in(json);
  return in.has("recording") ? read_start(in) : read_input(in);
}

}  // namespace understudy::vrrp
