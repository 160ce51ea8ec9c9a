#include "ipvs/module.hpp"

#include <libkmod.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <stdexcept>

#include "daemon/base/library.hpp"

namespace understudy::ipvs {
namespace {

/// What is used of libkmod, each by its own name. It is opened while a module is loaded, which
/// happens at most once.
struct Kmod : Library {
  Kmod() : Library("libkmod.so.2") {}
  decltype(&::kmod_list_next) kmod_list_next = symbol("kmod_list_next");
  decltype(&::kmod_module_get_module) kmod_module_get_module = symbol("kmod_module_get_module");
  decltype(&::kmod_module_new_from_lookup) kmod_module_new_from_lookup =
      symbol("kmod_module_new_from_lookup");
  decltype(&::kmod_module_probe_insert_module) kmod_module_probe_insert_module =
      symbol("kmod_module_probe_insert_module");
  decltype(&::kmod_module_unref) kmod_module_unref = symbol("kmod_module_unref");
  decltype(&::kmod_module_unref_list) kmod_module_unref_list = symbol("kmod_module_unref_list");
  decltype(&::kmod_new) kmod_new = symbol("kmod_new");
  decltype(&::kmod_set_log_fn) kmod_set_log_fn = symbol("kmod_set_log_fn");
  decltype(&::kmod_unref) kmod_unref = symbol("kmod_unref");
};

using Context = std::unique_ptr<kmod_ctx, decltype(&::kmod_unref)>;
using ModuleList = std::unique_ptr<kmod_list, decltype(&::kmod_module_unref_list)>;

/// libkmod prints to standard error of its own accord; a daemon reports through its log.
void silent(void* /*data*/, int /*priority*/, const char* /*file*/, int /*line*/,
            const char* /*function*/, const char* /*format*/, va_list /*arguments*/) {}

Error not_there(const std::string& name) {
  return Error{"module " + name + " is not among the modules of the running kernel", ENOENT};
}

/// Whether there may be modules for the running kernel. Where there are none, as in most
/// containers, libkmod need not be opened, which has OpenSSL opened in its turn.
bool has_modules() {
  utsname kernel{};
  if (uname(&kernel) != 0) return true;
  const std::string directory = std::string("/lib/modules/") + kernel.release;
  return access(directory.c_str(), F_OK) == 0 || access(("/usr" + directory).c_str(), F_OK) == 0;
}

Result<void> insert(const Kmod& library, kmod_module* module, const std::string& name) {
  const int status =
      library.kmod_module_probe_insert_module(module, 0, nullptr, nullptr, nullptr, nullptr);
  if (status >= 0 || status == -EEXIST) return {};
  return Error::from_errno(-status, "loading module " + name);
}

Result<void> load(const Kmod& library, const std::string& name) {
  const Context context(library.kmod_new(nullptr, nullptr), library.kmod_unref);
  if (!context) return Error{"libkmod could not be initialised", ENOMEM};
  library.kmod_set_log_fn(context.get(), silent, nullptr);
  kmod_list* found = nullptr;
  const int status = library.kmod_module_new_from_lookup(context.get(), name.c_str(), &found);
  const ModuleList modules(found, library.kmod_module_unref_list);
  if (status < 0 || !modules) {
    return not_there(name);
  }
  for (kmod_list* item = modules.get(); item != nullptr;
       item = library.kmod_list_next(modules.get(), item)) {
    kmod_module* module = library.kmod_module_get_module(item);
    auto inserted = insert(library, module, name);
    library.kmod_module_unref(module);
    if (!inserted) return inserted;
  }
  return {};
}

}  // namespace

Result<void> load_module(const std::string& name) try {
  if (access(("/sys/module/" + name).c_str(), F_OK) == 0) return {};
  if (!has_modules()) return not_there(name);
  return load(Kmod(), name);
} catch (const std::runtime_error& error) {
  return Error{"loading module " + name + ": " + error.what(), ENOENT};
}

}  // namespace understudy::ipvs
