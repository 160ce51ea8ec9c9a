// The question and the answer of grpc.health.v1.Health/Check, as octets: gRPC's framing ("gRPC over
// HTTP2", PROTOCOL-HTTP2.md) around two tiny protocol buffers. No sockets, no HTTP/2.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "daemon/base/bytes.hpp"

namespace understudy::checkers {

/// HealthCheckRequest { string service = 1; } in its frame.
[[nodiscard]] std::string grpc_health_request(std::string_view service);

/// The number in HealthCheckResponse { ServingStatus status = 1; }, 0 when it is not there;
/// nullopt: that is no protocol buffer, or the number does not fit.
[[nodiscard]] std::optional<std::uint32_t> decode_health_response(ByteView message);

/// Collects a response: header fields, body, trailer fields, in that order.
class GrpcHealthReply {
 public:
  /// Of the message; the real one has two octets.
  static constexpr std::size_t kLongestMessage = 1024;

  /// A field of the header or the trailer; names are in lower case, ":status" among them.
  void take_field(std::string_view name, std::string_view value);
  /// A piece of the body.
  void take_data(ByteView data);

  /// What it amounts to.
  struct Verdict {
    bool serving = false;
    /// Why not: "NOT_SERVING", "gRPC status 5 (NOT_FOUND): unknown service"; printable.
    std::string reason;
    bool operator==(const Verdict&) const = default;
  };
  /// Once it is complete.
  [[nodiscard]] Verdict verdict() const;

 private:
  [[nodiscard]] std::string refusal() const;
  [[nodiscard]] Verdict verdict_of_body() const;

  std::string http_status_;
  bool content_type_is_grpc_ = false;
  std::optional<std::uint32_t> grpc_status_;
  std::string grpc_message_;
  /// The frame: a flag, four octets of length, the message.
  std::string frame_;
  bool too_long_ = false;
};

}  // namespace understudy::checkers
