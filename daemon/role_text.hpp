// A configuration as text, expanded, for the children: they read it again to the same value.
#pragma once

#include <cstdint>
#include <vector>

#include "daemon/base/bytes.hpp"
#include "daemon/base/result.hpp"
#include "daemon/findings.hpp"
#include "parser/expanded_text.hpp"
#include "parser/passes.hpp"

namespace understudy {

/// Whose text it is. Each role's has what concerns all: global_defs, the top level, bfd_instance,
/// track_file.
enum class Part : std::uint8_t {
  all,
  /// What concerns all and nothing else.
  parent,
  vrrp,
  checkers,
};

/// A text that has been read, cut into units, and what was found out besides.
struct ReadText {
  parser::ExpandedText text;
  std::vector<parser::Unit> units;
  Findings findings;
};

/// What of it a role needs, for read_role_text().
[[nodiscard]] Bytes write_role_text(const ReadText& read, Part part);
/// Checks every bound. The text stays in `octets`, which must outlive what is given.
[[nodiscard]] Result<ReadText> read_role_text(ByteView octets);

}  // namespace understudy
