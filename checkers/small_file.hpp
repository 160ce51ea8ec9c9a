// Files an administrator names in the configuration and we read while others wait.
#pragma once

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <string>

#include "daemon/base/fd.hpp"
#include "daemon/base/result.hpp"

namespace understudy::checkers {

/// Opens a regular file of at most `largest` octets for reading. Never waits: a pipe or a terminal
/// is refused. The message does not name the file.
inline Result<Fd> open_small_file(const std::string& path, std::int64_t largest) {
  Fd fd(open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY));
  struct stat status {};
  if (!fd || fstat(fd.get(), &status) < 0) return Error{std::strerror(errno), errno};
  if (!S_ISREG(status.st_mode)) return Error{"not a regular file"};
  if (status.st_size > largest) return Error{"larger than is sensible", EFBIG};
  return fd;
}

}  // namespace understudy::checkers
