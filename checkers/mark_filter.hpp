// Keeps the nftables rules that give packets to virtual_server_groups their marks (nftables_ipvs).
#pragma once

#include <optional>
#include <string>

#include "checkers/auto_marks.hpp"
#include "daemon/base/errand.hpp"
#include "daemon/base/log.hpp"
#include "daemon/base/loop.hpp"
#include "daemon/global/config.hpp"
#include "daemon/run/handover.hpp"

namespace understudy::checkers {

/// Chooses the marks and has a thread put the rules, all in one transaction: at no time are packets
/// without their mark. The page remembers both: a successor goes on with the same marks, and finds
/// a table whose name is no longer configured.
class MarkFilter {
 public:
  /// `page` outlives it.
  MarkFilter(Loop& loop, Log& log, run::HandoverPage& page);

  /// A configuration comes into force. What is refused is said, once.
  void apply(const GlobalConfig& global, const CheckersConfig& config);
  /// The marks now.
  [[nodiscard]] const AutoMarks& marks() const { return marks_; }
  /// Takes the rules away.
  void remove();
  /// Waits until all that was asked for is done, or refused.
  void finish();

 private:
  /// What a thread is given.
  struct Wish {
    std::string commands;
    std::optional<std::string> net_namespace;
    bool operator==(const Wish&) const = default;
  };

  [[nodiscard]] AutoMarks recorded(const CheckersConfig& config) const;
  void record(const AutoMarks& before);
  void want(Wish wish);
  void begin();
  void ended(std::string complaint);

  Log& log_;
  run::HandoverPage& page_;
  AutoMarks marks_;
  /// Where the rules are; empty: nowhere.
  std::string table_;
  Wish wish_;
  Wish begun_;
  /// Why it is not as wished, and what has been said of that.
  std::string complaint_;
  std::string said_;
  Errand<std::string> errand_;
};

}  // namespace understudy::checkers
