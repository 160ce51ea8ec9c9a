// The octets of an HTTP response. No sockets: octets in, what they mean out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "checkers/digest.hpp"
#include "daemon/base/bytes.hpp"

namespace understudy::checkers {

/// Reads one response as it arrives and keeps none of its body.
///
/// Lenient where a server's health is not at stake: a header that HTTP (RFC 9112) forbids is taken
/// if its first line has a status code, and the body then lasts until the server closes. Strict in
/// memory: a header longer than kHeaderLimit is refused.
class HttpReader {
 public:
  static constexpr std::size_t kHeaderLimit = 65536;

  enum class State : std::uint8_t { header, body, complete, refused };

  /// Called with the raw header (blank line included), then with each raw piece of the body and
  /// each piece of its content: the body without the framing of chunks.
  struct Observer {
    using Take = std::function<void(ByteView)>;
    Take header = {};
    Take body = {};
    Take content = {};
  };

  /// `with_digest`: the body is hashed as well. `to_head`: the request was HEAD, so there is no
  /// body.
  HttpReader(bool with_digest, Observer observer, bool to_head = false);
  explicit HttpReader(bool with_digest) : HttpReader(with_digest, Observer()) {}
  HttpReader(const HttpReader&) = delete;
  HttpReader& operator=(const HttpReader&) = delete;
  ~HttpReader();

  /// Takes octets in pieces of any size. Those after the end of the response are ignored.
  State feed(ByteView data);
  /// The server closed: a body of unknown length is complete now, a header is not.
  State end();
  [[nodiscard]] State state() const { return state_; }

  /// The three digits of the status line; 0 when there are none. From state body on.
  [[nodiscard]] unsigned status() const { return status_; }
  /// Content-Length; nullopt when absent, unreadable or overridden by chunks.
  [[nodiscard]] std::optional<std::uint64_t> content_length() const { return content_length_; }
  /// Octets of body so far, as they were on the wire.
  [[nodiscard]] std::uint64_t body_octets() const { return body_octets_; }

  /// MD5 of the body as it was on the wire: what keepalived's genhash prints, chunk sizes and all.
  /// Once, when complete.
  [[nodiscard]] Digest::Value digest();
  /// MD5 of what the chunks of a chunked body contain; nullopt if it was not chunked. Once.
  [[nodiscard]] std::optional<Digest::Value> chunks_digest();

 private:
  class Framing;
  void take_header(ByteView data);
  void begin_body(ByteView first);
  void take_body(ByteView data);
  ByteView take_chunks(ByteView data);

  State state_ = State::header;
  unsigned status_ = 0;
  std::optional<std::uint64_t> content_length_;
  std::uint64_t body_octets_ = 0;
  std::string header_;
  Observer observer_;
  std::optional<Digest> digest_;
  bool to_head_;
  bool chunked_ = false;
  std::unique_ptr<Framing> framing_;
};

}  // namespace understudy::checkers
