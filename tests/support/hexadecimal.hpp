// Octets written in hexadecimal.
#pragma once

#include <string_view>

#include "daemon/base/bytes.hpp"

namespace understudy {

/// Blanks are ignored.
inline Bytes from_hexadecimal(std::string_view text) {
  Bytes octets;
  unsigned digits = 0;
  unsigned value = 0;
  for (const char c : text) {
    if (c == ' ') continue;
    const unsigned digit =
        c >= 'a' ? static_cast<unsigned>(c - 'a') + 10 : static_cast<unsigned>(c - '0');
    value = value << 4U | digit;
    if (++digits % 2 != 0) continue;
    octets.push_back(static_cast<std::uint8_t>(value));
    value = 0;
  }
  return octets;
}

}  // namespace understudy
