// The way back from the JSON of `understudy config`.
#pragma once

#include "daemon/understudy/json.hpp"
#include "parser/schema.hpp"

namespace understudy::test {

/// The statements that tool::to_json() made `object` of. `rows` say what a member is.
parser::Statements statements_from_json(const tool::Json& object, const parser::BlockInfo& rows);

}  // namespace understudy::test
