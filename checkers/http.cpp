#include "checkers/http.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace understudy::checkers {
namespace {

constexpr unsigned kFirstGoodStatus = 200;
constexpr unsigned kLastGoodStatus = 299;
/// How many timeouts an exchange may last when delay_loop is shorter than that.
constexpr int kLongestInTimeouts = 4;

Exchange::Options exchange_options(const HttpCheck& check, std::shared_ptr<const TlsContext> tls) {
  Exchange::Options options;
  options.endpoint = check.endpoint;
  options.timeout = check.timing.connect_timeout;
  options.longest = std::max<Duration>(check.timing.delay_loop,
                                       check.timing.connect_timeout * kLongestInTimeouts);
  if (check.tls) options.tls = tls ? std::move(tls) : std::make_shared<const TlsContext>();
  return options;
}

}  // namespace

std::string host_of(const Url& url, const HttpCheck& check) {
  if (!url.virtualhost.empty()) return url.virtualhost;
  if (!check.virtualhost.empty()) return check.virtualhost;
  const auto& [address, port] = check.endpoint.destination;
  const std::string text = address.is_v6() ? "[" + address.to_string() + "]" : address.to_string();
  return fmt::format("{}:{}", text, port.value());
}

bool accepts_status(const Url& url, unsigned status) {
  if (url.status_codes.empty()) return status >= kFirstGoodStatus && status <= kLastGoodStatus;
  return std::ranges::any_of(url.status_codes, [status](const auto& range) {
    return status >= range.first && status <= range.second;
  });
}

HttpProbe::HttpProbe(Loop& loop, Log& log, HttpCheck check, std::string_view server_label,
                     std::string_view service_label, std::shared_ptr<const TlsContext> tls,
                     Report report)
    : log_(log),
      check_(std::move(check)),
      server_label_(server_label),
      service_label_(service_label),
      report_(std::move(report)),
      length_differences_(check_.urls.size()),
      exchange_(loop, log, exchange_options(check_, std::move(tls)),
                [this](ExchangeEnd end) { on_end(end); }) {}

void HttpProbe::start(std::size_t step) {
  step_ = step;
  const Url& url = check_.urls.at(step);
  reader_.emplace(!url.digest.empty());
  dialogue_ =
      std::make_unique<Http1Dialogue>(get_request(url.path, host_of(url, check_)), *reader_);
  exchange_.start(*dialogue_);
}

void HttpProbe::cancel() {
  exchange_.cancel();
  dialogue_.reset();
  reader_.reset();
}

void HttpProbe::on_end(ExchangeEnd end) {
  using Result = ProbeOutcome::Result;
  ProbeOutcome outcome;
  const auto words = words_for(end, check_.tls);
  if (end == ExchangeEnd::answered) {
    outcome = judge();
  } else if (end == ExchangeEnd::no_socket || end == ExchangeEnd::not_started) {
    outcome = {Result::not_made, std::string(words)};
  } else {
    outcome = {Result::failed, fmt::format("{} server {}.", words, server_label_)};
  }
  // Thousands of checks idle most of the time; what they read is not kept until the next attempt.
  dialogue_.reset();
  reader_.reset();
  report_(outcome);
}

ProbeOutcome HttpProbe::judge() {
  using Result = ProbeOutcome::Result;
  const Url& url = check_.urls[step_];
  const auto failed = [this](std::string_view words) {
    return ProbeOutcome{Result::failed, fmt::format("{} server {}.", words, server_label_)};
  };
  if (!accepts_status(url, reader_->status())) return failed("HTTP status code error to");
  report_length(url);
  if (!digest_matches(url.digest)) return failed("MD5 digest error to");
  return {Result::passed, fmt::format("{} success to {} url({})",
                                      url.digest.empty() ? "HTTP status code" : "MD5 digest",
                                      server_label_, url.path)};
}

bool HttpProbe::digest_matches(const std::string& wanted) {
  if (wanted.empty() || to_hex(reader_->digest()) == wanted) return true;
  // The digest of the octets on the wire is the original's; that of the content is what md5sum of
  // the page gives. They differ for a chunked body, where an administrator may have taken either.
  const auto content = reader_->chunks_digest();
  return content && to_hex(*content) == wanted;
}

void HttpProbe::report_length(const Url& url) {
  const auto length = reader_->content_length();
  const std::int64_t difference =
      length ? static_cast<std::int64_t>(*length - reader_->body_octets()) : 0;
  auto& last = length_differences_[step_];
  if (std::exchange(last, difference) == difference || difference == 0) return;
  log_.info(
      "http_check for RS {} VS {} url {}{}: content_length ({}) does not match received bytes ({})",
      server_label_, service_label_, url.virtualhost, url.path, *length, reader_->body_octets());
}

}  // namespace understudy::checkers
