// One request and its response in HTTP/2 (RFC 9113), as octets: nghttp2 knows the frames, here is
// what they amount to. No sockets: exchange.hpp carries the octets.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "checkers/dialogue.hpp"
#include "checkers/http_message.hpp"
#include "checkers/http_request.hpp"
#include "checkers/nghttp2.hpp"

namespace understudy::checkers {

/// A request on the first stream of a connection of its own; the peer's settings and pings are
/// answered meanwhile. The response goes to the functions a derived class overrides.
class Http2Dialogue : public Dialogue {
 public:
  /// `tls`: the scheme is https. Of the request's fields those go along that mean something in
  /// HTTP/2 (RFC 9113 8.2.2). Throws std::bad_alloc.
  Http2Dialogue(HttpRequest request, bool tls);

  std::string take_output() override { return std::exchange(output_, {}); }
  /// What is left of the body goes as soon as the peer's windows let it, all at once perhaps.
  [[nodiscard]] std::size_t most_unsent() const override { return kMostUnsent + body_.size(); }
  void receive(ByteView data) override;
  void end() override { over_ = true; }
  [[nodiscard]] bool over() const override { return over_; }
  /// The response came to its end; one that was reset or broken off did not.
  [[nodiscard]] bool answered() const override { return complete_; }

 protected:
  /// A field of the final header or of the trailer, ":status" among them. Neither name nor value
  /// has control characters.
  virtual void on_field(std::string_view name, std::string_view value) = 0;
  /// All fields of the header have been told.
  virtual void on_header_end() = 0;
  /// A piece of the body.
  virtual void on_body(ByteView data) = 0;
  /// The response is complete.
  virtual void on_response_end() = 0;

 private:
  struct Free {
    void operator()(nghttp2_session* session) const { nghttp2().nghttp2_session_del(session); }
  };
  struct Callbacks;

  void submit(const HttpRequest& request, bool tls);
  void collect_output();
  [[nodiscard]] bool is_ours(std::int32_t stream) const { return stream == stream_; }
  void take_field(std::string_view name, std::string_view value);
  void take_frame(const nghttp2_frame& frame);

  std::string body_;
  std::size_t body_sent_ = 0;
  std::string output_;
  std::int32_t stream_ = -1;
  /// Of 1xx: the fields of the header under way are of no interest.
  bool interim_ = false;
  bool header_ended_ = false;
  bool over_ = false;
  bool complete_ = false;
  std::unique_ptr<nghttp2_session, Free> session_;
};

/// A response read as if it had come in HTTP/1: the status, the length and the body are what an
/// HttpReader looks at.
class Http2ReaderDialogue : public Http2Dialogue {
 public:
  /// Feeds what comes back to `reader`, which must outlive it.
  Http2ReaderDialogue(HttpRequest request, bool tls, HttpReader& reader)
      : Http2Dialogue(std::move(request), tls), reader_(reader) {}

 protected:
  void on_field(std::string_view name, std::string_view value) override;
  void on_header_end() override;
  void on_body(ByteView data) override { reader_.feed(data); }
  void on_response_end() override { reader_.end(); }

 private:
  HttpReader& reader_;
  std::string status_;
  std::string length_;
};

}  // namespace understudy::checkers
