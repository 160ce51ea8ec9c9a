// Values that are not numbers: words, addresses, digests, scripts.
#include "parser/values.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <boost/spirit/home/x3.hpp>
#include <cctype>

namespace understudy::parser {
namespace {

namespace x3 = boost::spirit::x3;

template <typename Parser, typename Attribute>
bool whole(std::string_view text, const Parser& parser, Attribute& attribute) {
  const char* first = text.data();
  return x3::parse(first, first + text.size(), parser >> x3::eoi, attribute);
}

const x3::symbols<bool>& bool_words() {
  static const x3::symbols<bool> words = [] {
    x3::symbols<bool> table;
    table.add("on", true)("true", true)("yes", true);
    table.add("off", false)("false", false)("no", false);
    return table;
  }();
  return words;
}

/// A codec of one word whose text `parse` turns into an optional.
template <typename V, typename Parse>
Codec<V> one_word(std::string syntax, std::string refusal, Parse parse) {
  Codec<V> codec;
  codec.syntax = std::move(syntax);
  codec.refusal = std::move(refusal);
  codec.read = [parse](const Binding&, std::span<const Word> words) -> std::optional<V> {
    return parse(words[0].text);
  };
  return codec;
}

}  // namespace

std::optional<bool> parse_bool(std::string_view text) {
  bool value = false;
  if (!whole(text, bool_words(), value)) return std::nullopt;
  return value;
}

std::optional<IpAddress> parse_plain_address(std::string_view text) {
  const std::size_t dash = text.find('-');
  return IpAddress::parse(text.substr(0, dash == std::string_view::npos ? text.find('/') : dash));
}

Result<Prefix> parse_prefix(std::string_view text) {
  const std::size_t slash = text.find('/');
  const auto address = IpAddress::parse(text.substr(0, slash));
  if (!address) return Error{fmt::format("invalid IP address '{}'", text), 0};
  if (slash == std::string_view::npos) return Prefix{*address, address->max_prefix()};
  unsigned length = 0;
  const auto digits = x3::uint_parser<unsigned, 10, 1, 3>{};
  if (!whole(text.substr(slash + 1), digits, length) || length > address->max_prefix()) {
    return Error{fmt::format("invalid address mask '{}'", text.substr(slash + 1)), 0};
  }
  return Prefix{*address, static_cast<std::uint8_t>(length)};
}

Result<Port> parse_port(std::string_view text) {
  const auto number = parse_unsigned(text, 1, 65535);
  if (!number) return number.error();
  return Port(static_cast<std::uint16_t>(*number));
}

std::optional<std::uint32_t> parse_netmask(std::string_view text) {
  if (const auto address = IpAddress::parse(text)) {
    if (!address->is_v4()) return std::nullopt;
    const std::uint32_t mask = ntohl(address->v4().s_addr);
    // A mask is ones and then zeros.
    const bool contiguous = (~mask & (~mask + 1)) == 0;
    return contiguous ? std::optional(address->v4().s_addr) : std::nullopt;
  }
  const auto length = parse_unsigned(text, 1, 128);
  return length ? std::optional(static_cast<std::uint32_t>(*length)) : std::nullopt;
}

std::optional<std::string> parse_md5(std::string_view text) {
  std::string digest;
  if (!whole(text, x3::repeat(32)[x3::xdigit], digest)) return std::nullopt;
  std::transform(digest.begin(), digest.end(), digest.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return digest;
}

std::optional<std::pair<unsigned, unsigned>> parse_status_range(std::string_view text) {
  const auto code = x3::uint_parser<unsigned, 10, 3, 3>{};
  unsigned from = 0;
  unsigned to = 0;
  const auto set = [](unsigned& into) {
    return [&into](auto& context) { into = x3::_attr(context); };
  };
  x3::unused_type nothing;
  if (!whole(text, code[set(from)] >> -('-' >> code[set(to)]), nothing)) return std::nullopt;
  if (to == 0) to = from;
  if (from < 100 || to > 599 || from > to) return std::nullopt;
  return std::pair(from, to);
}

Codec<bool> boolean() { return one_word<bool>("BOOL", "invalid {0} value '{1}'", parse_bool); }

Codec<bool> optional_boolean() {
  Codec<bool> codec = boolean();
  codec.syntax = "[BOOL]";
  codec.min_words = 0;
  codec.read = [](const Binding&, std::span<const Word> words) {
    return words.empty() ? std::optional(true) : parse_bool(words[0].text);
  };
  return codec;
}

Codec<std::string> text(std::string syntax) {
  return one_word<std::string>(std::move(syntax), {}, [](std::string_view word) {
    return std::optional<std::string>(word);
  });
}

Codec<std::string> interface_name() {
  return one_word<std::string>("INTERFACE", "invalid interface name '{1}'",
                               [](std::string_view word) -> std::optional<std::string> {
                                 const bool possible = !word.empty() && word.size() <= 15 &&
                                                       word != "." && word != ".." &&
                                                       word.find('/') == std::string_view::npos;
                                 return possible ? std::optional<std::string>(word) : std::nullopt;
                               });
}

Codec<IpAddress> address() {
  return one_word<IpAddress>("IP", "invalid IP address '{1}'", parse_plain_address);
}

Codec<Prefix> prefix() {
  Codec<Prefix> codec;
  codec.syntax = "IP[/MASK]";
  codec.read = [](const Binding& binding, std::span<const Word> words) -> std::optional<Prefix> {
    const auto value = parse_prefix(words[0].text);
    if (value) return *value;
    binding.error_at(words[0], value.error().message);
    return std::nullopt;
  };
  return codec;
}

Codec<Port> port() {
  return mapped(number<std::uint16_t>(1, 65535), [](std::uint16_t value) { return Port(value); });
}

Codec<Endpoint> endpoint() {
  Codec<Endpoint> codec;
  codec.syntax = "IP [PORT]";
  codec.max_words = 2;
  codec.refusal = "invalid address or port '{1}'";
  codec.read = [](const Binding& binding, std::span<const Word> words) -> std::optional<Endpoint> {
    Endpoint value;
    if (words.size() > 1) {
      const auto port = parse_port(words[1].text);
      if (!port) {
        binding.error_at(words[1], port.error().message);
        return std::nullopt;
      }
      value.port = *port;
    }
    const auto address = parse_plain_address(words[0].text);
    if (!address) return std::nullopt;
    value.address = *address;
    return value;
  };
  return codec;
}

Codec<std::uint32_t> netmask() {
  return one_word<std::uint32_t>("NETMASK", "invalid netmask '{1}'", parse_netmask);
}

Codec<std::string> md5_digest() {
  auto codec = one_word<std::string>("MD5", "invalid digest '{1}'", parse_md5);
  codec.range = "32 hexadecimal digits";
  return codec;
}

Codec<std::vector<std::pair<unsigned, unsigned>>> status_codes() {
  Codec<std::vector<std::pair<unsigned, unsigned>>> codec;
  codec.syntax = "CODE[-CODE]...";
  codec.range = "100..599";
  codec.max_words = SIZE_MAX;
  codec.refusal = "{0} has an invalid code or range";
  codec.read =
      [](const Binding&,
         std::span<const Word> words) -> std::optional<std::vector<std::pair<unsigned, unsigned>>> {
    std::vector<std::pair<unsigned, unsigned>> ranges;
    for (const Word& word : words) {
      const auto range = parse_status_range(word.text);
      if (!range) return std::nullopt;
      ranges.push_back(*range);
    }
    return ranges;
  };
  return codec;
}

Codec<CommandLine> command_line() {
  Codec<CommandLine> codec;
  codec.syntax = "SCRIPT [USER [GROUP]]";
  codec.max_words = SIZE_MAX;
  codec.escaped = true;
  codec.read = [](const Binding& binding,
                  std::span<const Word> words) -> std::optional<CommandLine> {
    auto all = binding.quoted_words();
    if (!all || all->size() < 2) return std::nullopt;
    auto argv = split_escaped((*all)[1]);
    if (!argv) {
      binding.error_at(words[0], argv.error().message);
      return std::nullopt;
    }
    if (argv->empty()) {
      binding.report(Severity::note,
                     fmt::format("Unable to parse script '{}' - ignoring", (*all)[1]));
      return std::nullopt;
    }
    CommandLine command{*std::move(argv), {}};
    command.owner.assign(all->begin() + 2, all->end());
    return command;
  };
  return codec;
}

}  // namespace understudy::parser
