// The state machine of RFC 3768 section 6.4 and RFC 5798 section 6.4, case by case. The text of
// each case is the specification; a case is data, and reads as: given this router, when these
// events come at these times, then these are the actions, this the state, and this the time the
// timer fires.
#include <catch2/catch.hpp>
#include <sstream>

#include "tests/support/vrrp_values.hpp"
#include "vrrp/machine.hpp"

using namespace understudy;
using namespace understudy::vrrp;
using namespace std::chrono_literals;

namespace {

/// How the router of a case differs from VI_1 (priority 100, address 10.0.0.5, one second).
struct Given {
  unsigned priority = 100;
  std::uint8_t version = 2;
  bool nopreempt = false;
};

/// Events: "start", "timer", "stop", "advert PRIORITY SOURCE [MILLISECONDS]".
struct When {
  Duration at;
  const char* event;
  const char* actions;
};

struct Case {
  const char* number;
  const char* specification;
  Given given;
  std::vector<When> when;
  RouterState state;
  /// When the router's timer fires next; nullopt: it has none.
  std::optional<Duration> timer;
};

constexpr const char* kTakeOver = "advert 100; add; announce 5; notify MASTER 100";
constexpr const char* kBecomeBackup = "remove; notify BACKUP 100";
/// Master_Down_Interval and Skew_Time of priority 100 at one second.
constexpr Duration kDown = 3609375us;
constexpr Duration kSkew = 609375us;

const Case kCases[] = {
    {"3768-6.4.1-1",
     "Initialize, Startup, Priority = 255: send an ADVERTISEMENT, broadcast a gratuitous ARP for "
     "each "
     "IP address, set the Adver_Timer to Advertisement_Interval, transition to Master",
     {255},
     {{0s, "start", "remove; advert 255; add; announce 5; notify MASTER 255"}},
     RouterState::master,
     1s},
    {"3768-6.4.1-2",
     "Initialize, Startup, otherwise: set the Master_Down_Timer to Master_Down_Interval, "
     "transition "
     "to Backup",
     {},
     {{0s, "start", kBecomeBackup}},
     RouterState::backup,
     kDown},
    {"3768-6.4.2-1",
     "Backup, Shutdown: cancel the Master_Down_Timer, transition to Initialize",
     {},
     {{0s, "start", kBecomeBackup}, {1s, "stop", "notify STOP 100"}},
     RouterState::stop,
     std::nullopt},
    {"3768-6.4.2-2",
     "Backup, the Master_Down_Timer fires: send an ADVERTISEMENT, broadcast gratuitous ARPs, set "
     "the "
     "Adver_Timer, transition to Master",
     {},
     {{0s, "start", kBecomeBackup}, {kDown, "timer", kTakeOver}},
     RouterState::master,
     kDown + 1s},
    {"3768-6.4.2-3",
     "Backup, ADVERTISEMENT with Priority 0: set the Master_Down_Timer to Skew_Time",
     {},
     {{0s, "start", kBecomeBackup},
      {1s, "advert 200 10.0.0.9", ""},
      {1500ms, "advert 0 10.0.0.9", ""}},
     RouterState::backup,
     1500ms + kSkew},
    {"3768-6.4.2-4",
     "Backup, Preempt_Mode False: reset the Master_Down_Timer to Master_Down_Interval",
     {100, 2, true},
     {{0s, "start", kBecomeBackup}, {1s, "advert 1 10.0.0.9", ""}},
     RouterState::backup,
     1s + kDown},
    {"3768-6.4.2-5",
     "Backup, Priority greater than the local Priority: reset the Master_Down_Timer",
     {},
     {{0s, "start", kBecomeBackup}, {1s, "advert 101 10.0.0.1", ""}},
     RouterState::backup,
     1s + kDown},
    {"3768-6.4.2-6",
     "Backup, Priority equal to the local Priority: reset the Master_Down_Timer, whatever the "
     "address",
     {},
     {{0s, "start", kBecomeBackup}, {1s, "advert 100 10.0.0.1", ""}},
     RouterState::backup,
     1s + kDown},
    {"3768-6.4.2-7",
     "Backup, otherwise: discard the ADVERTISEMENT",
     {},
     {{0s, "start", kBecomeBackup}, {1s, "advert 99 10.0.0.9", ""}},
     RouterState::backup,
     kDown},
    {"3768-6.4.3-1",
     "Master, Shutdown: cancel the Adver_Timer, send an ADVERTISEMENT with Priority = 0, "
     "transition "
     "to Initialize",
     {},
     {{0s, "start", kBecomeBackup},
      {kDown, "timer", kTakeOver},
      {4s, "stop", "advert 0; cancel; remove; notify STOP 100"}},
     RouterState::stop,
     std::nullopt},
    {"3768-6.4.3-2",
     "Master, the Adver_Timer fires: send an ADVERTISEMENT, reset the Adver_Timer",
     {},
     {{0s, "start", kBecomeBackup},
      {kDown, "timer", kTakeOver},
      {kDown + 1s, "timer", "advert 100"}},
     RouterState::master,
     kDown + 2s},
    {"3768-6.4.3-3",
     "Master, ADVERTISEMENT with Priority 0: send an ADVERTISEMENT, reset the Adver_Timer",
     {},
     {{0s, "start", kBecomeBackup},
      {kDown, "timer", kTakeOver},
      {4s, "advert 0 10.0.0.9", "advert 100"}},
     RouterState::master,
     5s},
    {"3768-6.4.3-4",
     "Master, Priority greater than the local Priority: cancel the Adver_Timer, set the "
     "Master_Down_Timer to Master_Down_Interval, transition to Backup (and, ours: say goodbye)",
     {},
     {{0s, "start", kBecomeBackup},
      {kDown, "timer", kTakeOver},
      {4s, "advert 101 10.0.0.1", "advert 100; cancel; remove; notify BACKUP 100"}},
     RouterState::backup,
     4s + kDown},
    {"3768-6.4.3-5",
     "Master, equal Priority and the sender's primary IP address greater than the local one: as "
     "above",
     {},
     {{0s, "start", kBecomeBackup},
      {kDown, "timer", kTakeOver},
      {4s, "advert 100 10.0.0.6", "advert 100; cancel; remove; notify BACKUP 100"}},
     RouterState::backup,
     4s + kDown},
    {"3768-6.4.3-6",
     "Master, equal Priority and a lower address: remain master (and, as the original: advert and "
     "announce, so that the other gives way; unlike it, tell scripts anew)",
     {},
     {{0s, "start", kBecomeBackup},
      {kDown, "timer", kTakeOver},
      {4s, "advert 100 10.0.0.4",
       "advert 100; announce 5; notify MASTER 100; notify MASTER 100 lesser"}},
     RouterState::master,
     5s},
    {"3768-7.1",
     "The Adver Interval MUST be the same as the locally configured one, else the packet is "
     "discarded",
     {},
     {{0s, "start", kBecomeBackup}, {1s, "advert 200 10.0.0.9 2000", ""}},
     RouterState::backup,
     kDown},
    {"5798-6.1",
     "Preempt_Mode: the router that owns the address always preempts independent of this flag",
     {255, 2, true},
     {{0s, "start", "remove; advert 255; add; announce 5; notify MASTER 255"},
      {500ms, "advert 254 10.0.0.9",
       "advert 255; announce 5; notify MASTER 255; notify MASTER 255 lesser"}},
     RouterState::master,
     1500ms},
    {"5798-6.4.2-1",
     "Backup: set Master_Adver_Interval to the Adver Interval of the ADVERTISEMENT, recompute "
     "Skew_Time and Master_Down_Interval, reset the Master_Down_Timer",
     {100, 3},
     {{0s, "start", kBecomeBackup}, {1s, "advert 200 10.0.0.9 100", ""}},
     RouterState::backup,
     1s + kDown / 10},
    {"5798-6.4.2-2",
     "Backup, Priority 0: set the Master_Down_Timer to Skew_Time, of the master's interval",
     {100, 3},
     {{0s, "start", kBecomeBackup},
      {1s, "advert 200 10.0.0.9 100", ""},
      {1100ms, "advert 0 10.0.0.9 100", ""}},
     RouterState::backup,
     1100ms + kSkew / 10},
    {"5798-6.4.2-3",
     "Master of version 3 uses its own Advertisement_Interval",
     {100, 3},
     {{0s, "start", kBecomeBackup},
      {1s, "advert 200 10.0.0.9 100", ""},
      {1s + kDown / 10, "timer", kTakeOver}},
     RouterState::master,
     2s + kDown / 10},
    {"5798-6.4.3-1",
     "Master, Priority greater: set Master_Adver_Interval to the Adver Interval of the "
     "ADVERTISEMENT, "
     "recompute, set the Master_Down_Timer, transition to Backup",
     {100, 3},
     {{0s, "start", kBecomeBackup},
      {kDown, "timer", kTakeOver},
      {4s, "advert 200 10.0.0.9 500", "cancel; remove; notify BACKUP 100"}},
     RouterState::backup,
     4s + kDown / 2},
};

Event parse(const char* text, std::uint8_t version) {
  std::istringstream words(text);
  std::string kind;
  words >> kind;
  if (kind == "start") return Started{};
  if (kind == "timer") return TimerExpired{};
  if (kind == "stop") return Stopped{};
  REQUIRE(kind == "advert");
  unsigned priority = 0;
  std::string source;
  int interval = 1000;
  words >> priority >> source;
  if (!(words >> interval)) interval = 1000;
  AdvertReceived event = advert(priority, source.c_str());
  event.advert.version = version;
  event.advert.interval = std::chrono::milliseconds(interval);
  return event;
}

}  // namespace

TEST_CASE("RFC 3768 and RFC 5798, case by case") {
  for (const Case& conformance : kCases) {
    INFO(conformance.number << ": " << conformance.specification);
    InstanceConfig config = instance();
    config.priority = Priority(static_cast<std::uint8_t>(conformance.given.priority));
    config.version = conformance.given.version;
    config.nopreempt = conformance.given.nopreempt;
    config.garp.edit().delay = 0s;  // one timer at a time
    config.garp.edit().lower_prio_delay = 0s;
    Machine machine(shared(config), ip("10.0.0.5"));
    for (const When& step : conformance.when) {
      INFO(step.event);
      CHECK(deeds(machine.step(parse(step.event, config.version), kEpoch + step.at)) ==
            step.actions);
    }
    CHECK(name(machine.state()) == std::string(name(conformance.state)));
    CHECK(machine.deadline().has_value() == conformance.timer.has_value());
    if (machine.deadline() && conformance.timer) {
      CHECK((*machine.deadline() - kEpoch).count() == conformance.timer->count());
    }
  }
}
