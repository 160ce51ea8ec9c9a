// Firewall marks that this program chooses (nftables_ipvs): packets to any address of a
// virtual_server_group get one mark, and the kernel needs one service for them all. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include "checkers/config.hpp"

namespace understudy::checkers {

/// How nftables does it (nftables_ipvs, nftables_ipvs_priority, nftables_counters).
struct MarkTable {
  /// Empty: there is none.
  std::string name;
  std::int32_t priority = -1;
  bool counters = false;
  bool operator==(const MarkTable&) const = default;
};

/// The mark of each group and protocol that has one.
using AutoMarks = std::map<std::pair<std::string, Protocol>, std::uint32_t>;

/// The marks of a configuration, from `first` on in the order of its virtual servers. What had a
/// mark keeps it; one that is configured, or had another meaning until now, is not given. Groups
/// that name marks themselves get none.
[[nodiscard]] AutoMarks assign_marks(const CheckersConfig& config, std::uint32_t first,
                                     const AutoMarks& before);

/// The mark of a virtual server; 0: none.
[[nodiscard]] std::uint32_t mark_of(const AutoMarks& marks, const VirtualServer& service);

/// Commands of nft(8), one transaction, that replace the tables ip and ip6 of that name by what
/// sets the marks. Without marks the tables only go.
[[nodiscard]] std::string mark_commands(const MarkTable& table, const CheckersConfig& config,
                                        const AutoMarks& marks);

}  // namespace understudy::checkers
