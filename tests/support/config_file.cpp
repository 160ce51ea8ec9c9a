#include "tests/support/config_file.hpp"

#include <stdlib.h>
#include <unistd.h>

#include <stdexcept>

#include "daemon/base/fd.hpp"

namespace understudy::test {

LoadOptions load_options() {
  LoadOptions options;
  options.hostname = "host.example";
  auto& interfaces = options.interfaces.emplace();
  for (const char* name : {"eth0", "eth1", "ens160", "team0", "bond0"}) interfaces[name] = {};
  interfaces["lo"].loopback = true;
  return options;
}

Loaded load_text(std::string_view text, LoadOptions options) {
  std::string path = "/tmp/understudy_config_XXXXXX";
  const Fd file(mkstemp(path.data()));
  if (!file) throw std::runtime_error("mkstemp");
  const auto written = write(file.get(), text.data(), text.size());
  options.path = path;
  Loaded loaded = load_config(options);
  unlink(path.c_str());
  if (written != static_cast<ssize_t>(text.size())) throw std::runtime_error("write");
  for (auto& diagnostic : loaded.diagnostics) {
    if (diagnostic.file == path) diagnostic.file = "F";
  }
  return loaded;
}

Loaded load_seed(const std::string& name, LoadOptions options) {
  options.path = std::string(SEEDS_DIRECTORY "/") + name + ".conf";
  return load_config(options);
}

std::vector<std::string> messages(const Loaded& loaded, bool notes) {
  std::vector<std::string> lines;
  for (const auto& diagnostic : loaded.diagnostics) {
    if (notes || diagnostic.severity != parser::Severity::note) {
      lines.push_back(parser::first_line(diagnostic));
    }
  }
  return lines;
}

}  // namespace understudy::test
