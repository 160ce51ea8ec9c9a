// What a server says in HTTP/2 (RFC 9113), octet by octet: also what no server should say.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace http2 {

enum Type : std::uint8_t {
  kData = 0,
  kHeaders = 1,
  kReset = 3,
  kSettings = 4,
  kPushPromise = 5,
  kPing = 6,
  kGoaway = 7,
  kWindowUpdate = 8,
  kContinuation = 9,
};
inline constexpr std::uint8_t kEndStream = 1;
inline constexpr std::uint8_t kEndHeaders = 4;
using Fields = std::vector<std::pair<std::string, std::string>>;

inline std::string number(std::uint32_t value, unsigned octets) {
  std::string out;
  while (octets-- > 0) out += static_cast<char>(value >> (8 * octets) & 0xffU);
  return out;
}

inline std::string frame(Type type, std::uint8_t flags, std::uint32_t stream,
                         const std::string& payload) {
  return number(static_cast<std::uint32_t>(payload.size()), 3) + number(type, 1) +
         number(flags, 1) + number(stream, 4) + payload;
}

/// Literals without indexing (RFC 7541 6.2.2); at most 126 octets each.
inline std::string block(const Fields& fields) {
  std::string out;
  for (const auto& [name, value] : fields) {
    out += number(0, 1) + number(static_cast<std::uint32_t>(name.size()), 1) + name +
           number(static_cast<std::uint32_t>(value.size()), 1) + value;
  }
  return out;
}

inline std::string settings() { return frame(kSettings, 0, 0, ""); }
inline std::string headers(const Fields& fields, std::uint8_t flags = 0) {
  return frame(kHeaders, flags | kEndHeaders, 1, block(fields));
}
inline std::string data(const std::string& text, std::uint8_t flags = 0) {
  return frame(kData, flags, 1, text);
}

}  // namespace http2
