#include "checkers/genhash.hpp"

#include <fmt/format.h>
#include <getopt.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <optional>
#include <string_view>

#include "checkers/http.hpp"
#include "checkers/http_exchange.hpp"

namespace understudy::checkers {
namespace {

using std::chrono::duration_cast;
using std::chrono::microseconds;

/// Long enough for any page; there is always control-C.
constexpr auto kNoLimit = std::chrono::hours(24 * 365);

struct Arguments {
  HttpCheck check;
  std::optional<std::string> path;
  Duration timeout = kNoLimit;
  bool sni = false;
  bool verbose = false;
};

const option kLongOptions[] = {
    {"help", no_argument, nullptr, 'h'},
    {"verbose", no_argument, nullptr, 'v'},
    {"use-ssl", no_argument, nullptr, 'S'},
    {"use-sni", no_argument, nullptr, 'I'},
    {"server", required_argument, nullptr, 's'},
    {"use-virtualhost", required_argument, nullptr, 'V'},
    {"port", required_argument, nullptr, 'p'},
    {"url", required_argument, nullptr, 'u'},
    {"fwmark", required_argument, nullptr, 'm'},
    {"protocol", required_argument, nullptr, 'P'},
    {"timeout", required_argument, nullptr, 't'},
    {nullptr, 0, nullptr, 0},
};

constexpr std::string_view kUsage =
    "Usage: {} COMMAND [OPTIONS]\n"
    "Commands:\n"
    "   -s server-address -p port -u url\n"
    "   -S -s server-address -p port -u url\n"
    "   -h\n\n"
    "Options:\n"
    "Either long or short options are allowed.\n"
    "   --use-ssl         -S       Use SSL connection to remote server.\n"
    "   --use-sni         -I       Use SNI during SSL handshake (uses virtualhost setting; see "
    "-V).\n"
    "   --server          -s       Use the specified remote server address.\n"
    "   --port            -p       Use the specified remote server port.\n"
    "   --url             -u       Use the specified remote server url.\n"
    "   --use-virtualhost -V       Use the specified virtualhost in GET query.\n"
    "   --verbose         -v       Use verbose mode output.\n"
    "   --help            -h       Display this short inlined help screen.\n"
    "   --fwmark          -m       Use the specified FW mark.\n"
    "   --protocol        -P       Use the specified HTTP protocol - '1.0', 1.0c', '1.1'.\n"
    "                                1.0c means 1.0 with 'Connection: close'\n"
    "   --timeout         -t       Timeout in seconds\n";

template <typename T>
std::optional<T> number(std::string_view text, T lowest, T highest) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  if (value < lowest || value > highest) return std::nullopt;
  return value;
}

bool refuse(std::string_view what, std::string_view value) {
  fmt::print(stderr, "invalid {} '{}'\n", what, value);
  return false;
}

bool take_version(std::string_view text, HttpProtocol& version) {
  if (text == "1.0") {
    version = HttpProtocol::http10;
  } else if (text == "1.0c" || text == "1.0C") {
    version = HttpProtocol::http10_close;
  } else if (text == "1.1") {
    version = HttpProtocol::http11;
  } else {
    return refuse("HTTP protocol version", text);
  }
  return true;
}

/// An option with a value; false if the value is no good, which was said.
bool take_value(int letter, const std::string& text, Arguments& arguments) {
  auto& endpoint = arguments.check.endpoint;
  switch (letter) {
    case 's': {
      const auto address = IpAddress::parse(text);
      if (!address) fmt::print(stderr, "server should be an IP, not {}\n", text);
      endpoint.destination.address = address.value_or(IpAddress{});
      return address.has_value();
    }
    case 'V':
      arguments.check.virtualhost = text;
      return true;
    case 'p': {
      const auto port = number<std::uint16_t>(text, 1, 65535);
      if (!port) return refuse("port number", text);
      endpoint.destination.port = Port(*port);
      return true;
    }
    case 'u':
      arguments.path = text;
      return true;
    case 'm': {
      const auto mark = number<std::uint32_t>(text, 0, UINT32_MAX);
      if (!mark) return refuse("fwmark", text);
      endpoint.fwmark = *mark;
      return true;
    }
    case 'P':
      return take_version(text, arguments.check.protocol);
    default: {
      const auto seconds = number<std::uint32_t>(text, 0, UINT32_MAX);
      if (!seconds) return refuse("timeout", text);
      arguments.timeout = std::chrono::seconds(*seconds);
      return true;
    }
  }
}

/// False for -h and for anything wrong, which was said on stderr.
bool take_options(int count, char** words, Arguments& arguments) {
  bool good = true;
  optind = 0;  // GNU: start anew, also if the program has parsed options before
  opterr = 0;
  for (;;) {
    const int current = std::max(optind, 1);
    const int letter = getopt_long(count, words, ":hvSs:V:p:u:m:P:t:I", kLongOptions, nullptr);
    if (letter == -1) break;
    switch (letter) {
      case 'h':
        good = false;
        break;
      case 'v':
        arguments.verbose = true;
        break;
      case 'S':
        arguments.check.tls = true;
        break;
      case 'I':
        arguments.sni = true;
        break;
      case '?':
        fmt::print(stderr, "Unknown option {}\n",
                   optopt != 0 && words[current][1] != '-'
                       ? fmt::format("-{}", static_cast<char>(optopt))
                       : std::string(words[current]));
        good = false;
        break;
      case ':':
        fmt::print(stderr, "Missing parameter for option {}\n", words[current]);
        good = false;
        break;
      default:
        if (!take_value(letter, optarg, arguments)) return false;
    }
  }
  if (good && optind < count) {
    fmt::print(stderr, "Unexpected argument(s):");
    for (int i = optind; i < count; ++i) fmt::print(stderr, " {}", words[i]);
    fmt::print(stderr, "\n");
    return false;
  }
  const auto& server = arguments.check.endpoint.destination;
  return good && !server.address.empty() && server.port.value() != 0 && arguments.path;
}

/// Sixteen octets a line: offset, hexadecimal, text.
void dump(ByteView data) {
  constexpr std::size_t kWidth = 16;
  for (std::size_t start = 0; start < data.size(); start += kWidth) {
    const auto line = data.subspan(start, std::min(kWidth, data.size() - start));
    std::string hex;
    std::string text;
    for (std::size_t i = 0; i < kWidth; ++i) {
      if (i == kWidth / 2) hex += " -";
      hex += i < line.size() ? fmt::format(" {:02x}", line[i]) : "   ";
      if (i >= line.size()) {
        text += ' ';
      } else {
        text += line[i] >= 0x20 && line[i] <= 0x7e ? static_cast<char>(line[i]) : '.';
      }
    }
    fmt::print("{:04} {}   {}\n", start & 0xffff, hex, text);
  }
}

void print_rule(std::string_view title) {
  fmt::print("-----------------------[{}]-----------------------\n", title);
}

void print_header(ByteView header) {
  print_rule("    HTTP Header Buffer    ");
  dump(header);
  print_rule(" HTTP Header Ascii Buffer ");
  fmt::print("{}\n", std::string_view(reinterpret_cast<const char*>(header.data()), header.size()));
}

HttpReader::Observer verbose_observer() {
  return {print_header, [first = true](ByteView body) mutable {
            if (first) print_rule("        HTML Buffer        ");
            first = false;
            dump(body);
          }};
}

void print_result(ExchangeEnd end, HttpReader& reader, const Arguments& arguments) {
  if (end == ExchangeEnd::no_data) {
    fmt::print(stderr, "no data received from remote webserver\n");
    return;
  }
  if (end != ExchangeEnd::answered) {
    fmt::print("{}\n", words_for(end, arguments.check.tls));
    return;
  }
  const Digest::Value digest = reader.digest();
  if (arguments.verbose) {
    fmt::print("\n");
    print_rule("    HTML hash resulting    ");
    dump(digest);
    print_rule(" HTML hash final resulting ");
  }
  fmt::print("{}\n", to_hex(digest));
}

void fetch(const Arguments& arguments) {
  Loop loop;
  LogOptions silent;
  silent.to_syslog = false;
  Log log(silent);
  HttpReader reader(true, arguments.verbose ? verbose_observer() : HttpReader::Observer{});
  Exchange::Options options;
  options.endpoint = arguments.check.endpoint;
  options.timeout = arguments.timeout;
  options.longest = kNoLimit;
  if (arguments.check.tls) options.tls = std::make_shared<const TlsContext>();
  if (arguments.sni) options.peer.server_name = arguments.check.virtualhost;
  Exchange exchange(loop, log, std::move(options), [&](ExchangeEnd end) {
    print_result(end, reader, arguments);
    loop.stop();
  });
  Url url;
  url.path = *arguments.path;
  Http1Dialogue dialogue(to_text(request_of(url, arguments.check)), reader);
  exchange.start(dialogue);
  loop.run();
}

}  // namespace

std::span<const option> genhash_options() {
  // Without the entry that ends it.
  return std::span(kLongOptions).first(std::size(kLongOptions) - 1);
}

int run_genhash(const std::string& command, std::vector<std::string> arguments) {
  std::string name = command;
  std::vector<char*> words{name.data()};
  for (std::string& argument : arguments) words.push_back(argument.data());
  words.push_back(nullptr);
  Arguments wanted;
  if (!take_options(static_cast<int>(words.size()) - 1, words.data(), wanted)) {
    fmt::print(stderr, fmt::runtime(kUsage), command);
    return 1;
  }
  const TimePoint start = Clock::now();
  fetch(wanted);
  if (wanted.verbose) {
    fmt::print("\nGlobal response time for [{}] = {} usecs\n", *wanted.path,
               duration_cast<microseconds>(Clock::now() - start).count());
  }
  return 0;
}

}  // namespace understudy::checkers
