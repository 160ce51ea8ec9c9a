#include "vrrp/recording_json.hpp"

#include <fmt/format.h>

#include <charconv>

namespace understudy::vrrp {
namespace {

constexpr const char* kHex = "hex";
/// Nanoseconds: some 70 years, so that sums of times stay within their type.
constexpr std::int64_t kLongest = std::int64_t{1} << 61;

/// `ok`: it is pairs of hexadecimal digits.
std::string from_hex(std::string_view digits, bool& ok) {
  std::string result;
  ok = digits.size() % 2 == 0;
  for (std::size_t i = 0; ok && i < digits.size(); i += 2) {
    unsigned value = 0;
    const char* end = digits.data() + i + 2;
    ok = std::from_chars(digits.data() + i, end, value, 16).ptr == end;
    result.push_back(static_cast<char>(value));
  }
  return result;
}

}  // namespace

Json text_json(const std::string& text) {
  Json json = text;
  try {
    // The only check of UTF-8 the library has.
    static_cast<void>(json.dump());
    return json;
  } catch (const Json::type_error&) {
    std::string digits;
    for (const char c : text) digits += fmt::format("{:02x}", static_cast<unsigned char>(c));
    return Json{{kHex, std::move(digits)}};
  }
}

std::int64_t nanoseconds(Duration duration) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(duration).count();
}

std::int64_t nanoseconds(TimePoint time) { return nanoseconds(time.time_since_epoch()); }

const Json* Members::find(const char* name) const {
  if (!object_.is_object()) return nullptr;
  const auto found = object_.find(name);
  return found == object_.end() ? nullptr : &*found;
}

void Members::complain(std::string_view name, std::string_view expected) {
  if (problem_.empty()) problem_ = fmt::format("'{}' is missing or not {}", name, expected);
}

std::int64_t Members::number(const char* name, std::int64_t least, std::int64_t most) {
  const Json* value = find(name);
  if (value != nullptr && value->is_number_integer()) {
    // Above what is signed there is only what no member can be.
    const bool too_large = value->is_number_unsigned() &&
                           value->get<std::uint64_t>() > static_cast<std::uint64_t>(most);
    const std::int64_t number = value->get<std::int64_t>();
    if (!too_large && number >= least && number <= most) return number;
  }
  complain(name, fmt::format("a number from {} to {}", least, most));
  return least > 0 || most < 0 ? least : 0;
}

bool Members::boolean(const char* name) {
  const Json* value = find(name);
  if (value != nullptr && value->is_boolean()) return value->get<bool>();
  complain(name, "true or false");
  return false;
}

std::string Members::text(const char* name) {
  const Json* value = find(name);
  if (value != nullptr && value->is_string()) return value->get<std::string>();
  if (value != nullptr && value->is_object() && value->contains(kHex) &&
      value->at(kHex).is_string()) {
    bool ok = false;
    std::string result = from_hex(value->at(kHex).get_ref<const std::string&>(), ok);
    if (ok) return result;
  }
  complain(name, "a text");
  return {};
}

IpAddress Members::address(const Json& value) {
  if (value.is_string()) {
    const auto& text = value.get_ref<const std::string&>();
    if (text.empty()) return {};
    if (const auto address = IpAddress::parse(text)) return *address;
  }
  complain("address", "an address");
  return {};
}

IpAddress Members::address(const char* name) {
  const Json* value = find(name);
  if (value != nullptr) return address(*value);
  complain(name, "an address");
  return {};
}

Duration Members::duration(const char* name) {
  return std::chrono::duration_cast<Duration>(
      std::chrono::nanoseconds(number(name, -kLongest, kLongest)));
}

TimePoint Members::time(const char* name) { return TimePoint(duration(name)); }

}  // namespace understudy::vrrp
