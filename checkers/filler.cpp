#include "checkers/filler.hpp"

#include <string_view>

namespace understudy::checkers {

Bytes filler(std::size_t length) {
  constexpr std::string_view kText = "keepalived check - ";
  Bytes octets;
  octets.reserve(length);
  for (std::size_t i = 0; i < length; ++i) {
    octets.push_back(static_cast<std::uint8_t>(kText[i % kText.size()]));
  }
  return octets;
}

}  // namespace understudy::checkers
