// Digests of OpenSSL's libcrypto.
#pragma once

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "daemon/base/library.hpp"

namespace understudy {

/// What is used of libcrypto, each by its own name.
struct Crypto : Library {
  Crypto();
  decltype(&::EVP_DigestFinal_ex) EVP_DigestFinal_ex = symbol("EVP_DigestFinal_ex");
  decltype(&::EVP_DigestInit_ex) EVP_DigestInit_ex = symbol("EVP_DigestInit_ex");
  decltype(&::EVP_DigestUpdate) EVP_DigestUpdate = symbol("EVP_DigestUpdate");
  decltype(&::EVP_EncodeBlock) EVP_EncodeBlock = symbol("EVP_EncodeBlock");
  decltype(&::EVP_MD_CTX_free) EVP_MD_CTX_free = symbol("EVP_MD_CTX_free");
  decltype(&::EVP_MD_CTX_new) EVP_MD_CTX_new = symbol("EVP_MD_CTX_new");
  decltype(&::EVP_md5) EVP_md5 = symbol("EVP_md5");
  decltype(&::EVP_sha256) EVP_sha256 = symbol("EVP_sha256");
  decltype(&::HMAC) HMAC = symbol("HMAC");
};

/// Opens it at the first call, which takes milliseconds; it stays open. Throws std::runtime_error
/// when it cannot be opened; the next call tries again.
[[nodiscard]] const Crypto& crypto();

}  // namespace understudy
