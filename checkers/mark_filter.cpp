#include "checkers/mark_filter.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <exception>
#include <utility>

#include "daemon/base/network_namespace.hpp"
#include "daemon/run/nftables.hpp"

namespace understudy::checkers {
namespace {

constexpr std::string_view kTableKey = "nftables_ipvs";

/// The name of the table that is there.
struct TableRecord {
  std::array<char, 96> name{};
};

struct MarkRecord {
  std::uint32_t mark = 0;
};

std::string mark_key(const AutoMarks::key_type& key) {
  return fmt::format("mark {} {}", static_cast<unsigned>(key.second), key.first);
}

/// Why it could not be done; empty: it is.
std::string carry_out(const std::string& commands, const std::optional<std::string>& where) {
  try {
    const auto visit = NamespaceVisit::begin(where);
    if (!visit) return visit.error().message;
    const auto done = run::run_nftables(commands);
    return done ? std::string() : done.error().message;
  } catch (const std::exception& problem) {
    return problem.what();
  }
}

}  // namespace

MarkFilter::MarkFilter(Loop& loop, Log& log, run::HandoverPage& page)
    : log_(log),
      page_(page),
      errand_(loop, [this](const std::string& complaint) { ended(complaint); }) {}

AutoMarks MarkFilter::recorded(const CheckersConfig& config) const {
  AutoMarks marks;
  for (const auto& service : config.virtual_servers) {
    if (service.group.empty()) continue;
    const AutoMarks::key_type key(service.group, service.protocol);
    if (const auto record = page_.read<MarkRecord>(mark_key(key))) marks.emplace(key, record->mark);
  }
  return marks;
}

void MarkFilter::record(const AutoMarks& before) {
  for (const auto& [key, mark] : before) {
    if (!marks_.contains(key)) page_.erase(mark_key(key));
  }
  for (const auto& [key, mark] : marks_) page_.write(mark_key(key), MarkRecord{mark});
  if (table_.empty()) {
    page_.erase(kTableKey);
    return;
  }
  TableRecord table;
  table_.copy(table.name.data(), table.name.size() - 1);
  page_.write(kTableKey, table);
}

void MarkFilter::apply(const GlobalConfig& global, const CheckersConfig& config) {
  const auto& wanted = global.nftables_ipvs;
  AutoMarks before = marks_.empty() ? recorded(config) : marks_;
  if (table_.empty()) {
    const auto left = page_.read<TableRecord>(kTableKey);
    if (left) table_.assign(left->name.data(), strnlen(left->name.data(), left->name.size()));
  }
  marks_ = wanted.table.empty() ? AutoMarks() : assign_marks(config, wanted.start_fwmark, before);
  const std::string there = std::exchange(table_, marks_.empty() ? "" : wanted.table);
  // Before anything is in the kernel: what a crash leaves behind must be known as ours.
  record(before);
  std::string commands;
  if (!there.empty() && there != table_) commands += mark_commands({there}, {}, {});
  if (!table_.empty()) {
    commands += mark_commands({table_, wanted.priority, global.nftables_counters}, config, marks_);
  }
  want({std::move(commands), global.net_namespace_ipvs});
}

void MarkFilter::remove() {
  if (table_.empty()) return;
  want({mark_commands({table_}, {}, {}), wish_.net_namespace});
  table_.clear();
  marks_.clear();
  page_.erase(kTableKey);
}

void MarkFilter::want(Wish wish) {
  // What was refused is tried again when a configuration comes into force.
  if (wish == wish_ && complaint_.empty()) return;
  wish_ = std::move(wish);
  if (!errand_.under_way()) begin();
}

void MarkFilter::ended(std::string complaint) {
  if (!complaint.empty() && complaint != said_) {
    log_.error(
        "nftables refuses: {}. Packets to virtual_server_groups get no marks, so they are not "
        "balanced.",
        complaint);
    said_ = complaint;
  }
  complaint_ = std::move(complaint);
  if (begun_ != wish_) begin();
}

void MarkFilter::begin() {
  begun_ = wish_;
  if (begun_.commands.empty()) return;
  errand_.start([wish = begun_] { return carry_out(wish.commands, wish.net_namespace); });
}

void MarkFilter::finish() {
  while (errand_.under_way()) errand_.finish();
}

}  // namespace understudy::checkers
