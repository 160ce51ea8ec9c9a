#include "checkers/grpc_health.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace understudy::checkers {
namespace {

constexpr std::size_t kPrefix = 5;
constexpr std::size_t kLongestText = 256;
/// Wire types of protocol buffers.
constexpr std::uint64_t kVarint = 0;
constexpr std::uint64_t kFixed64 = 1;
constexpr std::uint64_t kLengthDelimited = 2;
constexpr std::uint64_t kFixed32 = 5;
constexpr std::uint8_t kServiceTag = 1 << 3 | kLengthDelimited;
constexpr std::uint32_t kServing = 1;

constexpr std::array<std::string_view, 4> kServingStatus{"UNKNOWN", "SERVING", "NOT_SERVING",
                                                         "SERVICE_UNKNOWN"};
/// By number (google.rpc.Code).
constexpr std::array<std::string_view, 17> kStatusNames{
    "OK",        "CANCELLED",      "UNKNOWN",           "INVALID_ARGUMENT",   "DEADLINE_EXCEEDED",
    "NOT_FOUND", "ALREADY_EXISTS", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION",
    "ABORTED",   "OUT_OF_RANGE",   "UNIMPLEMENTED",     "INTERNAL",           "UNAVAILABLE",
    "DATA_LOSS", "UNAUTHENTICATED"};

void append_varint(std::string& out, std::uint64_t value) {
  constexpr std::uint64_t kMore = 0x80;
  for (; value >= kMore; value >>= 7U) out += static_cast<char>(value | kMore);
  out += static_cast<char>(value);
}

/// Takes a varint off the front; nullopt: it has no end or more than 64 bits.
std::optional<std::uint64_t> take_varint(ByteView& data) {
  constexpr unsigned kBits = 64;
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < kBits && !data.empty(); shift += 7) {
    const std::uint64_t octet = data[0];
    data = data.subspan(1);
    if (shift == 63 && octet > 1) return std::nullopt;
    value |= (octet & 0x7fU) << shift;
    if ((octet & 0x80U) == 0) return value;
  }
  return std::nullopt;
}

/// Skips the value of a field; false: it is not all there.
bool skip(ByteView& data, std::uint64_t wire_type) {
  std::uint64_t length = 0;
  if (wire_type == kVarint) return take_varint(data).has_value();
  if (wire_type == kLengthDelimited) {
    const auto own = take_varint(data);
    if (!own) return false;
    length = *own;
  } else if (wire_type == kFixed64) {
    length = 8;
  } else if (wire_type == kFixed32) {
    length = 4;
  } else {
    return false;
  }
  if (length > data.size()) return false;
  data = data.subspan(static_cast<std::size_t>(length));
  return true;
}

/// For the log: neither control characters nor too much of it.
std::string printable(std::string_view text) {
  std::string out(text.substr(0, kLongestText));
  std::ranges::replace_if(
      out, [](unsigned char c) { return c < ' ' || c >= 0x7f; }, '?');
  return out;
}

std::optional<std::uint32_t> parse_number(std::string_view text) {
  std::uint32_t value = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || rest != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

std::string grpc_health_request(std::string_view service) {
  std::string message;
  // A field with its default value is left out.
  if (!service.empty()) {
    message += static_cast<char>(kServiceTag);
    append_varint(message, service.size());
    message += service;
  }
  std::string frame(1, '\0');
  for (const unsigned shift : {24U, 16U, 8U, 0U}) {
    frame += static_cast<char>(message.size() >> shift & 0xffU);
  }
  return frame + message;
}

std::optional<std::uint32_t> decode_health_response(ByteView message) {
  constexpr std::uint64_t kStatusField = 1;
  std::uint64_t status = 0;
  while (!message.empty()) {
    const auto tag = take_varint(message);
    if (!tag || *tag >> 3U == 0) return std::nullopt;
    if (*tag == (kStatusField << 3U | kVarint)) {
      const auto value = take_varint(message);
      if (!value) return std::nullopt;
      status = *value;
    } else if (!skip(message, *tag & 7U)) {
      return std::nullopt;
    }
  }
  if (status > UINT32_MAX) return std::nullopt;
  return static_cast<std::uint32_t>(status);
}

void GrpcHealthReply::take_field(std::string_view name, std::string_view value) {
  if (name == ":status") {
    http_status_ = printable(value);
  } else if (name == "content-type") {
    content_type_is_grpc_ = value.starts_with("application/grpc");
  } else if (name == "grpc-status") {
    constexpr std::uint32_t kUnknown = 2;
    // What is no number counts as UNKNOWN.
    grpc_status_ = parse_number(value).value_or(kUnknown);
  } else if (name == "grpc-message") {
    grpc_message_ = printable(value);
  }
}

void GrpcHealthReply::take_data(ByteView data) {
  const std::size_t room = kPrefix + kLongestMessage - frame_.size();
  too_long_ = too_long_ || data.size() > room;
  const auto own = data.first(std::min(room, data.size()));
  frame_.append(reinterpret_cast<const char*>(own.data()), own.size());
}

GrpcHealthReply::Verdict GrpcHealthReply::verdict() const {
  std::string why = refusal();
  return why.empty() ? verdict_of_body() : Verdict{false, std::move(why)};
}

std::string GrpcHealthReply::refusal() const {
  if (http_status_ != "200") return fmt::format("HTTP status {}", http_status_);
  if (!content_type_is_grpc_) return "an answer that is not gRPC";
  if (!grpc_status_) return "an answer without a gRPC status";
  if (*grpc_status_ == 0) return {};
  std::string text = fmt::format("gRPC status {}", *grpc_status_);
  if (*grpc_status_ < kStatusNames.size()) {
    text += fmt::format(" ({})", kStatusNames.at(*grpc_status_));
  }
  if (!grpc_message_.empty()) text += ": " + grpc_message_;
  return text;
}

GrpcHealthReply::Verdict GrpcHealthReply::verdict_of_body() const {
  const ByteView frame(reinterpret_cast<const std::uint8_t*>(frame_.data()), frame_.size());
  if (too_long_ || frame.size() < kPrefix) return {false, "a message of the wrong length"};
  std::size_t length = 0;
  for (const std::uint8_t octet : frame.subspan(1, kPrefix - 1)) length = length << 8U | octet;
  if (length != frame.size() - kPrefix) return {false, "a message of the wrong length"};
  // Nothing was said about a compression that would be understood.
  if (frame[0] != 0) return {false, "a compressed message"};
  const auto status = decode_health_response(frame.subspan(kPrefix));
  if (!status) return {false, "a message that is no HealthCheckResponse"};
  if (*status == kServing) return {true, {}};
  if (*status < kServingStatus.size()) return {false, std::string(kServingStatus.at(*status))};
  return {false, fmt::format("status {}", *status)};
}

}  // namespace understudy::checkers
