#include "checkers/certificate_watch.hpp"

#include <fmt/chrono.h>

#include <utility>

namespace understudy::checkers {

std::optional<CertificateWatch::Word> CertificateWatch::look(std::chrono::sys_seconds end,
                                                             std::chrono::sys_seconds now,
                                                             unsigned days) {
  using Days = std::chrono::duration<long, std::ratio<86400>>;
  const bool unknown = std::exchange(end_, end) != end;
  const std::string date = fmt::format("{:%Y-%m-%d %H:%M:%S} UTC",
                                       fmt::gmtime(std::chrono::system_clock::to_time_t(end)));
  if (end - now > Days(days)) {
    if (!unknown) return std::nullopt;
    return Word{false, "valid until " + date};
  }
  if (!unknown && now - warned_ < Days(1)) return std::nullopt;
  warned_ = now;
  if (end <= now) return Word{true, "expired on " + date};
  const long left = std::chrono::floor<Days>(end - now).count();
  return Word{true, fmt::format("expires in {} day{}, on {}", left, left == 1 ? "" : "s", date)};
}

}  // namespace understudy::checkers
