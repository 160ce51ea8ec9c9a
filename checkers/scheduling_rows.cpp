// What IPVS is told about a virtual server: scheduler, persistence, lvs_method.
#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "checkers/keywords.hpp"

namespace understudy::checkers {

namespace {

using namespace parser;
using Rows = Block<VirtualServerDraft>;

/// 31 days, the kernel's limit.
constexpr unsigned kLongestPersistence = 86400 * 31;
/// IP_VS_PENAME_MAXLEN.
constexpr std::size_t kEngineNameSize = 16;

constexpr std::array kSchedulers{"rr", "wrr", "lc",  "wlc",   "lblc", "sh", "mh",
                                 "dh", "fo",  "ovf", "lblcr", "sed",  "nq", "twos"};

void take_scheduler(VirtualServerDraft& draft, const Binding& binding) {
  const auto name = binding.argument();
  if (std::ranges::find(kSchedulers, name) != kSchedulers.end()) {
    draft.scheduler = name;
    return;
  }
  const auto near = nearest(name, {kSchedulers.begin(), kSchedulers.end()});
  binding.error(fmt::format("Invalid lvs_scheduler '{}' - ignoring", name),
                near.empty() ? fmt::format("expected one of {}", fmt::join(kSchedulers, ", "))
                             : fmt::format("did you mean '{}'?", near));
}

/// A flag that only one scheduler has a meaning for.
void add_scheduler_flag(Rows& rows, const std::string& name, const std::string& scheduler,
                        std::uint32_t flag, parser::RowText doc) {
  rows.flag(name, doc, [scheduler, flag](VirtualServerDraft& draft, bool, const Binding& binding) {
    if (draft.scheduler == scheduler) {
      draft.flags |= flag;
    } else if (draft.scheduler != "sh" && draft.scheduler != "mh") {
      binding.error(fmt::format("{} only applies to sh scheduler - ignoring", binding.keyword()));
    }
  });
}

void add_scheduling(Rows& rows) {
  rows.statement("lvs_sched|lb_algo", "Scheduler of the kernel.", take_scheduler)
      .takes(fmt::format("{}", fmt::join(kSchedulers, "|")), 1, 1)
      .by_default("wlc");
  const auto flag = [&rows](const std::string& name, std::uint32_t bit, parser::RowText doc) {
    rows.flag(name, doc, [bit](VirtualServerDraft& draft, bool) { draft.flags |= bit; });
  };
  flag("ops", kOnePacket, "Schedule each packet by itself; UDP only.");
  flag("flag-1", kFlag1, "First flag of the scheduler.");
  flag("flag-2", kFlag2, "Second flag of the scheduler.");
  flag("flag-3", kFlag3, "Third flag of the scheduler.");
  add_scheduler_flag(rows, "sh-fallback", "sh", kFlag1, "Go on when the hashed server is down.");
  add_scheduler_flag(rows, "sh-port", "sh", kFlag2, "Hash the port too.");
  add_scheduler_flag(rows, "mh-fallback", "mh", kFlag1, "Go on when the hashed server is down.");
  add_scheduler_flag(rows, "mh-port", "mh", kFlag2, "Hash the port too.");
  add_scheduler_flag(rows, "hashed", "sh", 0, "Without meaning.");
  add_method(rows, "lvs_method|lb_kind", "How packets reach a real server.", "virtual",
             [](VirtualServerDraft& draft, const Binding&) {
               return MethodTarget{&draft.method, &draft.tunnel};
             })
      .by_default("NAT");
}

void take_granularity(VirtualServerDraft& draft, const Binding& binding) {
  const std::string word(binding.argument());
  const Family family = draft.family != Family::none
                            ? draft.family
                            : (word.find('.') == std::string::npos ? Family::ipv6 : Family::ipv4);
  if (family == Family::ipv6) {
    const auto length = parse_unsigned(word, 1, 128);
    if (!length) {
      binding.error(length.error().message);
      binding.error(fmt::format("Invalid IPv6 persistence_granularity specified - {}", word));
      return;
    }
    draft.persistence_granularity = static_cast<std::uint32_t>(*length);
  } else {
    in_addr mask{};
    if (inet_aton(word.c_str(), &mask) == 0) {
      binding.error(fmt::format("Invalid IPv4 persistence_granularity specified - {}", word));
      return;
    }
    draft.persistence_granularity = mask.s_addr;
  }
  draft.family = family;
  if (draft.persistence_timeout == 0) draft.persistence_timeout = kDefaultPersistence;
}

void add_persistence(Rows& rows) {
  auto& timeout = rows.value("persistence_timeout", "Seconds a client keeps its real server.",
                             number<unsigned>(1, kLongestPersistence),
                             &VirtualServerDraft::persistence_timeout);
  timeout.by_default("not persistent; 360 without a number")
      .invalid("persistence_timeout invalid")
      .allow_missing();
  timeout.syntax = "[SECONDS]";
  timeout.min_words = 0;
  timeout.apply = [inner = timeout.apply](VirtualServerDraft& draft, const Binding& binding) {
    if (binding.arguments().empty()) {
      draft.persistence_timeout = kDefaultPersistence;
    } else {
      inner(draft, binding);
    }
  };
  rows.statement("persistence_granularity", "Clients that count as one.", take_granularity)
      .takes("NETMASK|PREFIXLENGTH", 1, 1)
      .by_default("each by itself");
  rows.value("persistence_engine", "Kernel module that tells clients apart.", text("NAME"),
             [](VirtualServerDraft& draft, std::string name, const Binding& binding) {
               if (name.size() > kEngineNameSize) {
                 binding.error(fmt::format("persistence_name too long, truncating - {}", name));
                 name.resize(kEngineNameSize);
               }
               draft.persistence_engine = std::move(name);
             });
}

}  // namespace

void add_scheduling_rows(Rows& rows) {
  add_scheduling(rows);
  add_persistence(rows);
}

}  // namespace understudy::checkers
