// The keyword rows of bfd_instance.
#pragma once

#include "daemon/bfd/draft.hpp"
#include "parser/schema.hpp"

namespace understudy::bfd {

/// The rows of the top level that belong to BFD. They check as they read: nothing in a session
/// depends on what comes after its block.
[[nodiscard]] parser::Block<BfdDraft> bfd_rows();

}  // namespace understudy::bfd
