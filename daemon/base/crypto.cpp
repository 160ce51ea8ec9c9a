#include "daemon/base/crypto.hpp"

#include <boost/preprocessor/stringize.hpp>

namespace understudy {

// The version whose headers we were built with.
Crypto::Crypto() : Library("libcrypto.so." BOOST_PP_STRINGIZE(OPENSSL_SHLIB_VERSION)) {}

const Crypto& crypto() {
  static const Crypto library;
  return library;
}

}  // namespace understudy
