#include "daemon/base/sealed_file.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace understudy {
namespace {

constexpr int kSeals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL;

}  // namespace

Result<Fd> make_memory_file(const char* name) {
  Fd file(memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!file) return Error::from_errno(errno, "memfd_create");
  return file;
}

Result<void> fill_and_seal(const Fd& file, ByteView content) {
  while (!content.empty()) {
    const ssize_t written = write(file.get(), content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return Error::from_errno(errno, "cannot write the configuration to memory");
    content = content.subspan(static_cast<std::size_t>(written));
  }
  if (fcntl(file.get(), F_ADD_SEALS, kSeals) < 0) return Error::from_errno(errno, "F_ADD_SEALS");
  return {};
}

bool is_sealed(int file) {
  const int seals = fcntl(file, F_GET_SEALS);
  return seals >= 0 && (seals & kSeals) == kSeals;
}

Result<MappedFile> MappedFile::open(int file) {
  struct stat status {};
  if (fstat(file, &status) < 0) return Error::from_errno(errno, "fstat");
  if (!is_sealed(file)) return Error{"memory that is not sealed", EINVAL};
  const auto size = static_cast<std::size_t>(status.st_size);
  if (size == 0) return MappedFile(nullptr, 0);
  const void* memory = mmap(nullptr, size, PROT_READ, MAP_SHARED, file, 0);
  if (memory == MAP_FAILED) return Error::from_errno(errno, "mapping the configuration");
  return MappedFile(memory, size);
}

MappedFile::MappedFile(MappedFile&& other) noexcept
    : memory_(std::exchange(other.memory_, nullptr)), size_(std::exchange(other.size_, 0)) {}

MappedFile::~MappedFile() {
  if (memory_ != nullptr) munmap(const_cast<void*>(memory_), size_);
}

}  // namespace understudy
