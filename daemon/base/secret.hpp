// A secret that leaves no copy of itself behind in memory.
#pragma once

#include <string.h>

#include <string>
#include <utility>

namespace understudy {

/// Octets that are wiped when they are replaced, moved away or destroyed.
class Secret {
 public:
  Secret() = default;
  // Implicit on purpose: octets are a Secret as soon as they are stored.
  Secret(std::string octets)  // NOLINT(google-explicit-constructor)
      : octets_(octets) {
    wipe(octets);
  }
  Secret(const Secret&) = default;
  Secret(Secret&& other) noexcept { std::swap(octets_, other.octets_); }
  Secret& operator=(const Secret& other) {
    if (this != &other) *this = Secret(other);
    return *this;
  }
  Secret& operator=(Secret&& other) noexcept {
    std::swap(octets_, other.octets_);
    wipe(other.octets_);
    return *this;
  }
  ~Secret() { wipe(octets_); }

  [[nodiscard]] const std::string& octets() const { return octets_; }
  [[nodiscard]] std::size_t size() const { return octets_.size(); }
  bool operator==(const Secret&) const = default;

 private:
  static void wipe(std::string& octets) {
    explicit_bzero(octets.data(), octets.size());
    octets.clear();
  }
  std::string octets_;
};

}  // namespace understudy
