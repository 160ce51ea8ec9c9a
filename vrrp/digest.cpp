#include "vrrp/digest.hpp"

#include <algorithm>
#include <stdexcept>

#include "daemon/base/crypto.hpp"

namespace understudy::vrrp {
namespace {

using Hash = decltype(&::EVP_md5);

template <std::size_t Size>
std::optional<std::array<std::uint8_t, Size>> leftmost(Hash Crypto::*hash, std::string_view key,
                                                       ByteView data) try {
  const Crypto& library = crypto();
  std::array<std::uint8_t, EVP_MAX_MD_SIZE> whole{};
  unsigned length = 0;
  if (library.HMAC((library.*hash)(), key.data(), static_cast<int>(key.size()), data.data(),
                   data.size(), whole.data(), &length) == nullptr ||
      length < Size) {
    return std::nullopt;
  }
  std::array<std::uint8_t, Size> digest;
  std::copy_n(whole.begin(), Size, digest.begin());
  return digest;
} catch (const std::runtime_error&) {
  // There is no libcrypto.
  return std::nullopt;
}

}  // namespace

std::optional<std::array<std::uint8_t, 12>> hmac_md5_96(std::string_view key, ByteView data) {
  return leftmost<12>(&Crypto::EVP_md5, key, data);
}

std::optional<std::array<std::uint8_t, 16>> hmac_sha256_128(std::string_view key, ByteView data) {
  return leftmost<16>(&Crypto::EVP_sha256, key, data);
}

bool equal_in_constant_time(ByteView a, ByteView b) {
  if (a.size() != b.size()) return false;
  // Volatile: no compiler may stop at the first difference.
  volatile std::uint8_t difference = 0;
  for (std::size_t i = 0; i < a.size(); ++i) difference = difference | (a[i] ^ b[i]);
  return difference == 0;
}

Result<void> prepare_digests(const VrrpConfig& config) try {
  for (const InstanceConfig& instance : config.instances) {
    const bool md5 = instance.authentication == Authentication::ah;
    const bool sha256 = instance.hmac->used();
    if (md5 || sha256) static_cast<void>(crypto());
    if (md5) static_cast<void>(hmac_md5_96({}, {}));
    if (sha256) static_cast<void>(hmac_sha256_128({}, {}));
  }
  return {};
} catch (const std::runtime_error& problem) {
  return Error{problem.what()};
}

}  // namespace understudy::vrrp
