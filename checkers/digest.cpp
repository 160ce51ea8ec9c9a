#include "checkers/digest.hpp"

#include <fmt/format.h>

#include <stdexcept>

namespace understudy::checkers {

Digest::Digest() : context_(crypto().EVP_MD_CTX_new()) { reset(); }

void Digest::reset() {
  if (!context_ || crypto().EVP_DigestInit_ex(context_.get(), crypto().EVP_md5(), nullptr) != 1) {
    throw std::runtime_error("OpenSSL provides no MD5");
  }
}

void Digest::add(ByteView data) {
  crypto().EVP_DigestUpdate(context_.get(), data.data(), data.size());
}

Digest::Value Digest::finish() {
  Value value{};
  crypto().EVP_DigestFinal_ex(context_.get(), value.data(), nullptr);
  return value;
}

std::string to_hex(const Digest::Value& value) {
  std::string text;
  text.reserve(2 * value.size());
  for (const std::uint8_t byte : value) fmt::format_to(std::back_inserter(text), "{:02x}", byte);
  return text;
}

}  // namespace understudy::checkers
