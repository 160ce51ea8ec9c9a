// Responses in HTTP/2, good and bad, as octets.
#include "checkers/http2.hpp"

#include <catch2/catch.hpp>
#include <chrono>
#include <optional>
#include <string>

#include "checkers/digest.hpp"
#include "checkers/exchange.hpp"
#include "tests/support/check_bench.hpp"
#include "tests/support/http2_frames.hpp"
#include "tests/support/octets.hpp"
#include "tests/support/scripted_server.hpp"

namespace understudy::checkers {
namespace {

using namespace http2;
using namespace std::chrono_literals;

const std::string kHelloDigest = "b1946ac92492d2347c6235b4d2611184";  // of "hello\n"

struct Reading {
  HttpReader reader{true};
  Http2ReaderDialogue dialogue{HttpRequest{}, false, reader};

  void hear(const std::string& octets, std::size_t piece = 1000000) {
    for (std::size_t at = 0; at < octets.size() && !dialogue.over(); at += piece) {
      dialogue.receive(as_bytes(octets.substr(at, piece)));
    }
  }
};

/// What nghttp2 as a server understands of a request.
class Server {
 public:
  Server() {
    nghttp2_session_callbacks* callbacks = nullptr;
    nghttp2_session_callbacks_new(&callbacks);
    nghttp2_session_callbacks_set_on_header_callback(
        callbacks, [](nghttp2_session*, const nghttp2_frame*, const std::uint8_t* name,
                      std::size_t name_length, const std::uint8_t* value, std::size_t value_length,
                      std::uint8_t, void* self) {
          auto& own = static_cast<Server*>(self)->fields;
          own.emplace_back(std::string(reinterpret_cast<const char*>(name), name_length),
                           std::string(reinterpret_cast<const char*>(value), value_length));
          return 0;
        });
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(
        callbacks, [](nghttp2_session*, std::uint8_t, std::int32_t, const std::uint8_t* data,
                      std::size_t length, void* self) {
          static_cast<Server*>(self)->body.append(reinterpret_cast<const char*>(data), length);
          return 0;
        });
    nghttp2_session_callbacks_set_on_frame_recv_callback(
        callbacks, [](nghttp2_session*, const nghttp2_frame* frame, void* self) {
          if (frame->hd.stream_id == 1 && (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0) {
            static_cast<Server*>(self)->complete = true;
          }
          return 0;
        });
    nghttp2_session_server_new(&session_, callbacks, this);
    nghttp2_session_callbacks_del(callbacks);
  }
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  ~Server() { nghttp2_session_del(session_); }

  void hear(const std::string& octets) {
    CHECK(nghttp2_session_mem_recv(session_, as_bytes(octets).data(), octets.size()) ==
          static_cast<ssize_t>(octets.size()));
  }

  Fields fields;
  std::string body;
  bool complete = false;

 private:
  nghttp2_session* session_ = nullptr;
};

TEST_CASE("a request as a server understands it", "[http2]") {
  HttpReader reader(false);
  HttpRequest request;
  request.path = "/health?x=1";
  request.host = "www.example";
  SECTION("of few words") {
    Http2ReaderDialogue dialogue(request, true, reader);
    Server server;
    server.hear(dialogue.take_output());
    CHECK(server.fields == Fields{{":method", "GET"},
                                  {":scheme", "https"},
                                  {":authority", "www.example"},
                                  {":path", "/health?x=1"},
                                  {"user-agent", "KeepAliveClient"}});
    CHECK(server.complete);
  }
  SECTION("with fields and a body") {
    request.method = "POST";
    request.body = std::string(20000, 'x');
    request.fields = {
        {"Host", "other"}, {"Connection", "close"}, {"X-Who", "me"}, {"User-Agent", "check/1"}};
    Http2ReaderDialogue dialogue(request, false, reader);
    Server server;
    server.hear(dialogue.take_output());
    CHECK(server.fields == Fields{{":method", "POST"},
                                  {":scheme", "http"},
                                  {":authority", "other"},
                                  {":path", "/health?x=1"},
                                  {"x-who", "me"},
                                  {"user-agent", "check/1"}});
    CHECK(server.body == request.body);
    CHECK(server.complete);
  }
}

TEST_CASE("a response, in pieces of any size", "[http2]") {
  const auto piece = GENERATE(1U, 2U, 7U, 1000U);
  const auto octets = GENERATE(
      settings() + headers({{":status", "200"}, {"content-length", "6"}}) +
          data("hello\n", kEndStream),
      settings() + headers({{":status", "200"}}) + data("hel") + data("lo\n") +
          data("", kEndStream),
      settings() + headers({{":status", "103"}, {"link", "</a>"}}) + headers({{":status", "100"}}) +
          headers({{":status", "200"}}) + data("hello\n", kEndStream),
      settings() + headers({{":status", "200"}}) + data("hello\n") +
          headers({{"x-sum", "1"}}, kEndStream),
      // All that was said before it ended counts.
      settings() + headers({{":status", "200"}}) + data("hello\n", kEndStream) +
          frame(kReset, 0, 1, number(0, 4)) + frame(kGoaway, 0, 0, number(1, 4) + number(0, 4)));
  Reading reading;
  reading.hear(octets, piece);
  CHECK(reading.dialogue.over());
  CHECK(reading.dialogue.answered());
  CHECK(reading.reader.state() == HttpReader::State::complete);
  CHECK(reading.reader.status() == 200);
  CHECK(reading.reader.body_octets() == 6);
  CHECK(to_hex(reading.reader.digest()) == kHelloDigest);
}

TEST_CASE("a response without a body", "[http2]") {
  Reading reading;
  reading.hear(settings() + headers({{":status", "503"}}, kEndStream));
  CHECK(reading.dialogue.answered());
  CHECK(reading.reader.status() == 503);
  CHECK(reading.reader.body_octets() == 0);
}

TEST_CASE("what is no response in HTTP/2 ends at once", "[http2]") {
  const auto good = settings() + headers({{":status", "200"}, {"content-length", "6"}});
  const auto& [what, octets] = GENERATE_COPY(table<std::string, std::string>({
      {"HTTP/1", "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"},
      {"mail", "220 mail.example ESMTP\r\n"},
      {"reset in the middle", good + data("hel") + frame(kReset, 0, 1, number(8, 4))},
      {"too short", good + data("hel", kEndStream)},
      {"too long", good + data("hello\n\n", kEndStream)},
      {"no status", settings() + headers({{"x", "y"}}, kEndStream)},
      {"a status that is none", settings() + headers({{":status", "2 0"}}, kEndStream)},
      {"a value with a line end",
       settings() + headers({{":status", "200"}, {"content-length", "6\r\n"}}, kEndStream)},
      {"a body before the header", settings() + data("hello\n", kEndStream)},
      {"refused", settings() + frame(kGoaway, 0, 0, number(0, 4) + number(0, 4))},
      {"a length in the trailer", settings() + headers({{":status", "200"}}) + data("hello\n") +
                                      headers({{"content-length", "99"}}, kEndStream)},
      // Our settings, which forbid it, have been acknowledged.
      {"a push",
       good + frame(kSettings, 1, 0, "") +
           frame(kPushPromise, kEndHeaders, 1, number(2, 4) + block({{":method", "GET"}}))},
      {"a frame too large", settings() + number(1 << 20, 3) + number(kData, 1)},
      {"a header that is no HPACK",
       settings() + frame(kHeaders, kEndHeaders, 1, std::string(9, '\xff'))},
  }));
  INFO(what);
  Reading reading;
  reading.hear(octets);
  // A frame that announces too much is noticed when its head is whole.
  if (what == "a frame too large") reading.hear(number(0, 1) + number(1, 4));
  CHECK(reading.dialogue.over());
  CHECK_FALSE(reading.dialogue.answered());
}

TEST_CASE("a server that closes too early has not answered", "[http2]") {
  const auto octets = settings() + headers({{":status", "200"}, {"content-length", "6"}}) +
                      data("hello\n", kEndStream);
  for (std::size_t length = 0; length < octets.size(); ++length) {
    INFO(length);
    Reading reading;
    reading.hear(octets.substr(0, length));
    CHECK_FALSE(reading.dialogue.over());
    reading.dialogue.end();
    CHECK(reading.dialogue.over());
    CHECK_FALSE(reading.dialogue.answered());
  }
}

TEST_CASE("a server's pings and settings are answered", "[http2]") {
  Reading reading;
  reading.dialogue.take_output();
  reading.hear(settings() + frame(kPing, 0, 0, "12345678"));
  CHECK(reading.dialogue.take_output() ==
        frame(kSettings, 1, 0, "") + frame(kPing, 1, 0, "12345678"));
  CHECK(reading.dialogue.take_output().empty());
}

TEST_CASE("a server that never ends its header is given up", "[http2]") {
  Reading reading;
  reading.hear(settings() + frame(kHeaders, 0, 1, block({{":status", "200"}})));
  // The library's limits are on all fields together and on the frames they come in.
  const auto piece = GENERATE(as<std::string>{}, "", "x");
  const auto more =
      frame(kContinuation, 0, 1, piece.empty() ? "" : block({{"x", std::string(100, 'x')}}));
  int frames = 0;
  for (; !reading.dialogue.over() && frames < 10000; ++frames) reading.hear(more);
  CHECK(frames < 10000);
  CHECK_FALSE(reading.dialogue.answered());
}

TEST_CASE("a long body needs windows", "[http2]") {
  Reading reading;
  reading.dialogue.take_output();
  reading.hear(settings() + headers({{":status", "200"}}));
  std::size_t answers = 0;
  for (int i = 0; i < 100; ++i) {
    reading.hear(data(std::string(10000, 'x')));
    answers += reading.dialogue.take_output().size();
  }
  reading.hear(data("", kEndStream));
  CHECK(answers > 0);
  CHECK(reading.dialogue.answered());
  CHECK(reading.reader.body_octets() == 1'000'000);
}

/// Counts what is to be sent.
class CountedDialogue : public Http2ReaderDialogue {
 public:
  using Http2ReaderDialogue::Http2ReaderDialogue;
  std::string take_output() override {
    std::string output = Http2ReaderDialogue::take_output();
    octets += output.size();
    return output;
  }

