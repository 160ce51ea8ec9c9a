#include "checkers/auto_marks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>
#include <vector>

#include "checkers/label.hpp"

namespace understudy::checkers {
namespace {

constexpr std::array kProtocols{Protocol::tcp, Protocol::udp, Protocol::sctp};

const VirtualServerGroup* find_group(const CheckersConfig& config, const std::string& name) {
  const auto found = std::ranges::find(config.groups, name, &VirtualServerGroup::name);
  return name.empty() || found == config.groups.end() ? nullptr : &*found;
}

std::set<std::uint32_t> configured_marks(const CheckersConfig& config) {
  std::set<std::uint32_t> marks;
  for (const auto& service : config.virtual_servers) marks.insert(service.fwmark);
  for (const auto& group : config.groups) {
    for (const auto& line : group.marks) marks.insert(line.mark);
  }
  return marks;
}

/// One family's table in the making.
class Table {
 public:
  Table(const MarkTable& table, const CheckersConfig& config, const AutoMarks& marks, Family family)
      : table_(table),
        config_(config),
        marks_(marks),
        family_(family),
        ip_(family == Family::ipv6 ? "ip6" : "ip") {}

  [[nodiscard]] std::string write() const {
    // "add" before "delete": deleting what does not exist would fail the transaction.
    std::string text = fmt::format("add table {0} {1}\ndelete table {0} {1}\n", ip_, table_.name);
    std::string maps;
    std::string rules;
    for (const Protocol protocol : kProtocols) {
      const std::string elements = elements_of(protocol);
      if (elements.empty()) continue;
      const char* name = protocol_name(protocol);
      maps += fmt::format(
          "map {}_map {{ type {} . inet_service : mark; flags interval;{} elements = {{ {} }} }}\n",
          name, family_ == Family::ipv6 ? "ipv6_addr" : "ipv4_addr",
          table_.counters ? " counter;" : "", elements);
      rules += fmt::format(
          "meta l4proto {0} meta mark set {1} daddr . {0} dport map @{0}_map counter return\n",
          name, ip_);
    }
    if (maps.empty()) return text;
    return text + fmt::format(
                      "table {} {} {{\n{}chain in {{\ntype filter hook input priority {}; policy "
                      "accept;\n{}}}\n}}\n",
                      ip_, table_.name, maps, table_.priority, rules);
  }

 private:
  [[nodiscard]] std::string elements_of(Protocol protocol) const {
    std::string text;
    std::set<std::string> known;
    for (const auto& [key, mark] : marks_) {
      const auto* group = key.second == protocol ? find_group(config_, key.first) : nullptr;
      if (group == nullptr) continue;
      for (const auto& line : group->addresses) {
        if (line.first.family() != family_) continue;
        const std::string where = place(line);
        // The kernel takes no element twice; the first one counts.
        if (!known.insert(where).second) continue;
        text += fmt::format("{}{} : {}", text.empty() ? "" : ", ", where, mark);
      }
    }
    return text;
  }

  [[nodiscard]] static std::string place(const GroupAddresses& line) {
    std::string text = line.first.to_string();
    if (line.first != line.last) text += "-" + line.last.to_string();
    // Without a port: any.
    return text + (line.port == Port(0) ? " . 0-65535" : fmt::format(" . {}", line.port.value()));
  }

  const MarkTable& table_;
  const CheckersConfig& config_;
  const AutoMarks& marks_;
  Family family_;
  std::string ip_;
};

}  // namespace

AutoMarks assign_marks(const CheckersConfig& config, std::uint32_t first, const AutoMarks& before) {
  std::set<std::uint32_t> taken = configured_marks(config);
  for (const auto& [key, mark] : before) taken.insert(mark);
  AutoMarks marks;
  std::uint32_t next = first;
  for (const auto& service : config.virtual_servers) {
    const auto* group = find_group(config, service.group);
    if (group == nullptr || !group->marks.empty()) continue;
    const auto key = std::pair(service.group, service.protocol);
    if (marks.contains(key)) continue;
    if (const auto kept = before.find(key); kept != before.end()) {
      marks.insert(*kept);
      continue;
    }
    // 0 is no mark, and always taken: past the last number it goes on with 1.
    taken.insert(0);
    while (taken.contains(next)) ++next;
    taken.insert(next);
    marks.emplace(key, next);
  }
  return marks;
}

std::uint32_t mark_of(const AutoMarks& marks, const VirtualServer& service) {
  const auto found = marks.find(std::pair(service.group, service.protocol));
  return service.group.empty() || found == marks.end() ? 0 : found->second;
}

std::string mark_commands(const MarkTable& table, const CheckersConfig& config,
                          const AutoMarks& marks) {
  return Table(table, config, marks, Family::ipv4).write() +
         Table(table, config, marks, Family::ipv6).write();
}

}  // namespace understudy::checkers
