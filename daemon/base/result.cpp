#include "daemon/base/result.hpp"

#include <cstring>

namespace understudy {

Error Error::from_errno(int code, const std::string& what) {
  return Error{what + ": " + std::strerror(code), code};  // NOLINT(concurrency-mt-unsafe)
}

}  // namespace understudy
