#include "daemon/recorded.hpp"

#include <set>
#include <vector>

#include "parser/statement.hpp"
#include "vrrp/effective.hpp"

namespace understudy {
namespace {

using vrrp::TrackReference;
using vrrp::TrackReferences;

/// The names that instances and groups refer to.
std::set<std::string> referred(const vrrp::VrrpConfig& config,
                               std::vector<TrackReference> TrackReferences::*kind) {
  std::set<std::string> names;
  const auto add = [&](const TrackReferences& track) {
    for (const TrackReference& reference : track.*kind) names.insert(reference.name);
  };
  for (const auto& group : config.groups) add(*group.track);
  for (const auto& instance : config.instances) add(*instance.track);
  return names;
}

}  // namespace

std::string recorded_text(const vrrp::VrrpConfig& config) {
  parser::Statements definitions;
  // What a file or session is beyond its name decides nothing: references have their own weights,
  // and what is in the file is recorded.
  for (const std::string& name : referred(config, &TrackReferences::files)) {
    definitions.block("track_file", name).add("file", "/dev/null");
  }
  for (const std::string& name : referred(config, &TrackReferences::bfds)) {
    definitions.block("bfd_instance", name).add("neighbor_ip", "192.0.2.1");
  }
  return parser::print_statements(definitions) + parser::print_statements(vrrp::effective(config));
}

}  // namespace understudy
