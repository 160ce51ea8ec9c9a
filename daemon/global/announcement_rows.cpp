#include <fmt/format.h>

#include "daemon/global/rows.hpp"

namespace understudy::global {

namespace {

using namespace parser;
using std::chrono::microseconds;

/// From here on an interval is worth a word.
constexpr microseconds kLongInterval{1'000'000};
constexpr unsigned kSecondsPerDay = 86'400;

template <typename Member>
auto announcement(Member AnnouncementTiming::*member) {
  return
      [member](GlobalDraft& draft, unsigned value) { draft.announcements.*member = Member(value); };
}
/// … of a count that must not be 0.
auto announcement_count(unsigned AnnouncementTiming::*member) {
  return [member](GlobalDraft& draft, unsigned value, const Binding& binding) {
    if (value == 0) {
      binding.error(fmt::format("{} must be greater than 0, setting to 1", binding.keyword()));
      value = 1;
    }
    draft.announcements.*member = value;
  };
}
auto announcement_delay(std::optional<std::chrono::seconds> AnnouncementTiming::*member) {
  return [member](GlobalDraft& draft, unsigned value) {
    draft.announcements.*member = std::chrono::seconds(value);
  };
}

void add_master(Rows& rows) {
  rows.value("vrrp_garp_master_delay", "Seconds until the second batch of announcements.",
             number<unsigned>(0, kLongestSeconds), announcement(&AnnouncementTiming::master_delay))
      .by_default("5")
      .invalid("{0} '{1}' invalid - ignoring");
  rows.value("vrrp_garp_master_repeat", "Announcements in a batch.",
             number<unsigned>(0, kUnlimited),
             announcement_count(&AnnouncementTiming::master_repeat))
      .by_default("5")
      .invalid("{0} '{1}' invalid - ignoring");
  rows.value("vrrp_garp_master_refresh", "Seconds between batches while master; 0: none.",
             number<unsigned>(0, kUnlimited), announcement(&AnnouncementTiming::master_refresh))
      .by_default("0")
      .invalid("Invalid {0} '{1}' - ignoring");
  rows.value("vrrp_garp_master_refresh_repeat", "Announcements in such a batch.",
             number<unsigned>(0, kUnlimited),
             announcement_count(&AnnouncementTiming::master_refresh_repeat))
      .by_default("1")
      .invalid("{0} '{1}' invalid - ignoring");
}

void add_lower_priority(Rows& rows) {
  rows.value("vrrp_garp_lower_prio_delay",
             "As vrrp_garp_master_delay, after an advert of lower priority.",
             number<unsigned>(0, kLongestSeconds),
             announcement_delay(&AnnouncementTiming::lower_prio_delay))
      .by_default("vrrp_garp_master_delay")
      .invalid("{0} '{1}' invalid - ignoring");
  rows.value(
          "vrrp_garp_lower_prio_repeat",
          "As vrrp_garp_master_repeat, after an advert of lower priority.",
          number<unsigned>(0, kLongestCount),
          [](GlobalDraft& draft, unsigned value) { draft.announcements.lower_prio_repeat = value; })
      .by_default("vrrp_garp_master_repeat")
      .invalid("Invalid {0} '{1}'");
}

void interval_row(Rows& rows, parser::RowText name, parser::RowText doc,
                  microseconds GlobalConfig::*member) {
  rows.value(name, doc, decimal_seconds(1, kLongestMicroseconds),
             [member](GlobalDraft& draft, microseconds value, const Binding& binding) {
               draft.*member = value;
               if (value < kLongInterval) return;
               binding.report(Severity::note, fmt::format("The {} is very large - {} seconds",
                                                          binding.keyword(), binding.argument()));
             })
      .by_default("0")
      .invalid("{0} '{1}' is invalid");
}

/// What still has its default becomes one announcement without repetition.
void take_min_garp(GlobalDraft& draft, bool on) {
  if (!on) return;
  const AnnouncementTiming usual;
  AnnouncementTiming& now = draft.announcements;
  draft.vrrp_min_garp = true;
  if (now.master_repeat == usual.master_repeat) now.master_repeat = 1;
  if (now.master_refresh_repeat == usual.master_refresh_repeat) now.master_refresh_repeat = 0;
  if (now.master_delay == usual.master_delay) now.master_delay = std::chrono::seconds(0);
}

void take_extra_interfaces(GlobalDraft& draft, const Binding& binding) {
  ExtraAnnouncements extra;
  for (const Word& word : binding.arguments()) {
    if (word.text == "all") {
      extra.all = true;
      continue;
    }
    const auto value = parse_unsigned(word.text, 1, kSecondsPerDay);
    if (!value) {
      binding.error_at(word, value.error().message);
      binding.error_at(word,
                       fmt::format("{} '{}' invalid - ignoring", binding.keyword(), word.text));
      return;
    }
    extra.interval = std::chrono::seconds(*value);
  }
  if (extra.interval.count() == 0) {
    binding.error(fmt::format("{} specified without time - ignoring", binding.keyword()),
                  fmt::format("expected: {} [all] SECONDS", binding.keyword()));
    return;
  }
  draft.garp_extra_if = extra;
}

}  // namespace

void add_announcements(Rows& rows) {
  add_master(rows);
  add_lower_priority(rows);
  interval_row(rows, "vrrp_garp_interval", "Pause between two gratuitous ARPs on an interface.",
               &GlobalConfig::garp_interval);
  interval_row(rows, "vrrp_gna_interval",
               "Pause between two unsolicited neighbour advertisements on an interface.",
               &GlobalConfig::gna_interval);
  boolean_row(rows, "vrrp_min_garp", "Announce once, unless other keywords say more.",
              take_min_garp)
      .invalid("Invalid value for {0} specified");
  rows.statement("vrrp_garp_extra_if",
                 "Seconds between announcements on VMAC (all: any) interfaces that only carry "
                 "addresses.",
                 take_extra_interfaces)
      .takes("[all] SECONDS", 0, 2)
      .accepts("1..86400")
      .by_default("0");
  rows.statement("vrrp_vmac_garp_intvl", "Old name of vrrp_garp_extra_if.", take_extra_interfaces)
      .takes("[all] SECONDS", 0, 2)
      .accepts("1..86400")
      .deprecated("vrrp_garp_extra_if", "Keyword \"{0}\" is deprecated - please use \"{3}\"");
}

}  // namespace understudy::global
