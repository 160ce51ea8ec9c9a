#include "daemon/base/library.hpp"

#include <dlfcn.h>

#include <stdexcept>
#include <string>

namespace understudy {

void Library::Close::operator()(void* handle) const { dlclose(handle); }

Library::Library(const char* name) : name_(name), handle_(dlopen(name, RTLD_NOW | RTLD_LOCAL)) {
  if (!handle_) throw std::runtime_error(std::string("Unable to open a library: ") + dlerror());
}

Library::Symbol Library::symbol(const char* name) const {
  void* address = dlsym(handle_.get(), name);
  if (address == nullptr) throw std::runtime_error(std::string(name_) + " lacks a function");
  return {address};
}

}  // namespace understudy
