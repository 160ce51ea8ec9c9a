// The track_files that FILE_CHECKs look at.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "checkers/config.hpp"
#include "daemon/global/config.hpp"
#include "daemon/run/file_watch.hpp"

namespace understudy::checkers {

/// Knows the number in each file.
class TrackedFiles {
 public:
  /// Another number is in the file `name`.
  using OnChange = std::function<void(const std::string& name)>;

  TrackedFiles(Loop& loop, Log& log, OnChange on_change);

  /// Follows the files that checks of `config` name; those whose number is another one at once are
  /// the answer instead of being told of.
  std::vector<std::string> configure(const GlobalConfig& global, const CheckersConfig& config);
  /// The number in the file; 0 for one that is not there or holds none.
  [[nodiscard]] std::int64_t number_in(const std::string& name) const;

 private:
  void take(const std::string& name, std::int64_t number);

  OnChange on_change_;
  bool configuring_ = false;
  std::vector<std::string> changed_;
  std::map<std::string, std::int64_t> numbers_;
  run::FileWatch watch_;
};

}  // namespace understudy::checkers
