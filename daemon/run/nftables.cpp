#include "daemon/run/nftables.hpp"

#include <nftables/libnftables.h>

#include <algorithm>
#include <memory>
#include <stdexcept>

#include "daemon/base/library.hpp"

namespace understudy::run {
namespace {

/// What is used of libnftables, each by its own name. It and what it pulls in are larger than the
/// whole of this process, and most configurations never need it.
struct Nftables : Library {
  Nftables() : Library("libnftables.so.1") {}
  decltype(&::nft_ctx_buffer_error) nft_ctx_buffer_error = symbol("nft_ctx_buffer_error");
  decltype(&::nft_ctx_free) nft_ctx_free = symbol("nft_ctx_free");
  decltype(&::nft_ctx_get_error_buffer) nft_ctx_get_error_buffer =
      symbol("nft_ctx_get_error_buffer");
  decltype(&::nft_ctx_new) nft_ctx_new = symbol("nft_ctx_new");
  decltype(&::nft_run_cmd_from_buffer) nft_run_cmd_from_buffer = symbol("nft_run_cmd_from_buffer");
};

}  // namespace

Result<void> run_nftables(const std::string& commands) try {
  const Nftables library;
  const std::unique_ptr<nft_ctx, decltype(library.nft_ctx_free)> context(
      library.nft_ctx_new(NFT_CTX_DEFAULT), library.nft_ctx_free);
  if (!context) return Error{"libnftables does not start"};
  library.nft_ctx_buffer_error(context.get());
  if (library.nft_run_cmd_from_buffer(context.get(), commands.c_str()) == 0) return {};
  std::string words = library.nft_ctx_get_error_buffer(context.get());
  // Only the first line: the others repeat the commands.
  words.erase(std::min(words.find('\n'), words.size()));
  return Error{words};
} catch (const std::runtime_error& error) {
  return Error{error.what()};
}

}  // namespace understudy::run
