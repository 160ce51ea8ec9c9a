// genhash(1): fetches a page and prints the MD5 of its body, the value of `digest` in url { }.
#pragma once

#include <getopt.h>

#include <span>
#include <string>
#include <vector>

namespace understudy::checkers {

/// Its options as getopt_long(3) takes them; `val` is the letter.
[[nodiscard]] std::span<const option> genhash_options();

/// Runs the program. `command` is what it was called as, for the usage text ("genhash" or
/// "keepalived --genhash"); `arguments` follow it. Prints to stdout and stderr.
///
/// Returns the exit status, as keepalived's genhash has it: 1 for wrong arguments, else 0, also
/// when the server could not be asked (stdout then says why).
[[nodiscard]] int run_genhash(const std::string& command, std::vector<std::string> arguments);

}  // namespace understudy::checkers
