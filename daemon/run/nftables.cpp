#include "daemon/run/nftables.hpp"

#include <dlfcn.h>
#include <nftables/libnftables.h>

#include <algorithm>
#include <memory>

namespace understudy::run {
namespace {

/// The part of libnftables we call, loaded when first needed: it and what it pulls in are larger
/// than the whole of this process, and most configurations never need it.
class Library {
 public:
  static Result<std::unique_ptr<Library>> load() {
    auto library = std::make_unique<Library>();
    library->handle_ = dlopen("libnftables.so.1", RTLD_NOW | RTLD_LOCAL);
    if (library->handle_ == nullptr) return Error{"libnftables.so.1 is not installed"};
    if (!library->bind("nft_ctx_new", library->ctx_new) ||
        !library->bind("nft_ctx_free", library->ctx_free) ||
        !library->bind("nft_ctx_buffer_error", library->buffer_error) ||
        !library->bind("nft_ctx_get_error_buffer", library->get_error_buffer) ||
        !library->bind("nft_run_cmd_from_buffer", library->run_cmd_from_buffer)) {
      return Error{"libnftables.so.1 lacks a function"};
    }
    return library;
  }
  Library() = default;
  Library(const Library&) = delete;
  Library& operator=(const Library&) = delete;
  ~Library() {
    if (handle_ != nullptr) dlclose(handle_);
  }

  decltype(&nft_ctx_new) ctx_new = nullptr;
  decltype(&nft_ctx_free) ctx_free = nullptr;
  decltype(&nft_ctx_buffer_error) buffer_error = nullptr;
  decltype(&nft_ctx_get_error_buffer) get_error_buffer = nullptr;
  decltype(&nft_run_cmd_from_buffer) run_cmd_from_buffer = nullptr;

 private:
  template <typename Function>
  bool bind(const char* name, Function& function) {
    function = reinterpret_cast<Function>(dlsym(handle_, name));
    return function != nullptr;
  }
  void* handle_ = nullptr;
};

}  // namespace

Result<void> run_nftables(const std::string& commands) {
  auto library = Library::load();
  if (!library) return library.error();
  const Library& nft = **library;
  const std::unique_ptr<nft_ctx, decltype(nft.ctx_free)> context(nft.ctx_new(NFT_CTX_DEFAULT),
                                                                 nft.ctx_free);
  if (!context) return Error{"libnftables does not start"};
  nft.buffer_error(context.get());
  if (nft.run_cmd_from_buffer(context.get(), commands.c_str()) == 0) return {};
  std::string words = nft.get_error_buffer(context.get());
  // Only the first line: the others repeat the commands.
  words.erase(std::min(words.find('\n'), words.size()));
  return Error{words};
}

}  // namespace understudy::run
