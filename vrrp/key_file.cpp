#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>

#include "daemon/base/fd.hpp"
#include "vrrp/draft.hpp"

namespace understudy::vrrp {

namespace {

/// "hex:", 64 octets, and some room for the end of the line.
constexpr std::size_t kLargest = 4 + 2 * 64 + 7;

}  // namespace

KeyFile load_key_file(const std::string& path) {
  KeyFile file;
  const auto fail = [&] {
    file.problem = std::generic_category().message(errno);
    return file;
  };
  // Neither a pipe nor a terminal may hold up the reading of a configuration.
  const Fd opened(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!opened) return fail();
  struct stat status {};
  if (fstat(opened.get(), &status) < 0) return fail();
  file.open_to_others = (status.st_mode & (S_IRWXG | S_IRWXO)) != 0;
  std::array<char, kLargest + 1> buffer{};
  std::size_t size = 0;
  while (size < buffer.size()) {
    const auto got = read(opened.get(), &buffer[size], buffer.size() - size);
    if (got < 0) return fail();
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
  }
  file.too_large = size > kLargest;
  if (!file.too_large) file.content.assign(buffer.data(), size);
  explicit_bzero(buffer.data(), buffer.size());
  return file;
}

}  // namespace understudy::vrrp
