#include "checkers/openssl.hpp"

#include <boost/preprocessor/stringize.hpp>

namespace understudy::checkers {

// The version whose headers we were built with.
OpenSsl::OpenSsl() : Library("libssl.so." BOOST_PP_STRINGIZE(OPENSSL_SHLIB_VERSION)) {}

const OpenSsl& openssl() {
  static const OpenSsl library;
  return library;
}

}  // namespace understudy::checkers
