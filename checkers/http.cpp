#include "checkers/http.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "checkers/http2.hpp"
#include "checkers/small_file.hpp"

namespace understudy::checkers {
namespace {

using Result = ProbeOutcome::Result;

constexpr unsigned kFirstGoodStatus = 200;
constexpr unsigned kLastGoodStatus = 299;
/// How many timeouts an exchange may last when delay_loop is shorter than that.
constexpr int kLongestInTimeouts = 4;
/// Of a file with credentials.
constexpr std::size_t kLargestCredentials = 4096;

Exchange::Options exchange_options(const ProbeHost& host, const HttpCheck& check) {
  Exchange::Options options;
  options.endpoint = check.endpoint;
  options.timeout = check.timing.connect_timeout;
  options.longest = std::max<Duration>(check.timing.delay_loop,
                                       check.timing.connect_timeout * kLongestInTimeouts);
  if (check.tls) options.tls = host.tls ? host.tls : std::make_shared<const TlsContext>();
  if (check.tls && check.protocol == HttpProtocol::http2) options.alpn = "h2";
  return options;
}

const std::string& virtualhost_of(const Url& url, const HttpCheck& check) {
  return url.virtualhost.empty() ? check.virtualhost : url.virtualhost;
}

/// The first line of a file, USER:PASSWORD.
understudy::Result<std::string> read_credentials(const std::string& path) {
  const auto file = open_small_file(path, kLargestCredentials);
  if (!file) return file.error();
  std::array<char, kLargestCredentials> buffer{};
  const auto got = read(file->get(), buffer.data(), buffer.size());
  if (got < 0) return Error{std::strerror(errno), errno};
  const std::string_view text(buffer.data(), static_cast<std::size_t>(got));
  const std::string_view line = text.substr(0, text.find('\n'));
  if (line.find(':') == std::string_view::npos) return Error{"no line USER:PASSWORD"};
  return understudy::Result<std::string>(boost::system::in_place_value, line);
}

}  // namespace

std::string host_of(const Url& url, const HttpCheck& check) {
  const std::string& virtualhost = virtualhost_of(url, check);
  if (!virtualhost.empty()) return virtualhost;
  const auto& [address, port] = check.endpoint.destination;
  const std::string text = address.is_v6() ? "[" + address.to_string() + "]" : address.to_string();
  return fmt::format("{}:{}", text, port.value());
}

HttpRequest request_of(const Url& url, const HttpCheck& check) {
  return {url.request->method, url.path,         host_of(url, check), check.protocol,
          url.request->fields, url.request->body};
}

TlsPeer peer_of(const Url& url, const HttpCheck& check) {
  TlsPeer peer =
      tls_peer(virtualhost_of(url, check), check.endpoint.destination.address, *check.demands);
  if (!check.enable_sni) peer.server_name.clear();
  peer.close_notify = url.tls_compliant || check.tls_compliant;
  return peer;
}

bool accepts_status(const Url& url, unsigned status) {
  if (url.status_codes.empty()) return status >= kFirstGoodStatus && status <= kLastGoodStatus;
  return std::ranges::any_of(url.status_codes, [status](const auto& range) {
    return status >= range.first && status <= range.second;
  });
}

/// An exchange under way.
struct HttpProbe::Attempt {
  /// The original looks at the body alone, or at the header with it, as they happen to arrive:
  /// patterns and offsets may be meant either way.
  std::optional<BodyMatcher> in_answer;
  std::optional<BodyMatcher> in_body;
  std::optional<HttpReader> reader;
  std::unique_ptr<Dialogue> dialogue;
};

HttpProbe::HttpProbe(const ProbeHost& host, HttpCheck check, const ProbeLabels& labels,
                     ProbeReport report)
    : log_(host.log),
      check_(std::move(check)),
      labels_(labels),
      report_(std::move(report)),
      memories_(check_.urls.size()),
      exchange_(host.loop, host.log, exchange_options(host, check_),
                [this](ExchangeEnd end) { on_end(end); }) {
  PatternStore own;
  PatternStore& patterns = host.patterns ? *host.patterns : own;
  for (std::size_t i = 0; i < memories_.size(); ++i) {
    if (const auto& body = check_.urls[i].body) memories_[i].pattern = patterns.get(*body);
  }
}

HttpProbe::~HttpProbe() = default;

void HttpProbe::start(std::size_t step) {
  step_ = step;
  const Url& url = check_.urls.at(step);
  attempt_ = std::make_unique<Attempt>();
  HttpReader::Observer observer;
  if (url.body) {
    auto& in_answer = attempt_->in_answer.emplace(memories_[step].pattern, *url.body);
    auto& in_body = attempt_->in_body.emplace(memories_[step].pattern, *url.body);
    observer.header = [&in_answer](ByteView data) { in_answer.feed(data); };
    observer.content = [&in_answer, &in_body](ByteView data) {
      in_answer.feed(data);
      in_body.feed(data);
    };
  }
  HttpRequest request = request_of(url, check_);
  authenticate(request);
  attempt_->reader.emplace(!url.digest.empty(), std::move(observer), request.method == "HEAD");
  HttpReader& reader = *attempt_->reader;
  if (check_.protocol == HttpProtocol::http2) {
    attempt_->dialogue =
        std::make_unique<Http2ReaderDialogue>(std::move(request), check_.tls, reader);
  } else {
    attempt_->dialogue = std::make_unique<Http1Dialogue>(to_text(request), reader);
  }
  if (check_.tls) exchange_.set_peer(peer_of(url, check_));
  exchange_.start(*attempt_->dialogue);
}

void HttpProbe::cancel() {
  exchange_.cancel();
  attempt_.reset();
}

void HttpProbe::authenticate(HttpRequest& request) {
  const RequestExtras& extras = *check_.urls[step_].request;
  std::string& credentials = memories_[step_].credentials;
  if (extras.credentials_file.empty()) {
    credentials = extras.credentials;
  } else if (auto line = read_credentials(extras.credentials_file)) {
    credentials = std::move(*line);
  } else {
    // Trouble of this host: the last ones read are as good as any.
    say_once(fmt::format("Cannot read credentials for server {} from {}: {}", labels_.server,
                         extras.credentials_file, line.error().message));
  }
  if (credentials.empty()) return;
  request.fields.push_back({"Authorization", basic_credentials(credentials)});
}

void HttpProbe::on_end(ExchangeEnd end) {
  report_certificate();
  const ProbeOutcome outcome = outcome_of(end);
  attempt_.reset();
  report_(outcome);
}

ProbeOutcome HttpProbe::outcome_of(ExchangeEnd end) {
  switch (end) {
    case ExchangeEnd::answered:
      return judge();
    case ExchangeEnd::no_socket:
    case ExchangeEnd::not_started:
      return {Result::not_made, std::string(words_for(end, check_.tls))};
    default:
      return failure_of(end);
  }
}

ProbeOutcome HttpProbe::failure(std::string_view words) const {
  return {Result::failed, fmt::format("{} server {}.", words, labels_.server)};
}

ProbeOutcome HttpProbe::failure_of(ExchangeEnd end) {
  if (end == ExchangeEnd::no_data && exchange_.closed_by_tls()) {
    return failure("SSL read error from");
  }
  if (end == ExchangeEnd::handshake_failed && check_.demands->verify) {
    say_once(fmt::format("TLS with server {} as {}: {}", labels_.server,
                         peer_of(check_.urls[step_], check_).verified_name,
                         exchange_.tls_trouble()));
  }
  return failure(words_for(end, check_.tls));
}

ProbeOutcome HttpProbe::judge() {
  const Url& url = check_.urls[step_];
  if (!accepts_status(url, attempt_->reader->status())) {
    return failure("HTTP status code error to");
  }
  report_length();
  std::string_view what = "HTTP status code";
  if (!url.digest.empty()) {
    if (!digest_matches(url.digest)) return failure("MD5 digest error to");
    what = "MD5 digest";
  }
  if (url.body) {
    if (!body_matches(url)) return failure("Regex match failed");
    what = "Regex match";
  }
  return {Result::passed, fmt::format("{} success to {} url({})", what, labels_.server, url.path)};
}

bool HttpProbe::digest_matches(const std::string& wanted) {
  if (to_hex(attempt_->reader->digest()) == wanted) return true;
  // The digest of the octets on the wire is the original's; that of the content is what md5sum of
  // the page gives. They differ for a chunked body, where an administrator may have taken either.
  const auto content = attempt_->reader->chunks_digest();
  return content && to_hex(*content) == wanted;
}

bool HttpProbe::body_matches(const Url& url) {
  using Finding = BodyMatcher::Finding;
  bool matched = false;
  bool failed = false;
  for (BodyMatcher* matcher : {&*attempt_->in_answer, &*attempt_->in_body}) {
    matcher->end();
    matched = matched || matcher->finding() == Finding::matched;
    failed = failed || matcher->finding() == Finding::failed;
    if (matcher->trouble().empty()) continue;
    say_once(fmt::format("{} (server {} url {})", matcher->trouble(), labels_.server, url.path));
  }
  return url.body->no_match ? !matched && !failed : matched;
}

void HttpProbe::report_length() {
  const Url& url = check_.urls[step_];
  const auto length = attempt_->reader->content_length();
  const auto octets = attempt_->reader->body_octets();
  const std::int64_t difference = length ? static_cast<std::int64_t>(*length - octets) : 0;
  auto& last = memories_[step_].length_difference;
  if (std::exchange(last, difference) == difference || difference == 0) return;
  log_.info(
      "http_check for RS {} VS {} url {}{}: content_length ({}) does not match received bytes ({})",
      labels_.server, labels_.service, url.virtualhost, url.path, *length, octets);
}

void HttpProbe::report_certificate() {
  const auto end = exchange_.certificate_end();
  if (!end || check_.demands->expiry_days == 0) return;
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  const auto word = memories_[step_].certificate.look(*end, now, check_.demands->expiry_days);
  if (!word) return;
  const std::string line =
      fmt::format("Certificate of server {} VS {} {}", labels_.server, labels_.service, word->text);
  if (word->warning) {
    log_.warning("{}", line);
  } else {
    log_.info("{}", line);
  }
}

void HttpProbe::say_once(const std::string& trouble) {
  if (std::exchange(memories_[step_].trouble, trouble) != trouble) log_.info("{}", trouble);
}

}  // namespace understudy::checkers
