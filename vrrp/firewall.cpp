#include "vrrp/firewall.hpp"

#include <array>
#include <cstring>
#include <exception>
#include <set>
#include <utility>

#include "vrrp/wiring.hpp"

namespace understudy::vrrp {
namespace {

constexpr std::string_view kTableKey = "nftables";
constexpr std::string_view kChainsKey = "iptables";
/// From the first change of an interface until the filter is looked at again.
constexpr std::chrono::milliseconds kSwarm(50);

/// A name in a record; longer ones than the kernel's tables may have do not occur.
using Name = std::array<char, 96>;
struct TableRecord {
  Name name{};
};
/// Chains of at most 27 octets; sets have their names from the configuration.
struct ChainsRecord {
  std::array<char, 32> in{};
  std::array<char, 32> out{};
};

template <std::size_t N>
std::string text_of(const std::array<char, N>& name) {
  return {name.data(), strnlen(name.data(), name.size())};
}

std::string join(const std::vector<IpAddress>& addresses) {
  std::string text;
  for (const IpAddress& address : addresses) {
    text += (text.empty() ? "" : ", ") + address.to_string();
  }
  return text;
}

/// Link-local addresses that are virtual: not what a base has of its own.
std::set<IpAddress> virtual_link_locals(const VrrpConfig& config) {
  std::set<IpAddress> result;
  for (const InstanceConfig& instance : config.instances) {
    for (const auto* list : {&instance.addresses, &instance.excluded}) {
      for (const VirtualAddress& address : *list) {
        if (address.address.is_link_local()) result.insert(address.address);
      }
    }
  }
  return result;
}

/// What the monitor knows; it is asked at once and not kept.
FilterFacts facts_of(const netlink::Monitor& monitor, const VrrpConfig& config) {
  return {[&monitor](const std::string& name) {
            const netlink::Link* link = monitor.link(name);
            return link == nullptr ? 0 : link->index.value();
          },
          [&monitor, others = virtual_link_locals(config)](const std::string& name) {
            const netlink::Link* link = monitor.link(name);
            if (link == nullptr) return IpAddress();
            for (const auto& one : monitor.addresses(link->index)) {
              const bool link_local = one.address.is_v6() && one.address.is_link_local();
              if (link_local && !others.contains(one.address)) return one.address;
            }
            return IpAddress();
          }};
}

FilterWish wish_of(const GlobalConfig& global, const VrrpConfig& config,
                   const netlink::Monitor& monitor) {
  FilterWish wish;
  wish.nftables = {global.nftables_table, global.nftables_priority, global.nftables_counters,
                   global.nftables_ifindex};
  if (global.vrrp_iptables) {
    wish.iptables = iptables_names(*global.vrrp_iptables, global.vrrp_ipsets);
  }
  wish.plan = plan_filter(config, facts_of(monitor, config));
  return wish;
}

FilterOutcome carry_out_safely(const FilterWish& wish, const FilterState& state) {
  try {
    return carry_out(wish, state);
  } catch (const std::exception& problem) {
    // An exception that leaves a thread ends the process.
    return {state, {problem.what()}, {}};
  }
}

}  // namespace

Firewall::Firewall(Loop& loop, Log& log, run::HandoverPage& page)
    : loop_(loop),
      log_(log),
      page_(page),
      swarm_(loop, [this] { look_again(); }),
      errand_(loop, [this](FilterOutcome outcome) {
        take(std::move(outcome));
        if (std::exchange(again_, false)) begin();
      }) {}

void Firewall::apply(const GlobalConfig& global, std::shared_ptr<const VrrpConfig> config,
                     const netlink::Monitor& monitor, bool wait) {
  config_ = std::move(config);
  monitor_ = &monitor;
  change(wish_of(global, *config_, monitor), wait);
}

void Firewall::link_changed() {
  if (!config_ || swarm_.deadline() ||
      (wish_.plan.vmacs.empty() && wish_.plan.link_local.empty() && !needs_wiring(*config_))) {
    return;
  }
  swarm_.arm(loop_.now() + kSwarm);
}

void Firewall::look_again() {
  if (!config_) return;
  FilterWish wish = wish_;
  wish.plan = plan_filter(*config_, facts_of(*monitor_, *config_));
  change(std::move(wish), false);
}

void Firewall::change(FilterWish wish, bool wait) {
  const bool nothing_there = state_.table.empty() && !state_.by_iptables();
  // Also when it was refused: it is said once.
  if (wish == wish_ && !errand_.under_way() && !(wish.plan.empty() && !nothing_there)) return;
  if (wish.plan.addresses != wish_.plan.addresses ||
      wish.plan.link_local.size() != wish_.plan.link_local.size()) {
    silent_ = false;
  }
  wish_ = std::move(wish);
  if (wish_.plan.empty() && nothing_there && !errand_.under_way()) return;
  if (errand_.under_way() && !wait) {
    again_ = true;
    return;
  }
  while (errand_.under_way()) errand_.finish();
  if (wait) {
    take(carry_out_safely(wish_, state_));
  } else {
    begin();
  }
}

void Firewall::begin() {
  errand_.start([wish = wish_, state = state_] { return carry_out_safely(wish, state); });
}

void Firewall::take(FilterOutcome outcome) {
  state_ = std::move(outcome.state);
  for (const std::string& line : outcome.lines) log_.info("{}", line);
  for (const std::string& error : outcome.errors) {
    log_.error("The packet filter refuses: {}. Traffic it should drop is let in.", error);
  }
  if (state_.table.empty()) {
    page_.erase(kTableKey);
  } else {
    TableRecord record;
    state_.table.copy(record.name.data(), record.name.size() - 1);
    page_.write(kTableKey, record);
  }
  if (!state_.by_iptables()) {
    page_.erase(kChainsKey);
  } else {
    ChainsRecord record;
    state_.names.in.copy(record.in.data(), record.in.size() - 1);
    state_.names.out.copy(record.out.data(), record.out.size() - 1);
    page_.write(kChainsKey, record);
  }
  if (outcome.errors.empty() && !std::exchange(silent_, true) && config_) report_drops();
}

void Firewall::report_drops() const {
  const std::string where =
      state_.by_iptables() ? "iptables chain " + state_.names.in : "nftables table " + state_.table;
  for (const InstanceConfig& instance : config_->instances) {
    const auto refused = refused_by(instance);
    if (refused.empty()) continue;
    log_.warning(
        "({}) {}: ALL TRAFFIC to and from {} IS DROPPED ({}); the keyword `accept` in the instance "
        "lets it in",
        instance.name, instance.strict ? "vrrp_strict" : "no_accept", join(refused), where);
  }
}

void Firewall::adopt() {
  if (const auto record = page_.read<TableRecord>(kTableKey)) state_.table = text_of(record->name);
  if (const auto record = page_.read<ChainsRecord>(kChainsKey)) {
    state_.names.in = text_of(record->in);
    state_.names.out = text_of(record->out);
  }
}

void Firewall::remove() {
  // Nothing is to come back because an interface goes.
  config_.reset();
  FilterWish nothing = wish_;
  nothing.plan = {};
  change(std::move(nothing), true);
}

}  // namespace understudy::vrrp
