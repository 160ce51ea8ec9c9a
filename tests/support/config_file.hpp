// A configuration as a file of its own, read the way the daemon does.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "daemon/config.hpp"

namespace understudy::test {

/// Host name in these tests, and interfaces that exist.
LoadOptions load_options();

/// Reads `text` from a temporary file; the file is called "F" in what is said about it.
Loaded load_text(std::string_view text, LoadOptions options = load_options());

/// Reads one of the users' files of tests/lab/seeds.
Loaded load_seed(const std::string& name, LoadOptions options = load_options());

/// The original's line of each diagnostic; notes only if `notes`.
std::vector<std::string> messages(const Loaded& loaded, bool notes = false);

}  // namespace understudy::test
