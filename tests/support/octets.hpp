// Text as what comes over a connection.
#pragma once

#include <cstdint>
#include <string>

#include "daemon/base/bytes.hpp"

/// `text` must outlive the view.
inline understudy::ByteView as_bytes(const std::string& text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}
