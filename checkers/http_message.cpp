#include "checkers/http_message.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/beast/core/error.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/fields.hpp>
#include <boost/beast/http/parser.hpp>
#include <cctype>
#include <utility>

namespace understudy::checkers {
namespace {

namespace http = boost::beast::http;
using boost::beast::error_code;

constexpr std::string_view kEndOfHeader = "\r\n\r\n";
/// "0", end of line, empty line. Beast 1.81 asserts that it has as much once it has seen the 0.
constexpr std::size_t kShortestLastChunk = 5;

/// A Beast body that is handed on and forgotten.
struct PassedBody {
  /// Where the content goes.
  using value_type = const HttpReader::Observer::Take*;

  class reader {
   public:
    template <bool IsRequest, class Fields>
    reader(http::header<IsRequest, Fields>& /*header*/, value_type& take) : take_(take) {}
    void init(const boost::optional<std::uint64_t>& /*length*/, error_code& error) { error = {}; }
    std::size_t put(const boost::asio::const_buffer& data, error_code& error) {
      error = {};
      (*take_)({static_cast<const std::uint8_t*>(data.data()), data.size()});
      return data.size();
    }
    void finish(error_code& error) { error = {}; }

   private:
    // Beast makes the reader before the body can be set.
    const value_type& take_;
  };
};

/// The status code as keepalived finds it: three digits between the first space and the next,
/// whatever stands before. 0 if there is no such thing.
unsigned find_status(std::string_view header) {
  const auto line = header.substr(0, header.find('\r'));
  const auto space = line.find(' ');
  if (space == std::string_view::npos) return 0;
  const auto code = line.substr(space + 1, 4);
  if (code.size() != 4 || code[3] != ' ') return 0;
  unsigned status = 0;
  for (const char digit : code.substr(0, 3)) {
    if (digit < '0' || digit > '9') return 0;
    status = status * 10 + static_cast<unsigned>(digit - '0');
  }
  return status;
}

ByteView as_bytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

}  // namespace

/// What the header says of the body's end: Beast's parser, fed the header and then the chunks.
class HttpReader::Framing {
 public:
  /// `content` gets what the chunks contain.
  Framing(bool with_digest, const Observer::Take& content, bool to_head)
      : take_([this, &content](ByteView data) {
          if (digest_) digest_->add(data);
          if (content) content(data);
        }) {
    if (with_digest) digest_.emplace();
    parser_.get().body() = &take_;
    parser_.skip(to_head);
    parser_.header_limit(kHeaderLimit);
    parser_.body_limit(boost::none);
    parser_.eager(true);
  }

  /// False if HTTP forbids such a header.
  bool take_header(std::string_view header) {
    error_code error;
    parser_.put(boost::asio::buffer(header.data(), header.size()), error);
    return parser_.is_header_done() && (!error || error == http::error::need_more);
  }

  [[nodiscard]] bool chunked() const { return parser_.chunked(); }
  [[nodiscard]] bool done() const { return parser_.is_done(); }
  [[nodiscard]] std::optional<std::uint64_t> content_length() const {
    const auto length = parser_.content_length();
    return length ? std::optional<std::uint64_t>(*length) : std::nullopt;
  }

  /// Returns the part of `data` that belongs to the body: all of it until the last chunk. nullopt
  /// if the chunks are broken.
  std::optional<ByteView> take_chunks(ByteView data) {
    pending_.append(reinterpret_cast<const char*>(data.data()), data.size());
    std::string_view rest = pending_;
    while (rest.size() >= kShortestLastChunk && !parser_.is_done()) {
      error_code error;
      const auto taken = parser_.put(boost::asio::buffer(rest.data(), rest.size()), error);
      rest.remove_prefix(taken);
      if (error == http::error::need_more || (!error && taken == 0)) break;
      if (error) return std::nullopt;
    }
    if (parser_.is_done()) return data.first(data.size() - std::min(rest.size(), data.size()));
    pending_.erase(0, pending_.size() - rest.size());
    if (pending_.size() > kHeaderLimit) return std::nullopt;
    return data;
  }

  [[nodiscard]] std::optional<Digest::Value> digest() {
    if (!chunked() || !done() || !digest_) return std::nullopt;
    return digest_->finish();
  }

 private:
  std::optional<Digest> digest_;
  Observer::Take take_;
  http::response_parser<PassedBody> parser_;
  /// The start of a chunk's size line that is not yet whole.
  std::string pending_;
};

HttpReader::HttpReader(bool with_digest, Observer observer, bool to_head)
    : observer_(std::move(observer)), to_head_(to_head) {
  if (with_digest) digest_.emplace();
}

HttpReader::~HttpReader() = default;

HttpReader::State HttpReader::feed(ByteView data) {
  if (state_ == State::header) {
    take_header(data);
  } else if (state_ == State::body && !data.empty()) {
    take_body(data);
  }
  return state_;
}

HttpReader::State HttpReader::end() {
  if (state_ == State::header) state_ = State::refused;
  if (state_ == State::body) state_ = State::complete;
  return state_;
}

void HttpReader::take_header(ByteView data) {
  // The blank line may begin in what came before.
  const std::size_t searched = header_.size() - std::min(header_.size(), kEndOfHeader.size() - 1);
  header_.append(reinterpret_cast<const char*>(data.data()), data.size());
  const auto found = header_.find(kEndOfHeader, searched);
  const auto length = found == std::string::npos ? header_.size() : found + kEndOfHeader.size();
  if (length > kHeaderLimit) {
    state_ = State::refused;
    return;
  }
  if (found == std::string::npos) return;
  const std::string whole = std::exchange(header_, {});
  const auto header = std::string_view(whole).substr(0, length);
  if (observer_.header) observer_.header(as_bytes(header));
  status_ = find_status(header);
  state_ = State::body;
  framing_ = std::make_unique<Framing>(digest_.has_value(), observer_.content, to_head_);
  if (!framing_->take_header(header)) framing_.reset();
  begin_body(as_bytes(std::string_view(whole).substr(length)));
}

void HttpReader::begin_body(ByteView first) {
  if (to_head_) {
    framing_.reset();
    state_ = State::complete;
  }
  if (framing_) {
    content_length_ = framing_->content_length();
    // No body by definition: status 1xx, 204, 304, or a length of 0.
    if (framing_->done()) state_ = State::complete;
    chunked_ = framing_->chunked();
    if (!chunked_) framing_.reset();
  }
  if (state_ == State::body && !first.empty()) take_body(first);
}

void HttpReader::take_body(ByteView data) {
  if (content_length_) {
    const auto left = *content_length_ - body_octets_;
    data = data.first(static_cast<std::size_t>(std::min<std::uint64_t>(left, data.size())));
  }
  if (chunked_) {
    data = take_chunks(data);
  } else if (observer_.content) {
    observer_.content(data);
  }
  body_octets_ += data.size();
  if (digest_) digest_->add(data);
  if (observer_.body) observer_.body(data);
  if (content_length_ && body_octets_ == *content_length_) state_ = State::complete;
}

ByteView HttpReader::take_chunks(ByteView data) {
  // After broken chunks nobody knows what is content.
  if (!framing_) return data;
  const auto body = framing_->take_chunks(data);
  if (!body) {
    framing_.reset();
    return data;
  }
  if (framing_->done()) state_ = State::complete;
  return *body;
}

Digest::Value HttpReader::digest() { return digest_ ? digest_->finish() : Digest::Value{}; }

std::optional<Digest::Value> HttpReader::chunks_digest() {
  return framing_ ? framing_->digest() : std::nullopt;
}

}  // namespace understudy::checkers
