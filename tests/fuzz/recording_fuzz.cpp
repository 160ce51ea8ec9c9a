// Any octets as a line of a recording: it is refused with a reason, or is an input that is written
// and read again as the same.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "vrrp/recording.hpp"

using namespace understudy;
using namespace understudy::vrrp;

namespace {

void require(bool condition, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "fuzz target: %s\n", what);
  std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view line(reinterpret_cast<const char*>(data), size);
  const auto first = decode_recording_line(line);
  if (!first) {
    require(!first.error().message.empty(), "refused without a reason");
    return 0;
  }
  const std::string written = encode(*first);
  require(written.find('\n') == std::string::npos, "one line became two");
  const auto again = decode_recording_line(written);
  require(again.has_value(), "what was written cannot be read");
  require(encode(*again) == written, "what was read is not what was written");
  return 0;
}
