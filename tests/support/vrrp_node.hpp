// A node of virtual routers in a test's hand: an ensemble and its clock.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/vrrp_values.hpp"
#include "vrrp/ensemble.hpp"

namespace understudy::vrrp {

/// VI_1 … VI_n on eth0 … with VRIDs 51 …, as instance() otherwise.
VrrpConfig instances(std::size_t number);
/// The same as members of the sync group G1.
VrrpConfig synced(std::size_t number);

/// An ensemble. Everything that comes of its inputs is kept as text: log lines as they are, for
/// what FIFOs are told the line, for other actions what describe() says, with the instance's name
/// in front.
class Node {
 public:
  explicit Node(VrrpConfig config)
      : config_(std::make_shared<const VrrpConfig>(std::move(config))) {}

  /// All interfaces that link() has not named are up, all instances have sources; then Begin.
  Node& begin(Begin input = {});
  Node& link(const std::string& interface, bool up);
  /// A reload with that configuration.
  Node& reload(VrrpConfig config);
  /// An input `offset` after time zero.
  Node& at(Duration offset, const Input& input);
  /// Serves timers, in order, until `offset`.
  Node& run_until(Duration offset);
  /// An advert for the instance of that number (from 0).
  Node& hear(std::size_t number, unsigned priority, const char* source);

  [[nodiscard]] const Machine& machine(std::size_t number) const {
    return ensemble.machine(ensemble.instances().at(number));
  }
  /// "MASTER MASTER BACKUP".
  [[nodiscard]] std::string states() const;
  /// What came since the last call: log lines and FIFO lines only.
  std::vector<std::string> story();
  /// The same: everything else.
  std::vector<std::string> deeds();

  Ensemble ensemble;
  Duration now{};

 private:
  void tell_link(const std::string& interface);
  void keep(const Outcome& outcome);
  void keep(const Deeds& deeds, const Action& action);

  std::shared_ptr<const VrrpConfig> config_;
  /// By name: what link() said last.
  std::map<std::string, bool> links_;
  std::vector<std::string> story_;
  std::vector<std::string> deeds_;
};

}  // namespace understudy::vrrp
