// GRPC_CHECK: the server works if grpc.health.v1.Health says that it serves.
#pragma once

#include <optional>
#include <string>

#include "checkers/exchange.hpp"
#include "checkers/grpc_health.hpp"
#include "checkers/http2.hpp"
#include "checkers/probe.hpp"

namespace understudy::checkers {

/// The request of `check`: POST /grpc.health.v1.Health/Check.
[[nodiscard]] HttpRequest grpc_request(const GrpcCheck& check);

/// The call and its reply.
class GrpcDialogue : public Http2Dialogue {
 public:
  using Http2Dialogue::Http2Dialogue;
  /// Once answered().
  [[nodiscard]] GrpcHealthReply::Verdict verdict() const { return reply_.verdict(); }

 protected:
  void on_field(std::string_view name, std::string_view value) override {
    reply_.take_field(name, value);
  }
  void on_header_end() override {}
  void on_body(ByteView data) override { reply_.take_data(data); }
  void on_response_end() override {}

 private:
  GrpcHealthReply reply_;
};

/// The probe of GRPC_CHECK.
class GrpcProbe : public Probe {
 public:
  /// `host` and what `labels` refers to outlive it.
  GrpcProbe(const ProbeHost& host, GrpcCheck check, const ProbeLabels& labels, ProbeReport report);

  void start(std::size_t step) override;
  void cancel() override;

 private:
  void on_end(ExchangeEnd end);
  [[nodiscard]] ProbeOutcome outcome_of(ExchangeEnd end) const;

  GrpcCheck check_;
  std::string_view server_;
  ProbeReport report_;
  std::optional<GrpcDialogue> dialogue_;
  Exchange exchange_;
};

}  // namespace understudy::checkers
