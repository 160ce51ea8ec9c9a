// understudy check: diagnostics and lints of a file, as text or JSON.
#include <fmt/format.h>
#include <ifaddrs.h>

#include <cstdio>
#include <memory>

#include "daemon/config_rows.hpp"
#include "daemon/load_options.hpp"
#include "daemon/understudy/command.hpp"
#include "daemon/understudy/json.hpp"
#include "daemon/understudy/lint.hpp"
#include "parser/grammar.hpp"
#include "parser/source.hpp"

namespace understudy::tool {
namespace {

using parser::Diagnostic;
using parser::Severity;

/// What -t's status is for anything ordinary.
constexpr int kErrorStatus = 5;

/// A diagnostic, or a lint's finding in the same form.
struct Remark {
  Diagnostic diagnostic;
  /// Empty: of the reader.
  std::string_view lint;
};

LoadOptions options_for(const std::string& file, const std::string& config_id) {
  Options options;
  options.config_file = file;
  options.config_id = config_id;
  return with_interfaces(load_options(options));
}

/// Prefix length of a netmask.
std::uint8_t length_of(const sockaddr* mask) {
  sockaddr_storage storage{};
  std::memcpy(&storage, mask,
              mask->sa_family == AF_INET ? sizeof(sockaddr_in) : sizeof(sockaddr_in6));
  int bits = 0;
  const IpAddress address = Endpoint::from_sockaddr(storage).address;
  for (const std::uint8_t octet : address.bytes()) bits += std::popcount(octet);
  return static_cast<std::uint8_t>(bits);
}

/// The interfaces of this system with their addresses.
InterfaceAddresses interface_addresses() {
  InterfaceAddresses all;
  ifaddrs* list = nullptr;
  if (getifaddrs(&list) != 0) return all;
  const std::unique_ptr<ifaddrs, decltype(&freeifaddrs)> owner(list, freeifaddrs);
  for (const ifaddrs* one = list; one != nullptr; one = one->ifa_next) {
    auto& addresses = all[one->ifa_name];
    if (one->ifa_addr == nullptr || one->ifa_netmask == nullptr) continue;
    const int family = one->ifa_addr->sa_family;
    if (family != AF_INET && family != AF_INET6) continue;
    sockaddr_storage storage{};
    std::memcpy(&storage, one->ifa_addr,
                family == AF_INET ? sizeof(sockaddr_in) : sizeof(sockaddr_in6));
    addresses.push_back({Endpoint::from_sockaddr(storage).address, length_of(one->ifa_netmask)});
  }
  return all;
}

/// The findings of all lints as remarks on the text.
std::vector<Remark> lint(const LoadOptions& options, const Config& config, const Config* peer) {
  std::vector<Diagnostic> said_already;
  const auto source = parser::read_source({options.path, options.config_id}, said_already);
  parser::Diagnostics ignored(source.text);
  const auto rows = config_rows();
  const auto tree = parser::build_tree(source.text, parser::block_names(rows), ignored);
  const Places places(tree);
  // The interfaces of another network namespace are not those that can be seen here.
  const bool here = config.global.net_namespace.empty();
  std::vector<Remark> remarks;
  for (const Finding& finding :
       run_lints({config, places, peer, here ? interface_addresses() : InterfaceAddresses()})) {
    parser::Diagnostics one(source.text);
    one.set_stage(parser::Stage::vrrp);
    one.add(Severity::note, finding.at, finding.message, finding.hint);
    remarks.push_back({one.take().at(0), finding.lint});
  }
  return remarks;
}

std::string_view name_of(Severity severity) {
  switch (severity) {
    case Severity::note:
      return "note";
    case Severity::missing_argument:
      return "missing_argument";
    case Severity::fatal:
      return "fatal";
    case Severity::error:
      return "error";
    case Severity::insecure:
      return "insecure";
  }
  return {};
}

Json step_json(const parser::Step& step) {
  constexpr std::array<std::string_view, 4> kKinds{"include", "definition", "values", "replaced"};
  Json json{{"kind", kKinds.at(static_cast<std::size_t>(step.kind))}};
  if (!step.name.empty()) json["name"] = step.name;
  if (!step.file.empty()) json["file"] = step.file;
  if (step.line != 0) json["line"] = step.line;
  if (step.part != 0) json["part"] = step.part;
  return json;
}

Json remark_json(const Remark& remark, const std::string& main_file) {
  const Diagnostic& said = remark.diagnostic;
  Json json{{"file", said.file.empty() ? main_file : said.file},
            {"line", said.line},
            {"column", said.column},
            {"severity", remark.lint.empty() ? name_of(said.severity) : "lint"},
            {"message", said.message},
            {"hint", said.hint},
            {"chain", Json::array()}};
  for (const parser::Step& step : said.chain) json["chain"].push_back(step_json(step));
  if (!remark.lint.empty()) json["lint"] = remark.lint;
  return json;
}

void print_json(const std::vector<Remark>& remarks, const std::string& file) {
  Json all = Json::array();
  for (const Remark& remark : remarks) all.push_back(remark_json(remark, file));
  // Octets that are not UTF-8 appear as the replacement character.
  fmt::print("{}\n", all.dump(2, ' ', false, Json::error_handler_t::replace));
}

void print_text(const std::vector<Remark>& remarks, const std::string& file) {
  std::vector<Diagnostic> diagnostics;
  std::size_t lints = 0;
  for (const Remark& remark : remarks) {
    Diagnostic shown = remark.diagnostic;
    if (remark.lint.empty()) {
      diagnostics.push_back(shown);
    } else {
      shown.message += fmt::format(" [{}]", remark.lint);
      ++lints;
    }
    fmt::print("{}\n", parser::render(shown));
  }
  const std::string summary = parser::summary(diagnostics, file);
  if (!summary.empty()) fmt::print("{}\n", summary);
  if (lints != 0) fmt::print("{} lint{} in {}\n", lints, lints == 1 ? "" : "s", file);
}

/// What the peer is to be compared with; nullptr, which has been said: it cannot be.
std::unique_ptr<const Config> read_peer(const std::string& file, const std::string& config_id) {
  LoadOptions options = options_for(file, config_id);
  // Its interfaces are not here.
  options.interfaces.reset();
  Loaded loaded = load_config(options);
  if (was_read(loaded)) return std::make_unique<const Config>(std::move(loaded.config));
  fmt::print(stderr, "understudy: {} cannot be read; not compared\n", file);
  return nullptr;
}

}  // namespace

int run_check(const Arguments& arguments) {
  const std::string& file = arguments.words[0];
  const LoadOptions options = options_for(file, arguments.get("config-id"));
  const Loaded loaded = load_config(options);
  std::vector<Remark> remarks;
  for (const Diagnostic& diagnostic : loaded.diagnostics) remarks.push_back({diagnostic, {}});
  std::unique_ptr<const Config> peer;
  if (arguments.words.size() > 1) {
    peer = read_peer(arguments.words[1], arguments.get("peer-id"));
    if (peer == nullptr) return kUsageStatus;
  }
  std::size_t lints = 0;
  if (was_read(loaded)) {
    for (Remark& remark : lint(options, loaded.config, peer.get())) {
      remarks.push_back(std::move(remark));
      ++lints;
    }
  }
  if (arguments.get("format", "text") == "json") {
    print_json(remarks, file);
  } else {
    print_text(remarks, file);
  }
  const bool strict = arguments.has("strict") && lints != 0 && loaded.test_status == 0;
  return strict ? kErrorStatus : loaded.test_status;
}

}  // namespace understudy::tool
