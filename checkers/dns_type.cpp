#include "checkers/dns_type.hpp"

#include <strings.h>

#include <algorithm>

namespace understudy::checkers {

namespace {

constexpr std::array kTypes{
    std::pair{std::string_view("A"), DnsType::a},
    std::pair{std::string_view("NS"), DnsType::ns},
    std::pair{std::string_view("CNAME"), DnsType::cname},
    std::pair{std::string_view("SOA"), DnsType::soa},
    std::pair{std::string_view("MX"), DnsType::mx},
    std::pair{std::string_view("TXT"), DnsType::txt},
    std::pair{std::string_view("AAAA"), DnsType::aaaa},
    std::pair{std::string_view("RRSIG"), DnsType::rrsig},
    std::pair{std::string_view("DNSKEY"), DnsType::dnskey},
};

}  // namespace

const std::vector<std::string_view>& dns_type_names() {
  static const std::vector<std::string_view> names = [] {
    std::vector<std::string_view> all;
    all.reserve(kTypes.size());
    for (const auto& [name, type] : kTypes) all.push_back(name);
    return all;
  }();
  return names;
}

std::optional<DnsType> dns_type(std::string_view name) {
  const std::string text(name);
  for (const auto& [known, type] : kTypes) {
    if (strcasecmp(text.c_str(), known.data()) == 0) return type;
  }
  return std::nullopt;
}

std::string_view name_of(DnsType type) {
  const auto* found = std::ranges::find(kTypes, type, [](const auto& pair) { return pair.second; });
  return found == kTypes.end() ? std::string_view() : found->first;
}

}  // namespace understudy::checkers
