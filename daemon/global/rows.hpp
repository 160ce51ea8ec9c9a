// What the files of rows of global_defs share: one function per topic, and their common shapes.
//
// keywords.cpp puts the topics together. Only the files of this folder's rows include this.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <utility>

#include "daemon/global/draft.hpp"
#include "parser/schema.hpp"

namespace understudy::global {

using Rows = parser::Block<GlobalDraft>;
using Row = parser::Row<GlobalDraft>;

/// Longest interval in microseconds the original takes: 32 bits.
constexpr std::uint64_t kLongestMicroseconds = std::numeric_limits<std::uint32_t>::max();
/// … in whole seconds.
constexpr unsigned kLongestSeconds = 4294;
constexpr unsigned kUnlimited = std::numeric_limits<std::uint32_t>::max();
constexpr unsigned kLongestCount = std::numeric_limits<std::int32_t>::max();

/// [BOOL] with the original's complaint about anything else.
template <typename Target>
Row& boolean_row(Rows& rows, parser::RowText names, parser::RowText doc, Target target) {
  return rows.value(names, doc, parser::optional_boolean(), target)
      .by_default("off")
      .invalid("Invalid value '{1}' for global {0} specified");
}

/// Who gets alerts, and how.
void add_mail(Rows& rows);
/// Names, scheduling and CPUs of the processes, umask, seed.
void add_processes(Rows& rows);
/// Who runs scripts; notify FIFOs; startup and shutdown.
void add_scripts(Rows& rows);
/// Defaults of VRRP instances.
void add_vrrp_defaults(Rows& rows);
/// vrrp_garp_* and its like.
void add_announcements(Rows& rows);
/// nftables and what was before it.
void add_packet_filters(Rows& rows);
/// Virtual servers: flushing, timeouts, connection synchronisation, checkers.
void add_balancing(Rows& rows);
/// SNMP and D-Bus.
void add_management(Rows& rows);
/// Receive buffers.
void add_buffers(Rows& rows);
/// Files and directories that are read or written beside the configuration; reloading.
void add_files(Rows& rows);
/// The top level's track_file blocks.
void add_track_files(Rows& top);

}  // namespace understudy::global
