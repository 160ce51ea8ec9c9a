#include <cstdio>
#include <exception>

#include "checkers/genhash.hpp"

int main(int argc, char** argv) try {
  return understudy::checkers::run_genhash(argv[0], {argv + 1, argv + argc});
} catch (const std::exception& problem) {
  std::fprintf(stderr, "%s\n", problem.what());
  return 1;
}
