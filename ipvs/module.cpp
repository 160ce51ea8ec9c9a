#include "ipvs/module.hpp"

#include <libkmod.h>
#include <unistd.h>

#include <cerrno>
#include <memory>

namespace understudy::ipvs {
namespace {

using Context = std::unique_ptr<kmod_ctx, decltype(&kmod_unref)>;
using ModuleList = std::unique_ptr<kmod_list, decltype(&kmod_module_unref_list)>;

/// libkmod prints to standard error of its own accord; a daemon reports through its log.
void silent(void* /*data*/, int /*priority*/, const char* /*file*/, int /*line*/,
            const char* /*function*/, const char* /*format*/, va_list /*arguments*/) {}

Result<void> insert(kmod_module* module, const std::string& name) {
  const int status = kmod_module_probe_insert_module(module, 0, nullptr, nullptr, nullptr, nullptr);
  if (status >= 0 || status == -EEXIST) return {};
  return Error::from_errno(-status, "loading module " + name);
}

}  // namespace

Result<void> load_module(const std::string& name) {
  if (access(("/sys/module/" + name).c_str(), F_OK) == 0) return {};
  const Context context(kmod_new(nullptr, nullptr), kmod_unref);
  if (!context) return Error{"libkmod could not be initialised", ENOMEM};
  kmod_set_log_fn(context.get(), silent, nullptr);
  kmod_list* found = nullptr;
  const int status = kmod_module_new_from_lookup(context.get(), name.c_str(), &found);
  const ModuleList modules(found, kmod_module_unref_list);
  if (status < 0 || !modules) {
    return Error{"module " + name + " is not among the modules of the running kernel", ENOENT};
  }
  for (kmod_list* item = modules.get(); item != nullptr;
       item = kmod_list_next(modules.get(), item)) {
    kmod_module* module = kmod_module_get_module(item);
    auto inserted = insert(module, name);
    kmod_module_unref(module);
    if (!inserted) return inserted;
  }
  return {};
}

}  // namespace understudy::ipvs
