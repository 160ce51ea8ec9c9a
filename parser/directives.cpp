#include "parser/directives.hpp"

#include <array>

namespace understudy::parser {
namespace {

// clang-format off
constexpr std::array kDirectives{
    Directive{"include", "include PATTERN", "Reads other files here; nothing has to match"},
    Directive{"includer", "includer PATTERN", "As include; what matches must be readable files"},
    Directive{"includem", "includem PATTERN", "As includer; a name without wildcards must exist"},
    Directive{"includew", "includew PATTERN", "As includem; wildcards must match something, too"},
    Directive{"includeb", "includeb PATTERN", "As includer; every alternative between braces must match"},
    Directive{"includea", "includea PATTERN", "As include; all of these checks are made"},
    Directive{"@", "@ID LINE", "The line counts only where the configuration's id is ID"},
    Directive{"@^", "@^ID LINE", "The line counts only where the configuration's id is not ID"},
    Directive{"$", "$NAME=TEXT", "Defines what $NAME before a blank, and ${NAME} anywhere, stand for from here on"},
    Directive{"~SEQ", "~SEQ(NAME, [[START,] STEP,] END) LINE", "The line again and again, with $NAME counting from START to END"},
    Directive{"~SEQx", "~SEQx(NAME, [[START,] STEP,] END) LINE", "As ~SEQ, counting in hexadecimal"},
    Directive{"~LST", "~LST(NAME, VALUE, ...) LINE", "The line once for each VALUE; NAME and VALUE may be {A, B} for several at once"},
    Directive{"${_PWD}", "${_PWD}", "The directory of the file the line stands in"},
    Directive{"${_INSTANCE}", "${_INSTANCE}", "The configuration's id"},
    Directive{"${_RANDOM}", "${_RANDOM [MIN [MAX]]}", "A random number from MIN to MAX; by default from 0 to 32767"},
    Directive{"${_ENV}", "${_ENV NAME}", "The environment variable NAME"},
    Directive{"${_HASH}", "${_HASH}", "A # that begins no comment"},
    Directive{"${_BANG}", "${_BANG}", "A ! that begins no comment"},
};
// clang-format on

}  // namespace

std::span<const Directive> directives() { return kDirectives; }

}  // namespace understudy::parser
