#include "daemon/base/messages.hpp"

#include <boost/pfr.hpp>
#include <type_traits>

namespace understudy {
namespace {

template <typename T>
void put(ByteWriter& out, const T& value);

template <typename T>
void put_each(ByteWriter& out, const T& values) {
  out.u32(static_cast<std::uint32_t>(values.size()));
  for (const auto& value : values) put(out, value);
}

template <typename T>
struct IsVector : std::false_type {};
template <typename T>
struct IsVector<std::vector<T>> : std::true_type {};
template <typename T>
struct IsOptional : std::false_type {};
template <typename T>
struct IsOptional<std::optional<T>> : std::true_type {};

template <typename T>
void put(ByteWriter& out, const T& value) {
  if constexpr (std::is_same_v<T, std::string>) {
    out.u32(static_cast<std::uint32_t>(value.size()));
    out.bytes({reinterpret_cast<const std::uint8_t*>(value.data()), value.size()});
  } else if constexpr (IsVector<T>::value) {
    put_each(out, value);
  } else if constexpr (IsOptional<T>::value) {
    out.u8(value ? 1 : 0);
    if (value) put(out, *value);
  } else if constexpr (std::is_integral_v<T> || std::is_enum_v<T>) {
    out.u64(static_cast<std::uint64_t>(value));
  } else {
    boost::pfr::for_each_field(value, [&out](const auto& field) { put(out, field); });
  }
}

template <typename T>
void get(ByteReader& in, T& value) {
  if constexpr (std::is_same_v<T, std::string>) {
    const auto data = in.bytes(in.u32());
    value.assign(data.begin(), data.end());
  } else if constexpr (IsVector<T>::value) {
    const std::uint32_t count = in.u32();
    for (std::uint32_t i = 0; i < count && in.ok(); ++i) get(in, value.emplace_back());
  } else if constexpr (IsOptional<T>::value) {
    if (in.u8() != 0) get(in, value.emplace());
  } else if constexpr (std::is_integral_v<T> || std::is_enum_v<T>) {
    value = static_cast<T>(in.u64());
  } else {
    boost::pfr::for_each_field(value, [&in](auto& field) { get(in, field); });
  }
}

template <std::size_t I = 0>
bool get_alternative(ByteReader& in, std::size_t index, Message& message) {
  if constexpr (I < std::variant_size_v<Message>) {
    if (index != I) return get_alternative<I + 1>(in, index, message);
    get(in, message.emplace<I>());
    return true;
  } else {
    return false;
  }
}

}  // namespace

Bytes encode(const Message& message) {
  ByteWriter out;
  out.u8(static_cast<std::uint8_t>(message.index()));
  std::visit([&out](const auto& alternative) { put(out, alternative); }, message);
  return out.take();
}

Result<Message> decode_message(ByteView data) {
  ByteReader in(data);
  Message message;
  const std::size_t index = in.u8();
  if (!get_alternative(in, index, message)) return Error{"unknown message between processes"};
  if (!in.ok() || in.left() > 0) return Error{"message between processes has a wrong length"};
  return message;
}

}  // namespace understudy
