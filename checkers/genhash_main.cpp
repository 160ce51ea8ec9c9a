#include "checkers/genhash.hpp"

int main(int argc, char** argv) {
  return understudy::checkers::run_genhash(argv[0], {argv + 1, argv + argc});
}
