// understudy config.
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

#include "daemon/effective.hpp"
#include "daemon/load_options.hpp"
#include "daemon/understudy/command.hpp"
#include "daemon/understudy/json.hpp"

namespace understudy::tool {

bool was_read(const Loaded& loaded) {
  constexpr int kNoMainFile = 6;
  return loaded.start_status != kNoMainFile &&
         std::ranges::find(loaded.diagnostics, parser::Severity::missing_argument,
                           &parser::Diagnostic::severity) == loaded.diagnostics.end();
}

int run_config(const Arguments& arguments) {
  Options options;
  options.config_file = arguments.get("use-file", options.config_file);
  options.config_id = arguments.get("config-id");
  LoadOptions load = load_options(options);
  load.find_script_user = true;
  const Loaded loaded = load_config(with_interfaces(std::move(load)));
  for (const auto& diagnostic : loaded.diagnostics) {
    fmt::print(stderr, "{}\n", parser::render(diagnostic));
  }
  if (!was_read(loaded)) return loaded.test_status;
  const auto statements = effective(loaded.config);
  if (arguments.get("format", "conf") == "json") {
    fmt::print("{}\n", to_json(statements).dump(2));
  } else {
    fmt::print("{}", parser::print_statements(statements));
  }
  return loaded.test_status;
}

}  // namespace understudy::tool
