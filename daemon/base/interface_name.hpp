// The name of a network interface as a value.
#pragma once

#include <net/if.h>

#include <array>
#include <compare>
#include <string>
#include <string_view>

namespace understudy {

/// A name in the room the kernel gives one, for what there are thousands of. Names that are too
/// long are cut; no interface has the name that is left.
class InterfaceName {
 public:
  InterfaceName() = default;
  // Implicit on purpose: a name is a name.
  InterfaceName(std::string_view name) {  // NOLINT(google-explicit-constructor)
    name.copy(octets_.data(), octets_.size());
  }
  InterfaceName(const std::string& name)  // NOLINT(google-explicit-constructor)
      : InterfaceName(std::string_view(name)) {}
  InterfaceName(const char* name)  // NOLINT(google-explicit-constructor)
      : InterfaceName(std::string_view(name)) {}

  [[nodiscard]] std::string_view view() const {
    const std::string_view all(octets_.data(), octets_.size());
    return all.substr(0, all.find('\0'));
  }
  [[nodiscard]] std::string string() const { return std::string(view()); }
  auto operator<=>(const InterfaceName&) const = default;

 private:
  std::array<char, IFNAMSIZ> octets_{};
};

}  // namespace understudy
