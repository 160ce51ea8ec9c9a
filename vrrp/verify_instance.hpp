// Completing one instance: its defaults, and the repairs within it.
#pragma once

#include "daemon/base/result.hpp"
#include "daemon/global/config.hpp"
#include "daemon/global/script_text.hpp"
#include "parser/diagnostics.hpp"
#include "vrrp/config.hpp"
#include "vrrp/draft.hpp"

namespace understudy::vrrp {

/// Fills in every default and repairs what contradicts itself; each repair is reported. The error
/// is the reported reason why this instance cannot run at all.
[[nodiscard]] Result<InstanceConfig> complete_instance(InstanceDraft draft,
                                                       const GlobalConfig& global,
                                                       ScriptUsers& users,
                                                       parser::Diagnostics& diagnostics);

}  // namespace understudy::vrrp
