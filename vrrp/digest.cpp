#include "vrrp/digest.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>

namespace understudy::vrrp {
namespace {

template <std::size_t Size>
std::optional<std::array<std::uint8_t, Size>> leftmost(const EVP_MD* hash, std::string_view key,
                                                       ByteView data) {
  std::array<std::uint8_t, EVP_MAX_MD_SIZE> whole{};
  unsigned length = 0;
  if (HMAC(hash, key.data(), static_cast<int>(key.size()), data.data(), data.size(), whole.data(),
           &length) == nullptr ||
      length < Size) {
    return std::nullopt;
  }
  std::array<std::uint8_t, Size> digest;
  std::copy_n(whole.begin(), Size, digest.begin());
  return digest;
}

}  // namespace

std::optional<std::array<std::uint8_t, 12>> hmac_md5_96(std::string_view key, ByteView data) {
  return leftmost<12>(EVP_md5(), key, data);
}

std::optional<std::array<std::uint8_t, 16>> hmac_sha256_128(std::string_view key, ByteView data) {
  return leftmost<16>(EVP_sha256(), key, data);
}

bool equal_in_constant_time(ByteView a, ByteView b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace understudy::vrrp
