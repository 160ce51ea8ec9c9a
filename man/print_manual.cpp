// Prints keepalived.conf(5): the frame given as argument, with the line "@KEYWORDS@" replaced by
// what the keyword rows say about themselves.
#include <fstream>
#include <iostream>
#include <string>

#include "daemon/config_rows.hpp"
#include "parser/print.hpp"

int main(int argc, char** argv) {
  std::ifstream frame(argc == 2 ? argv[1] : "");
  if (!frame) {
    std::cerr << "usage: print_manual FRAME\n";
    return 1;
  }
  for (std::string line; std::getline(frame, line);) {
    if (line == "@KEYWORDS@") {
      std::cout << ".SS Top level\n" << understudy::parser::print_manual(understudy::config_rows());
    } else {
      std::cout << line << '\n';
    }
  }
  return std::cout.good() ? 0 : 1;
}
