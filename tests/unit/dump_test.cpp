// The dumps of -d against those of keepalived 2.4.3, kept in tests/config/dumps: NAME.conf with
// what its vrrp, checker and BFD processes said of it (NAME.vrrp, NAME.checkers, NAME.bfd), on a
// machine with the interfaces of machine_links(). Where this program knows better or has another
// default the files have its own lines; tests/config/dumps/README.md lists them.

#include "checkers/dump.hpp"

#include <net/if.h>
#include <net/if_arp.h>

#include <array>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "checkers/label.hpp"
#include "daemon/bfd/dump.hpp"
#include "daemon/config.hpp"
#include "daemon/global/dump.hpp"
#include "vrrp/dump.hpp"

using namespace understudy;

namespace {

using Lines = std::vector<std::string>;

vrrp::LinkFacts ethernet(const std::string& name, std::uint8_t index, std::uint8_t last_octet,
                         const char* ipv4) {
  vrrp::LinkFacts link{name,
                       index,
                       IFF_UP | IFF_RUNNING | IFF_BROADCAST | IFF_MULTICAST,
                       ARPHRD_ETHER,
                       1500,
                       0,
                       {{2, 0, 0, 0, 0, last_octet}},
                       {}};
  if (const auto address = IpAddress::parse(ipv4)) link.addresses.push_back(*address);
  link.addresses.push_back(*IpAddress::parse(fmt::format("fe80::ff:fe00:{:x}", last_octet)));
  return link;
}

/// The interfaces the expected dumps were made with.
std::vector<vrrp::LinkFacts> machine_links() {
  return {{"lo",
           1,
           IFF_UP | IFF_RUNNING | IFF_LOOPBACK,
           ARPHRD_LOOPBACK,
           65536,
           0,
           {},
           {*IpAddress::parse("127.0.0.1"), *IpAddress::parse("::1")}},
          ethernet("eth0", 2, 2, "10.3.0.1"),
          ethernet("v0", 3, 3, "10.0.0.1"),
          ethernet("v2", 4, 4, "10.0.2.1"),
          ethernet("eth0p", 12, 0x12, ""),
          ethernet("v0p", 13, 0x13, ""),
          ethernet("v2p", 14, 0x14, "")};
}

std::string path_of(const std::string& file) { return std::string(DUMPS_DIRECTORY "/") + file; }

Config read(const std::string& name) {
  LoadOptions options;
  options.path = path_of(name + ".conf");
  options.hostname = "host.example";
  auto& interfaces = options.interfaces.emplace();
  for (const auto& link : machine_links()) interfaces[link.name] = {};
  interfaces["lo"].loopback = true;
  return load_config(options).config;
}

Lines expected(const std::string& file) {
  std::ifstream in(path_of(file));
  REQUIRE(in);
  Lines lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

/// As on the machine of the expected dumps.
ScriptPath find_script(const std::string& name) {
  if (name == "/usr/bin/sh") return {name, "/usr/bin/dash"};
  return {name.find('/') == std::string::npos ? "/usr/bin/" + name : name, {}};
}

Lines global_lines(const Config& config, bool vrrp_process) {
  GlobalDumpFacts facts;
  facts.vrrp_process = vrrp_process;
  facts.umask = config.global.umask.value_or(facts.umask);
  facts.find_script = find_script;
  return dump(config.global, facts);
}

Lines with(Lines lines, Lines more) {
  DumpLines out;
  out.append(std::move(lines));
  out.append(std::move(more));
  return out.take();
}

Lines vrrp_lines(const Config& config) {
  vrrp::DumpFacts facts;
  facts.interfaces = machine_links();
  facts.find_script = find_script;
  facts.static_addresses_set = true;
  for (const auto& instance : config.vrrp.instances) {
    facts.instances[instance.name].has_interface = instance.vmac->used || instance.ipvlan->used;
  }
  for (const auto& group : config.vrrp.groups) {
    const auto members = static_cast<unsigned>(group.members.size());
    // Its process does not run, and its script has not ended yet.
    if (!group.track->processes.empty() && !group.tracking_weight) {
      facts.groups[group.name] = {RouterState::fault, members, members};
    }
  }
  for (const auto& session : config.bfd.sessions) {
    if (session.to_vrrp) {
      facts.bfds.push_back({session.name, session.weight, session.weight_reverse});
    }
  }
  return with(global_lines(config, true), vrrp::dump(config.vrrp, config.global, facts));
}

/// Every virtual server as it is at a start.
Lines checkers_lines(const Config& config) {
  setenv("TZ", "UTC", 1);
  checkers::DumpFacts facts;
  facts.find_script = find_script;
  for (const auto& service : config.checkers.virtual_servers) {
    checkers::Pool pool(service);
    pool.step(checkers::Start{});
    facts.services.emplace(checkers::label(service), checkers::facts_of(pool));
  }
  return with(global_lines(config, false), checkers::dump(config.checkers, config.global, facts));
}

/// The lines of a section's dump that are not in the other one, marked - and +, as diff(1) would:
/// what a failing comparison shows.
std::string difference(const Lines& wanted, const Lines& got) {
  std::vector<std::vector<unsigned>> longest(wanted.size() + 1,
                                             std::vector<unsigned>(got.size() + 1));
  for (std::size_t i = wanted.size(); i-- > 0;) {
    for (std::size_t k = got.size(); k-- > 0;) {
      longest[i][k] = wanted[i] == got[k] ? longest[i + 1][k + 1] + 1
                                          : std::max(longest[i + 1][k], longest[i][k + 1]);
    }
  }
  std::string text;
  std::size_t i = 0;
  std::size_t k = 0;
  while (i < wanted.size() || k < got.size()) {
    if (i < wanted.size() && k < got.size() && wanted[i] == got[k]) {
      ++i;
      ++k;
    } else if (k == got.size() || (i < wanted.size() && longest[i + 1][k] >= longest[i][k + 1])) {
      text += "-" + wanted[i++] + "\n";
    } else {
      text += "+" + got[k++] + "\n";
    }
  }
  return text;
}

void compare(const std::string& file, const Lines& got) {
  INFO(file);
  CHECK(difference(expected(file), got) == "");
}

}  // namespace

TEST_CASE("the vrrp process's dump is the original's") {
  for (const char* name :
       {"rich", "instance", "unicast", "vmac", "ipvlan", "groups", "statics", "bfd", "global"}) {
    compare(std::string(name) + ".vrrp", vrrp_lines(read(name)));
  }
}

TEST_CASE("the checker process's dump is the original's") {
  for (const char* name : {"rich", "services", "checks", "global"}) {
    compare(std::string(name) + ".checkers", checkers_lines(read(name)));
  }
}

TEST_CASE("the dump of BFD sessions is the original's") {
  compare("bfd.bfd", bfd::dump(read("bfd").bfd));
}
