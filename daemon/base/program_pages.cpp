#include "daemon/base/program_pages.hpp"

#include <link.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace understudy {
namespace {

using Ranges = std::vector<std::span<std::byte>>;

/// Adds what is only read of one program or library.
int add_constant(dl_phdr_info* object, std::size_t /*size*/, void* ranges) {
  const auto page = static_cast<std::uintptr_t>(sysconf(_SC_PAGESIZE));
  for (unsigned i = 0; i < object->dlpi_phnum; ++i) {
    const auto& segment = object->dlpi_phdr[i];
    if (segment.p_type != PT_LOAD || (segment.p_flags & PF_W) != 0) continue;
    const std::uintptr_t begin = object->dlpi_addr + segment.p_vaddr;
    const std::uintptr_t first = begin / page * page;
    // NOLINTNEXTLINE(performance-no-int-to-ptr): the loader gives numbers.
    static_cast<Ranges*>(ranges)->emplace_back(reinterpret_cast<std::byte*>(first),
                                               begin + segment.p_memsz - first);
  }
  return 0;
}

}  // namespace

void forget_program_pages() {
  // All at the end: the tables of segments are such memory themselves.
  Ranges ranges;
  dl_iterate_phdr(add_constant, &ranges);
  for (const auto range : ranges) madvise(range.data(), range.size(), MADV_DONTNEED);
}

}  // namespace understudy
