// From what the text says about VRRP to what runs: defaults filled in, contradictions repaired and
// reported in the original's words. Here what concerns several instances; one instance is completed
// in verify_instance.cpp.
#pragma once

#include <string>

#include "daemon/global/config.hpp"
#include "daemon/global/script_text.hpp"
#include "parser/diagnostics.hpp"
#include "vrrp/config.hpp"
#include "vrrp/draft.hpp"

namespace understudy::vrrp {

/// A verified section.
struct Verified {
  VrrpConfig config;
  /// The first reason why an instance cannot run at all; empty: all can.
  std::string cannot_run;
};

/// Completes `draft` with the defaults of `global` and checks it, within and across instances.
/// Whether interfaces exist was seen when they were read (VrrpDraft::interface_exists).
[[nodiscard]] Verified verify(VrrpDraft draft, const GlobalConfig& global, ScriptUsers& users,
                              parser::Diagnostics& diagnostics);

}  // namespace understudy::vrrp
