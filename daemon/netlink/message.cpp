#include "daemon/netlink/message.hpp"

#include <netlink/attr.h>

#include <cstring>

namespace understudy::netlink {
namespace {

void append(Message& message, const void* data, std::size_t size) {
  const auto* octets = static_cast<const std::uint8_t*>(data);
  message.insert(message.end(), octets, octets + size);
  message.resize(NLMSG_ALIGN(message.size()));
}

}  // namespace

MessageBuilder::MessageBuilder(std::uint16_t type, std::uint16_t flags,
                               std::span<const std::byte> fixed) {
  nlmsghdr header{};
  header.nlmsg_type = type;
  header.nlmsg_flags = static_cast<std::uint16_t>(flags | NLM_F_REQUEST);
  message_.reserve(128);
  append(message_, &header, sizeof header);
  append(message_, fixed.data(), fixed.size());
}

void MessageBuilder::attribute(std::uint16_t type, ByteView value) {
  const nlattr header{static_cast<std::uint16_t>(NLA_HDRLEN + value.size()), type};
  append(message_, &header, sizeof header);
  append(message_, value.data(), value.size());
}

void MessageBuilder::attribute(std::uint16_t type, std::uint8_t value) {
  attribute(type, ByteView(&value, 1));
}

void MessageBuilder::attribute(std::uint16_t type, std::uint32_t value) {
  attribute(type, ByteView(reinterpret_cast<const std::uint8_t*>(&value), sizeof value));
}

void MessageBuilder::attribute(std::uint16_t type, std::uint16_t value) {
  attribute(type, ByteView(reinterpret_cast<const std::uint8_t*>(&value), sizeof value));
}

void MessageBuilder::attribute(std::uint16_t type, std::string_view value) {
  Bytes octets(value.begin(), value.end());
  octets.push_back(0);
  attribute(type, octets);
}

std::size_t MessageBuilder::begin_nested(std::uint16_t type) {
  const std::size_t start = message_.size();
  attribute(type, ByteView());
  return start;
}

void MessageBuilder::end_nested(std::size_t start) {
  const auto length = static_cast<std::uint16_t>(message_.size() - start);
  std::memcpy(message_.data() + start + offsetof(nlattr, nla_len), &length, sizeof length);
}

Message MessageBuilder::take() {
  const auto length = static_cast<std::uint32_t>(message_.size());
  std::memcpy(message_.data() + offsetof(nlmsghdr, nlmsg_len), &length, sizeof length);
  return std::move(message_);
}

std::optional<nlmsghdr> header_of(ByteView message) {
  nlmsghdr header;
  if (message.size() < sizeof header) return std::nullopt;
  std::memcpy(&header, message.data(), sizeof header);
  return header;
}

Attributes::Attributes(ByteView message, std::size_t fixed_size) {
  const std::size_t start = NLMSG_HDRLEN + NLMSG_ALIGN(fixed_size);
  if (message.size() >= start) take(message.subspan(start));
}

void Attributes::take(ByteView rest) {
  // libnl does not write to what it is given.
  auto* at = reinterpret_cast<nlattr*>(const_cast<std::uint8_t*>(rest.data()));
  for (int left = static_cast<int>(rest.size()); nla_ok(at, left); at = nla_next(at, &left)) {
    const int type = nla_type(at);
    if (type < 0 || type > kHighest) continue;
    values_[static_cast<std::size_t>(type)] = {static_cast<const std::uint8_t*>(nla_data(at)),
                                               static_cast<std::size_t>(nla_len(at))};
  }
}

ByteView Attributes::get(std::uint16_t type) const {
  return type <= kHighest ? values_[type] : ByteView{};
}

std::optional<std::uint32_t> Attributes::u32(std::uint16_t type) const {
  const ByteView value = get(type);
  std::uint32_t number = 0;
  if (value.size() != sizeof number) return std::nullopt;
  std::memcpy(&number, value.data(), sizeof number);
  return number;
}

std::string_view Attributes::text(std::uint16_t type) const {
  const ByteView value = get(type);
  const auto* chars = reinterpret_cast<const char*>(value.data());
  return value.empty() ? std::string_view{} : std::string_view(chars, strnlen(chars, value.size()));
}

}  // namespace understudy::netlink
