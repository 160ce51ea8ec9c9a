#include "daemon/base/network_namespace.hpp"

#include <fcntl.h>
#include <sched.h>

#include <cerrno>
#include <exception>

namespace understudy {

Result<Fd> open_network_namespace(const std::string& name) {
  const std::string path = name.empty() ? "/proc/1/ns/net" : "/run/netns/" + name;
  Fd file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return Error::from_errno(errno, "cannot open network namespace " + path);
  return file;
}

Result<NamespaceVisit> NamespaceVisit::begin(const std::optional<std::string>& name) {
  if (!name) return NamespaceVisit(Fd());
  Fd home(open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC));
  if (!home) return Error::from_errno(errno, "cannot open our own network namespace");
  const auto there = open_network_namespace(*name);
  if (!there) return there.error();
  if (setns(there->get(), CLONE_NEWNET) < 0) {
    return Error::from_errno(
        errno, "cannot enter network namespace " + (name->empty() ? "of process 1" : *name));
  }
  return NamespaceVisit(std::move(home));
}

NamespaceVisit::~NamespaceVisit() {
  if (home_ && setns(home_.get(), CLONE_NEWNET) < 0) std::terminate();
}

}  // namespace understudy
