// What the children log with -d: the sections' dumps put together, with what they need to know of
// each other and of the machine.
#pragma once

#include "checkers/process.hpp"
#include "daemon/config.hpp"
#include "vrrp/process.hpp"

namespace understudy {

/// For the vrrp child. `config` is that of the start; its own section is given again when called.
[[nodiscard]] vrrp::Dump vrrp_dump(const Config& config);
/// For the checker child.
[[nodiscard]] checkers::Dump checkers_dump(const Config& config);
/// For the parent: sessions, whose process this version does not have.
void log_bfd_dump(Log& log, const bfd::BfdConfig& config);

}  // namespace understudy
