#include "daemon/netlink/message.hpp"

#include <netlink/attr.h>

#include <cstring>

namespace understudy::netlink {

MessageBuilder::MessageBuilder(std::uint16_t type, std::uint16_t flags,
                               std::span<const std::byte> fixed) {
  nlmsghdr header{};
  header.nlmsg_type = type;
  header.nlmsg_flags = static_cast<std::uint16_t>(flags | NLM_F_REQUEST);
  octets_.reserve(128);
  append(&header, sizeof header);
  append(fixed.data(), fixed.size());
}

void AttributeWriter::append(const void* data, std::size_t size) {
  const auto* octets = static_cast<const std::uint8_t*>(data);
  octets_.insert(octets_.end(), octets, octets + size);
  octets_.resize(NLMSG_ALIGN(octets_.size()));
}

void AttributeWriter::attribute(std::uint16_t type, ByteView value) {
  const nlattr header{static_cast<std::uint16_t>(NLA_HDRLEN + value.size()), type};
  append(&header, sizeof header);
  append(value.data(), value.size());
}

void AttributeWriter::attribute(std::uint16_t type, std::uint8_t value) {
  attribute(type, ByteView(&value, 1));
}

void AttributeWriter::attribute(std::uint16_t type, std::uint32_t value) {
  attribute(type, ByteView(reinterpret_cast<const std::uint8_t*>(&value), sizeof value));
}

void AttributeWriter::attribute(std::uint16_t type, std::uint16_t value) {
  attribute(type, ByteView(reinterpret_cast<const std::uint8_t*>(&value), sizeof value));
}

void AttributeWriter::attribute(std::uint16_t type, std::string_view value) {
  Bytes octets(value.begin(), value.end());
  octets.push_back(0);
  attribute(type, octets);
}

std::size_t MessageBuilder::begin_nested(std::uint16_t type) {
  const std::size_t start = octets_.size();
  attribute(type, ByteView());
  return start;
}

void MessageBuilder::end_nested(std::size_t start) {
  const auto length = static_cast<std::uint16_t>(octets_.size() - start);
  std::memcpy(octets_.data() + start + offsetof(nlattr, nla_len), &length, sizeof length);
}

Message MessageBuilder::take() {
  const auto length = static_cast<std::uint32_t>(octets_.size());
  std::memcpy(octets_.data() + offsetof(nlmsghdr, nlmsg_len), &length, sizeof length);
  return std::move(octets_);
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

std::string_view Attributes::text(std::uint16_t type) const {
  const ByteView value = get(type);
  const auto* chars = reinterpret_cast<const char*>(value.data());
  return value.empty() ? std::string_view{} : std::string_view(chars, strnlen(chars, value.size()));
}

}  // namespace understudy::netlink
