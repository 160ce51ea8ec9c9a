// What the number in a track_file says of a real server (FILE_CHECK).
#pragma once

#include <cstdint>

#include "checkers/config.hpp"
#include "checkers/pool.hpp"

namespace understudy::checkers {

/// The state of `check` while the file holds `number`. Without a weight any number but 0 means
/// "down", reversed 0 does. With one the number times the weight is added to the server's; -2^31
/// and less means "down".
[[nodiscard]] CheckState file_state(const FileCheck& check, std::int64_t number);

/// What is known at once of the checks of `config`: `number_in(name)` is the number in a
/// track_file.
template <typename NumberIn>
[[nodiscard]] std::vector<Observation> observe(const VirtualServer& config,
                                               const NumberIn& number_in) {
  std::vector<Observation> observations;
  for (std::size_t i = 0; i < config.real_servers.size(); ++i) {
    const auto& checks = config.real_servers[i].checks;
    for (std::size_t j = 0; j < checks.size(); ++j) {
      const auto* file = checks[j].get_if<FileCheck>();
      if (file == nullptr) continue;
      observations.push_back({i, j, file_state(*file, number_in(file->track_file))});
    }
  }
  return observations;
}

}  // namespace understudy::checkers
