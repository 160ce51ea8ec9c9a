// Lints of one router's vrrp_instance and vrrp_script blocks.
#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

#include "daemon/understudy/lint.hpp"
#include "parser/statement.hpp"

namespace understudy::tool {
namespace {

using vrrp::InstanceConfig;
using vrrp::VirtualAddress;

std::string block_of(const InstanceConfig& instance) { return "vrrp_instance " + instance.name; }

const std::string& device_of(const InstanceConfig& instance, const VirtualAddress& address) {
  return address.device->empty() ? instance.interface : *address.device;
}

/// Whether a network of the interface has the address; one the address makes itself does not count,
/// for it may be there already.
bool reachable(const std::vector<Prefix>& networks, const IpAddress& address) {
  return std::ranges::any_of(networks, [&](const Prefix& network) {
    return network.address != address && network.contains(address);
  });
}

/// Calls `take(instance name, node)` for every vrrp_instance of the text.
template <typename Take>
void for_each_instance(const Places& places, Take take) {
  for (const parser::Node* node : places.blocks("vrrp_instance")) {
    const auto words = places.words(*node);
    if (words.size() > 1) take(words[1].text, *node);
  }
}

}  // namespace

void find_foreign_subnets(const LintInput& input, LintReport& findings) {
  for (const InstanceConfig& instance : input.config.vrrp.instances) {
    for (const VirtualAddress& one : instance.addresses) {
      const std::string& device = device_of(instance, one);
      const auto networks = input.interfaces.find(device);
      // Addresses on lo are meant to be nobody's neighbours.
      if (networks == input.interfaces.end() || device == "lo") continue;
      if (reachable(networks->second, one.address)) continue;
      const std::string text = one.address.to_string();
      findings.add(input.places.at(block_of(instance), {"virtual_ipaddress", text}),
                   fmt::format("({}) {} is in no network of {}", instance.name, text, device),
                   fmt::format("{} has {}", device, [&] {
                     std::string all;
                     for (const Prefix& network : networks->second) {
                       all += (all.empty() ? "" : ", ") + network.to_string();
                     }
                     return all.empty() ? std::string("no address") : all;
                   }()));
    }
  }
}

void find_duplicate_addresses(const LintInput& input, LintReport& findings) {
  struct Owner {
    const InstanceConfig* instance;
    const VirtualAddress* address;
  };
  std::unordered_map<std::string, Owner> owners;
  for (const InstanceConfig& instance : input.config.vrrp.instances) {
    for (const auto* list : {&instance.addresses, &instance.excluded}) {
      for (const VirtualAddress& one : *list) {
        const std::string text = one.address.to_string();
        const auto [owner, first] = owners.try_emplace(text, Owner{&instance, &one});
        if (first || owner->second.instance == &instance) continue;
        const InstanceConfig& other = *owner->second.instance;
        // A link-local address is an interface's own.
        const bool same_link = device_of(instance, one) == device_of(other, *owner->second.address);
        if (one.address.is_link_local() && !same_link) continue;
        const char* const keyword =
            list == &instance.addresses ? "virtual_ipaddress" : "virtual_ipaddress_excluded";
        findings.add(
            input.places.at(block_of(instance), {keyword, text}),
            fmt::format("({}) {} is also an address of {}", instance.name, text, other.name),
            "two routers may have it at once");
      }
    }
  }
}

void find_hidden_addresses(const LintInput& input, LintReport& findings) {
  for (const InstanceConfig& instance : input.config.vrrp.instances) {
    if (!instance.strict || instance.accept || instance.owner()) continue;
    if (instance.addresses.empty() && instance.excluded.empty()) continue;
    findings.add(input.places.at(block_of(instance), {"strict_mode"}),
                 fmt::format("({}) strict mode: its addresses answer neither ping nor connections",
                             instance.name),
                 instance.version == 3 ? "add 'accept' to the instance, or remove vrrp_strict"
                                       : "use 'version 3' with 'accept', or remove vrrp_strict");
  }
}

void find_master_nopreempt(const LintInput& input, LintReport& findings) {
  for_each_instance(input.places, [&](std::string_view name, const parser::Node& block) {
    const parser::Node* nopreempt = input.places.inside(block, "nopreempt");
    if (nopreempt == nullptr || input.places.inside(block, "state MASTER") == nullptr) return;
    findings.add(nopreempt->at, fmt::format("({}) nopreempt does nothing with state MASTER", name),
                 "write 'state BACKUP' on both routers");
  });
}

void find_plain_unicast(const LintInput& input, LintReport& findings) {
  for (const InstanceConfig& instance : input.config.vrrp.instances) {
    if (!instance.is_unicast() || instance.authentication != vrrp::Authentication::pass) continue;
    findings.add(
        input.places.at(block_of(instance), {"authentication", "auth_type"}),
        fmt::format("({}) the password travels in plain text beyond the link", instance.name),
        "use auth_hmac, or none and a firewall");
  }
}

void find_empty_peer_lists(const LintInput& input, LintReport& findings) {
  for_each_instance(input.places, [&](std::string_view name, const parser::Node& block) {
    const parser::Node* peers = input.places.inside(block, "unicast_peer");
    if (peers == nullptr || !input.places.tree().children(*peers).empty()) return;
    const bool fault = input.places.inside(block, "unicast_fault_no_peer") != nullptr;
    findings.add(peers->at, fmt::format("({}) there is no unicast peer: {}", name,
                                        fault ? "the instance stays in FAULT"
                                              : "adverts go to the multicast group"));
  });
}

void find_long_scripts(const LintInput& input, LintReport& findings) {
  for (const vrrp::TrackScript& script : input.config.vrrp.scripts) {
    if (script.timeout <= script.interval) continue;
    findings.add(
        input.places.at("vrrp_script " + script.name, {"timeout"}),
        fmt::format("({}) timeout {} is longer than interval {}", script.name,
                    parser::seconds_text(script.timeout), parser::seconds_text(script.interval)),
        "a run that hangs is noticed only after several intervals");
  }
}

void find_zero_track_weights(const LintInput& input, LintReport& findings) {
  const Places& places = input.places;
  for_each_instance(places, [&](std::string_view name, const parser::Node& block) {
    for (const parser::Node& list : places.tree().children(block)) {
      const auto keyword = places.words(list);
      if (keyword.empty() || !keyword[0].text.starts_with("track_")) continue;
      for (const parser::Node& line : places.tree().children(list)) {
        const auto words = places.words(line);
        for (std::size_t i = 2; i < words.size(); ++i) {
          if (words[i - 1].text != "weight" || words[i].text != "0") continue;
          findings.add(
              words[i].at,
              fmt::format("({}) weight 0: a failure of '{}' means FAULT", name, words[0].text),
              "leave the weight out if that is meant");
        }
      }
    }
  });
}

}  // namespace understudy::tool
