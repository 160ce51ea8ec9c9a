#include "checkers/http2.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstring>
#include <new>
#include <vector>

namespace understudy::checkers {
namespace {

std::string_view as_text(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

nghttp2_nv field(std::string_view name, std::string_view value) {
  const auto octets = [](std::string_view text) {
    // nghttp2 copies and does not change them.
    return reinterpret_cast<std::uint8_t*>(const_cast<char*>(text.data()));
  };
  return {octets(name), octets(value), name.size(), value.size(), NGHTTP2_NV_FLAG_NONE};
}

/// Fields that speak of a connection in HTTP/1, and Host, which is the authority.
constexpr std::array<std::string_view, 7> kConnectionFields{
    "connection",        "host",   "http2-settings", "keep-alive", "proxy-connection",
    "transfer-encoding", "upgrade"};

std::vector<HttpField> fields_of(const HttpRequest& request, bool tls) {
  const HttpField* host = find_field(request, "host");
  std::vector<HttpField> fields{{":method", request.method},
                                {":scheme", tls ? "https" : "http"},
                                {":authority", host == nullptr ? request.host : host->value},
                                {":path", request.path}};
  if (find_field(request, "user-agent") == nullptr) fields.push_back({"user-agent", kUserAgent});
  for (const auto& [own_name, value] : request.fields) {
    std::string name = own_name;
    std::ranges::transform(name, name.begin(),
                           [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    if (std::ranges::count(kConnectionFields, name) == 0) fields.push_back({name, value});
  }
  return fields;
}

/// What nghttp2 gives back when it can do no more than run out of memory.
void require_memory(std::int64_t result) {
  if (result < 0) throw std::bad_alloc();
}

}  // namespace

/// What nghttp2 calls; `user_data` is the dialogue.
struct Http2Dialogue::Callbacks {
  static Http2Dialogue& self(void* user_data) { return *static_cast<Http2Dialogue*>(user_data); }

  static int on_header(nghttp2_session* /*session*/, const nghttp2_frame* frame,
                       const std::uint8_t* name, std::size_t name_length, const std::uint8_t* value,
                       std::size_t value_length, std::uint8_t /*flags*/, void* user_data) {
    if (self(user_data).is_ours(frame->hd.stream_id)) {
      self(user_data).take_field(as_text(name, name_length), as_text(value, value_length));
    }
    return 0;
  }
  static int on_data(nghttp2_session* /*session*/, std::uint8_t /*flags*/, std::int32_t stream,
                     const std::uint8_t* data, std::size_t length, void* user_data) {
    if (self(user_data).is_ours(stream)) self(user_data).on_body({data, length});
    return 0;
  }
  static int on_frame(nghttp2_session* /*session*/, const nghttp2_frame* frame, void* user_data) {
    if (self(user_data).is_ours(frame->hd.stream_id)) self(user_data).take_frame(*frame);
    return 0;
  }
  static int on_close(nghttp2_session* /*session*/, std::int32_t stream, std::uint32_t /*error*/,
                      void* user_data) {
    if (self(user_data).is_ours(stream)) self(user_data).over_ = true;
    return 0;
  }
  static ssize_t read_body(nghttp2_session* /*session*/, std::int32_t /*stream*/,
                           std::uint8_t* buffer, std::size_t length, std::uint32_t* flags,
                           nghttp2_data_source* /*source*/, void* user_data) {
    auto& own = self(user_data);
    const auto rest = std::string_view(own.body_).substr(own.body_sent_);
    const auto piece = rest.substr(0, length);
    std::memcpy(buffer, piece.data(), piece.size());
    own.body_sent_ += piece.size();
    if (piece.size() == rest.size()) *flags |= NGHTTP2_DATA_FLAG_EOF;
    return static_cast<ssize_t>(piece.size());
  }
};

Http2Dialogue::Http2Dialogue(HttpRequest request, bool tls) : body_(std::move(request.body)) {
  nghttp2_session_callbacks* callbacks = nullptr;
  require_memory(nghttp2().nghttp2_session_callbacks_new(&callbacks));
  nghttp2().nghttp2_session_callbacks_set_on_header_callback(callbacks, Callbacks::on_header);
  nghttp2().nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks,
                                                                      Callbacks::on_data);
  nghttp2().nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, Callbacks::on_frame);
  nghttp2().nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, Callbacks::on_close);
  nghttp2_session* session = nullptr;
  const int result = nghttp2().nghttp2_session_client_new(&session, callbacks, this);
  nghttp2().nghttp2_session_callbacks_del(callbacks);
  require_memory(result);
  session_.reset(session);
  submit(request, tls);
}

void Http2Dialogue::submit(const HttpRequest& request, bool tls) {
  constexpr nghttp2_settings_entry kNoPush{NGHTTP2_SETTINGS_ENABLE_PUSH, 0};
  require_memory(nghttp2().nghttp2_submit_settings(session_.get(), NGHTTP2_FLAG_NONE, &kNoPush, 1));
  const auto texts = fields_of(request, tls);
  std::vector<nghttp2_nv> fields;
  fields.reserve(texts.size());
  for (const HttpField& text : texts) fields.push_back(field(text.name, text.value));
  nghttp2_data_provider body{};
  body.read_callback = Callbacks::read_body;
  stream_ = nghttp2().nghttp2_submit_request(session_.get(), nullptr, fields.data(), fields.size(),
                                             body_.empty() ? nullptr : &body, nullptr);
  require_memory(stream_);
  collect_output();
}

void Http2Dialogue::collect_output() {
  while (true) {
    const std::uint8_t* data = nullptr;
    const auto size = nghttp2().nghttp2_session_mem_send(session_.get(), &data);
    if (size < 0) over_ = true;
    if (size <= 0) return;
    output_ += as_text(data, static_cast<std::size_t>(size));
  }
}

void Http2Dialogue::receive(ByteView data) {
  if (over_) return;
  const auto taken = nghttp2().nghttp2_session_mem_recv(session_.get(), data.data(), data.size());
  // A response that breaks the rules ends when its reset is sent.
  collect_output();
  // That is no HTTP/2, or not any more.
  if (taken < 0 || nghttp2().nghttp2_session_want_read(session_.get()) == 0) over_ = true;
}

void Http2Dialogue::take_field(std::string_view name, std::string_view value) {
  // It stands first (RFC 9113 8.3).
  if (name == ":status") interim_ = value.starts_with('1');
  if (!interim_) on_field(name, value);
}

void Http2Dialogue::take_frame(const nghttp2_frame& frame) {
  const bool header = frame.hd.type == NGHTTP2_HEADERS;
  const bool data = frame.hd.type == NGHTTP2_DATA;
  if (!header && !data) return;
  const bool last = (frame.hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
  if (header && !interim_ && !header_ended_) {
    header_ended_ = true;
    on_header_end();
  }
  if (!last) return;
  complete_ = over_ = true;
  on_response_end();
}

void Http2ReaderDialogue::on_field(std::string_view name, std::string_view value) {
  if (name == ":status") status_ = value;
  if (name == "content-length") length_ = value;
}

void Http2ReaderDialogue::on_header_end() {
  std::string header = fmt::format("HTTP/1.1 {} \r\n", status_);
  if (!length_.empty()) header += fmt::format("Content-Length: {}\r\n", length_);
  header += "\r\n";
  reader_.feed({reinterpret_cast<const std::uint8_t*>(header.data()), header.size()});
}

}  // namespace understudy::checkers
