// MD5 of a stream of octets, as `digest` in url { } and genhash use it.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>

#include "daemon/base/bytes.hpp"
#include "daemon/base/crypto.hpp"

namespace understudy::checkers {

/// A running MD5 (RFC 1321); reset() makes it ready for the next stream.
class Digest {
 public:
  using Value = std::array<std::uint8_t, 16>;

  /// Throws std::runtime_error if the library refuses MD5.
  Digest();
  void reset();
  void add(ByteView data);
  /// Digest of what was added since reset(); needs a reset() before the next stream.
  [[nodiscard]] Value finish();

 private:
  struct Free {
    void operator()(EVP_MD_CTX* context) const { crypto().EVP_MD_CTX_free(context); }
  };
  std::unique_ptr<EVP_MD_CTX, Free> context_;
};

/// Lower-case hexadecimal.
[[nodiscard]] std::string to_hex(const Digest::Value& value);

}  // namespace understudy::checkers
