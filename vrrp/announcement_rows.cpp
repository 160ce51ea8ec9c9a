// garp_* of an instance, and what it answers an advert with.
#include <fmt/format.h>

#include <limits>

#include "vrrp/keywords.hpp"

namespace understudy::vrrp {

namespace {

using namespace parser;
using InstanceRows = Block<InstanceDraft>;

constexpr unsigned kLongestSeconds = 4294;
constexpr unsigned kUnlimited = std::numeric_limits<std::uint32_t>::max();
constexpr unsigned kLongestCount = std::numeric_limits<std::int32_t>::max();
constexpr unsigned kDay = 86400;

auto garp(std::optional<unsigned> GarpDraft::*member) {
  return [member](InstanceDraft& draft, unsigned value) { draft.garp.*member = value; };
}
auto garp_count(std::optional<unsigned> GarpDraft::*member) {
  return [member](InstanceDraft& draft, unsigned value, const Binding& binding) {
    if (value == 0) {
      binding.error(fmt::format("({}): {} must be greater than 0, setting to 1", draft.name,
                                binding.keyword()));
      value = 1;
    }
    draft.garp.*member = value;
  };
}

void add_batches(InstanceRows& rows) {
  const std::string ignoring = "({2}): {0} '{1}' invalid - ignoring";
  rows.value("garp_master_delay", "Seconds until the second batch of announcements.",
             number<unsigned>(0, kLongestSeconds), garp(&GarpDraft::delay))
      .by_default("vrrp_garp_master_delay")
      .invalid(ignoring);
  rows.value("garp_master_repeat", "Announcements in a batch.", number<unsigned>(0, kUnlimited),
             garp_count(&GarpDraft::repeat))
      .by_default("vrrp_garp_master_repeat")
      .invalid(ignoring);
  rows.value("garp_master_refresh", "Seconds between batches while master; 0: none.",
             number<unsigned>(0, kUnlimited), garp(&GarpDraft::refresh))
      .by_default("vrrp_garp_master_refresh")
      .invalid("({2}): Invalid garp_master_refresh '{1}' - ignoring");
  rows.value("garp_master_refresh_repeat", "Announcements in such a batch.",
             number<unsigned>(0, kUnlimited), garp_count(&GarpDraft::refresh_repeat))
      .by_default("vrrp_garp_master_refresh_repeat")
      .invalid(ignoring);
  rows.value("garp_lower_prio_delay", "As garp_master_delay, after an advert of lower priority.",
             number<unsigned>(0, kLongestSeconds), garp(&GarpDraft::lower_prio_delay))
      .by_default("vrrp_garp_lower_prio_delay")
      .invalid(ignoring);
  rows.value("garp_lower_prio_repeat", "As garp_master_repeat, after an advert of lower priority.",
             number<unsigned>(0, kLongestCount), garp(&GarpDraft::lower_prio_repeat))
      .by_default("vrrp_garp_lower_prio_repeat")
      .invalid("({2}): Invalid garp_lower_prio_repeat '{1}'");
}

/// [all] SECONDS, in any order.
void take_extra_interface(InstanceDraft& draft, const Binding& binding) {
  std::optional<unsigned> seconds;
  for (const Word& word : binding.arguments()) {
    if (word.text == "all") {
      draft.garp.extra_all = true;
      continue;
    }
    const auto number = parse_unsigned(word.text, 0, kDay);
    if (!number) {
      binding.error_at(word, number.error().message);
      binding.error_at(word, fmt::format("({}): {} '{}' invalid - ignoring", draft.name,
                                         binding.keyword(), word.text));
      return;
    }
    seconds = static_cast<unsigned>(*number);
  }
  if (seconds) {
    draft.garp.extra_interval = seconds;
  } else {
    binding.error(
        fmt::format("({}): {} specified without time - ignoring", draft.name, binding.keyword()));
  }
}

void add_extra_interfaces(InstanceRows& rows) {
  const auto add = [&](parser::RowText name, parser::RowText doc) -> Row<InstanceDraft>& {
    return rows.statement(name, doc, take_extra_interface)
        .takes("[all] SECONDS", 0, SIZE_MAX)
        .accepts("0..86400")
        .by_default("vrrp_garp_extra_if");
  };
  add("garp_extra_if",
      "Seconds between announcements on further interfaces; all: also on those that are not a "
      "virtual MAC's.");
  add("vmac_garp_intvl", "The old name of garp_extra_if.")
      .deprecated("garp_extra_if", "Keyword \"{0}\" is deprecated - please use \"{3}\"");
}

}  // namespace

void add_announcement_rows(InstanceRows& rows) {
  add_batches(rows);
  add_extra_interfaces(rows);
  rows.value("lower_prio_no_advert", "Send no advert when one of lower priority is received.",
             optional_boolean(), &InstanceDraft::lower_prio_no_advert)
      .by_default("vrrp_lower_prio_no_advert")
      .invalid("({2}) invalid lower_prio_no_advert {1} specified");
  rows.value("higher_prio_send_advert",
             "Send one more advert when one of higher priority is received.", optional_boolean(),
             &InstanceDraft::higher_prio_send_advert)
      .by_default("vrrp_higher_prio_send_advert")
      .invalid("({2}) invalid higher_prio_send_advert {1} specified");
  rows.value("owner_ignore_adverts", "Ignore adverts of others; for priority 255 only.",
             optional_boolean(), &InstanceDraft::owner_ignore_adverts)
      .by_default("vrrp_owner_ignore_adverts, on in strict mode")
      .invalid("({2}) invalid owner_ignore_adverts {1} specified");
}

}  // namespace understudy::vrrp
