#include "vrrp/authentication.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace understudy::vrrp {
namespace {

/// Takes as long for a near miss as for a far one.
bool equal_in_constant_time(const std::array<std::uint8_t, 8>& a,
                            const std::array<std::uint8_t, 8>& b) {
  unsigned difference = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    difference |= static_cast<unsigned>(a[i]) ^ static_cast<unsigned>(b[i]);
  }
  return difference == 0;
}

}  // namespace

std::array<std::uint8_t, 8> password_octets(std::string_view password) {
  std::array<std::uint8_t, 8> octets{};
  std::copy_n(password.begin(), std::min(password.size(), octets.size()), octets.begin());
  return octets;
}

std::optional<Rejection> check_advert(const Received& received, const InstanceConfig& config) {
  const Advert& advert = received.advert;
  const std::string source = received.source.to_string();
  if (advert.version != config.version) {
    return Rejection{RejectionReason::version,
                     fmt::format("({}) wrong VRRP version from {}. Received {} and expect {}",
                                 config.name, source, advert.version, config.version)};
  }
  if (advert.version != 2) return std::nullopt;
  if (advert.authentication != config.authentication) {
    return Rejection{RejectionReason::authentication_type,
                     fmt::format("({}) received a {} auth from {}, expecting {}!", config.name,
                                 static_cast<unsigned>(advert.authentication), source,
                                 static_cast<unsigned>(config.authentication))};
  }
  if (config.authentication == Authentication::ah) {
    return Rejection{
        RejectionReason::missing_ah,
        fmt::format("({}) No AH header but auth type is AH from {}", config.name, source)};
  }
  if (config.authentication == Authentication::pass &&
      !equal_in_constant_time(advert.password, password_octets(config.password))) {
    return Rejection{RejectionReason::password,
                     fmt::format("({}) received an invalid passwd from {}!", config.name, source)};
  }
  return std::nullopt;
}

}  // namespace understudy::vrrp
