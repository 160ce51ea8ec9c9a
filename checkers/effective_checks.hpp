// Checks written back as keywords.
#pragma once

#include "checkers/config.hpp"
#include "parser/statement.hpp"

namespace understudy::checkers {

/// Adds the block of a check, defaults included.
void append_check(parser::Statements& out, const Check& check);

/// What is inherited, as far as it is given.
void append_timing(parser::Statements& out, const InheritedTiming& timing);

/// A text that is given.
void append_text(parser::Statements& out, std::string keyword, const std::string& text);

/// A script with who runs it.
void append_script(parser::Statements& out, std::string keyword, const ScriptCall& script);

}  // namespace understudy::checkers
