#include "tests/support/network_namespace.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <thread>

namespace {

int shell(const std::string& command) {
  const int status = std::system(command.c_str());
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

void must(const std::string& command) {
  if (shell(command) != 0) throw std::runtime_error("failed: " + command);
}

understudy::Fd open_namespace(const std::string& path) {
  understudy::Fd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) throw std::runtime_error("cannot open " + path);
  return fd;
}

}  // namespace

std::string NamespacePair::obstacle() {
  if (geteuid() != 0) return "needs root";
  if (shell("ip -V >/dev/null 2>&1") != 0) return "needs iproute2";
  return {};
}

NamespacePair::NamespacePair() : prefix_(fmt::format("usvp{}", getpid())) {
  for (const char which : {'a', 'b'}) must("ip netns add " + name(which));
  must(fmt::format("ip link add eth0 netns {} type veth peer name eth0 netns {}", name('a'),
                   name('b')));
  for (const char which : {'a', 'b'}) {
    must(fmt::format("ip -n {} addr add 10.9.0.{}/24 dev eth0", name(which), which == 'a' ? 1 : 2));
    must(fmt::format("ip -n {} link set lo up", name(which)));
    must(fmt::format("ip -n {} link set eth0 up", name(which)));
  }
  for (const char which : {'a', 'b'}) wait_for_carrier(which);
}

void NamespacePair::wait_for_carrier(char which) const {
  for (int i = 0; i < 100; ++i) {
    if (output(which, "ip -o link show dev eth0").find("state UP") != std::string::npos) return;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  throw std::runtime_error("eth0 does not come up");
}

NamespacePair::~NamespacePair() {
  for (const char which : {'a', 'b'}) shell("ip netns del " + name(which));
}

int NamespacePair::run(char which, const std::string& command) const {
  return shell(fmt::format("ip netns exec {} {}", name(which), command));
}

std::string NamespacePair::output(char which, const std::string& command) const {
  const std::string whole = fmt::format("ip netns exec {} {}", name(which), command);
  FILE* pipe = popen(whole.c_str(), "r");
  if (pipe == nullptr) throw std::runtime_error("popen failed");
  std::string text;
  std::array<char, 4096> part{};
  for (std::size_t size = 0; (size = fread(part.data(), 1, part.size(), pipe)) > 0;) {
    text.append(part.data(), size);
  }
  pclose(pipe);
  return text;
}

void NamespacePair::inside(char which, const std::function<void()>& work) const {
  const auto home = open_namespace("/proc/self/ns/net");
  const auto there = open_namespace("/run/netns/" + name(which));
  if (setns(there.get(), CLONE_NEWNET) != 0) throw std::runtime_error("setns failed");
  work();
  if (setns(home.get(), CLONE_NEWNET) != 0) throw std::runtime_error("setns failed");
}

bool NamespacePair::has_address(char which, const std::string& address) const {
  return output(which, "ip -o -4 addr show dev eth0").find(" " + address + "/") !=
         std::string::npos;
}
