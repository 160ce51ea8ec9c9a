// Every keyword there is, as one block: what the reader binds and the manual page is made of.
#pragma once

#include "checkers/draft.hpp"
#include "daemon/bfd/draft.hpp"
#include "daemon/global/draft.hpp"
#include "daemon/global/keywords.hpp"
#include "parser/schema.hpp"
#include "vrrp/draft.hpp"

namespace understudy {

/// What a whole text says, before defaults.
struct ConfigDraft {
  GlobalDraft global;
  vrrp::VrrpDraft vrrp;
  checkers::CheckersDraft checkers;
  bfd::BfdDraft bfd;
};

/// The top level of a configuration.
[[nodiscard]] parser::Block<ConfigDraft> config_rows();

}  // namespace understudy
