#include "vrrp/firewall.hpp"

#include <dlfcn.h>
#include <fmt/format.h>
#include <nftables/libnftables.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>

namespace understudy::vrrp {
namespace {

/// As keepalived's: just before filters of others.
constexpr int kPriority = -1;
constexpr std::string_view kRecordKey = "nftables";

/// A record's value: the table's name; longer ones than the kernel's tables may have do not occur.
struct TableRecord {
  std::array<char, 96> name{};
};

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

std::string join(const std::vector<IpAddress>& addresses) {
  std::string text;
  for (const IpAddress& address : addresses) {
    text += (text.empty() ? "" : ", ") + address.to_string();
  }
  return text;
}

std::string family_commands(std::string_view family, std::string_view type, const std::string& name,
                            const std::vector<IpAddress>& addresses) {
  // "add" before "delete": deleting what does not exist would fail the transaction.
  std::string text = fmt::format("add table {0} {1}\ndelete table {0} {1}\n", family, name);
  if (addresses.empty()) return text;
  text += fmt::format(
      "table {0} {1} {{\n"
      "  set vips {{ type {2}; elements = {{ {3} }} }}\n"
      "  chain in {{ type filter hook input priority {4}; policy accept;\n"
      "    iif \"lo\" accept\n    {0} daddr @vips drop\n  }}\n"
      "  chain out {{ type filter hook output priority {4}; policy accept;\n"
      "    oif \"lo\" accept\n    {0} saddr @vips drop\n  }}\n}}\n",
      family, name, type, join(addresses), kPriority);
  return text;
}

std::vector<IpAddress> refused_by(const InstanceConfig& instance) {
  std::vector<IpAddress> result;
  if (instance.accept || instance.owner()) return result;
  for (const auto* list : {&instance.addresses, &instance.excluded}) {
    for (const VirtualAddress& address : *list) result.push_back(address.address);
  }
  return result;
}

}  // namespace

std::string firewall_commands(const std::string& table, const std::vector<IpAddress>& addresses) {
  std::vector<IpAddress> v4;
  std::vector<IpAddress> v6;
  std::ranges::copy_if(addresses, std::back_inserter(v4), &IpAddress::is_v4);
  std::ranges::copy_if(addresses, std::back_inserter(v6), &IpAddress::is_v6);
  return family_commands("ip", "ipv4_addr", table, v4) +
         family_commands("ip6", "ipv6_addr", table, v6);
}

Result<void> Firewall::run(const std::string& commands) {
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

void Firewall::apply(const std::string& table, const std::vector<InstanceConfig>& instances) {
  std::vector<IpAddress> wanted;
  for (const InstanceConfig& instance : instances) {
    const auto refused = refused_by(instance);
    wanted.insert(wanted.end(), refused.begin(), refused.end());
  }
  std::ranges::sort(wanted);
  wanted.erase(std::ranges::unique(wanted).begin(), wanted.end());
  if (wanted.empty()) return remove();
  // Also when it was refused: it is said once.
  if (wanted == addresses_ && table == requested_) return;
  if (table != table_) remove();
  addresses_ = wanted;
  requested_ = table;
  const auto done = run(firewall_commands(table, wanted));
  if (!done) {
    log_.error("nftables refuses to drop traffic to {}: {}. It is let in.", join(wanted),
               done.error().message);
    return;
  }
  remember(table);
  for (const InstanceConfig& instance : instances) {
    const auto refused = refused_by(instance);
    if (refused.empty()) continue;
    log_.warning(
        "({}) {}: ALL TRAFFIC to and from {} IS DROPPED (nftables table {}); the keyword `accept` "
        "in the instance lets it in",
        instance.name, instance.strict ? "vrrp_strict" : "no_accept", join(refused), table);
  }
}

void Firewall::adopt() {
  const auto record = page_.read<TableRecord>(kRecordKey);
  if (record)
    table_ = std::string(record->name.data(), strnlen(record->name.data(), record->name.size()));
}

void Firewall::remember(const std::string& table) {
  table_ = table;
  if (table.empty()) {
    page_.erase(kRecordKey);
    return;
  }
  TableRecord record;
  table.copy(record.name.data(), record.name.size() - 1);
  page_.write(kRecordKey, record);
}

void Firewall::remove() {
  addresses_.clear();
  requested_.clear();
  if (table_.empty()) return;
  const auto done = run(firewall_commands(table_, {}));
  if (!done) log_.error("nftables table {} stays: {}", table_, done.error().message);
  remember({});
}

}  // namespace understudy::vrrp
