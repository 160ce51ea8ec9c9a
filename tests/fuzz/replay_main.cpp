// Runs a fuzz target without libFuzzer: every file of the corpus as it is, then with mutations that
// are the same on every run.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
/// Of targets that know what makes sense to them.
extern "C" __attribute__((weak)) std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data,
                                                                     std::size_t size,
                                                                     std::size_t max_size,
                                                                     unsigned seed);

namespace {

constexpr int kMutationsPerFile = 250;
/// Octets a mutation by the target may have.
constexpr std::size_t kMaxSize = 1U << 16;

using Input = std::vector<std::uint8_t>;

Input read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// One to four small changes: an octet set, removed, inserted, or the end cut off.
Input mutated(Input input, std::mt19937& random) {
  for (auto changes = 1 + random() % 4; changes > 0; --changes) {
    const auto octet = static_cast<std::uint8_t>(random());
    if (input.empty()) {
      input.push_back(octet);
      continue;
    }
    const auto offset = static_cast<Input::difference_type>(random() % input.size());
    switch (random() % 4) {
      case 0:
        input.erase(input.begin() + offset);
        break;
      case 1:
        input.insert(input.begin() + offset, octet);
        break;
      case 2:
        input.resize(static_cast<std::size_t>(offset));
        break;
      default:
        input[static_cast<std::size_t>(offset)] = octet;
    }
  }
  return input;
}

/// The same by the target, which then may be damaged too.
Input mutated_by_target(Input input, std::mt19937& random) {
  const std::size_t size = input.size();
  input.resize(std::max(size, kMaxSize));
  const std::size_t left =
      LLVMFuzzerCustomMutator(input.data(), size, input.size(), static_cast<unsigned>(random()));
  input.resize(left);
  return random() % 2 == 0 ? input : mutated(std::move(input), random);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: %s CORPUS-DIRECTORY\n", argv[0]);
    return 2;
  }
  std::mt19937 random;  // NOLINT: the same on every run
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(argv[1])) {
    const Input input = read_file(entry.path());
    LLVMFuzzerTestOneInput(input.data(), input.size());
    for (int i = 0; i < kMutationsPerFile; ++i) {
      const bool by_target = LLVMFuzzerCustomMutator != nullptr && i % 2 == 1;
      const Input other = by_target ? mutated_by_target(input, random) : mutated(input, random);
      LLVMFuzzerTestOneInput(other.data(), other.size());
    }
    ++files;
  }
  std::printf("%d files, %d mutations of each\n", files, kMutationsPerFile);
  return files > 0 ? 0 : 1;
}