  std::size_t octets = 0;
};

/// A request to a server over a connection.
struct Asking : Bench {
  std::optional<ExchangeEnd> ask(const Endpoint& server, Dialogue& dialogue) {
    std::optional<ExchangeEnd> end;
    Exchange::Options options;
    options.endpoint.destination = server;
    options.timeout = 10s;
    options.longest = 60s;
    Exchange exchange(loop, log, options, [&](ExchangeEnd how) { end = how; });
    loop.run_once(0ms);  // reads the clock
    exchange.start(dialogue);
    run_until([&] { return end.has_value(); }, 60s);
    return end;
  }
};

std::string pings(int count) {
  std::string text;
  for (; count > 0; --count) text += frame(kPing, 0, 0, "12345678");
  return text;
}

TEST_CASE("a server that pings for ever and never reads is given up", "[http2]") {
  const ScriptedServer server([](int connection) {
    // Ours are answers to these, of the same length.
    const std::string piece = pings(1000);
    if (!ScriptedServer::send_text(connection, settings())) return;
    while (ScriptedServer::send_text(connection, piece)) continue;
  });
  HttpReader reader(false);
  CountedDialogue dialogue(HttpRequest{}, false, reader);
  Asking bench;
  CHECK(bench.ask(server.endpoint(), dialogue) == ExchangeEnd::send_failed);
  // The rest is in the kernel.
  CHECK(dialogue.octets < 32U << 20U);
}

TEST_CASE("a server may take its time over a large body", "[http2]") {
  constexpr std::size_t kLarge = 20U << 20U;
  std::size_t taken = 0;
  const ScriptedServer server([&](int connection) {
    constexpr std::uint32_t kWindow = 1U << 30U;
    const auto window = frame(kWindowUpdate, 0, 0, number(kWindow, 4));
    ScriptedServer::send_text(
        connection, frame(kSettings, 0, 0, number(4, 2) + number(kWindow, 4)) + window + pings(10));
    std::this_thread::sleep_for(300ms);
    ScriptedServer::send_text(connection, pings(10));
    std::string buffer(65536, 0);
    while (taken < kLarge) {
      const auto got = recv(connection, buffer.data(), buffer.size(), 0);
      if (got <= 0) return;
      taken += static_cast<std::size_t>(got);
    }
    ScriptedServer::send_text(connection, headers({{":status", "200"}}, kEndStream));
    while (recv(connection, buffer.data(), buffer.size(), 0) > 0) continue;
  });
  HttpReader reader(false);
  HttpRequest request;
  request.method = "POST";
  request.body = std::string(kLarge, 'x');
  Http2ReaderDialogue dialogue(request, false, reader);
  Asking bench;
  CHECK(bench.ask(server.endpoint(), dialogue) == ExchangeEnd::answered);
  CHECK(reader.status() == 200);
}

}  // namespace
}  // namespace understudy::checkers
