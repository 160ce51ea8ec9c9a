// authentication (RFC 2338) and auth_hmac.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "vrrp/keywords.hpp"

namespace understudy::vrrp {

namespace {

using namespace parser;
using InstanceRows = Block<InstanceDraft>;
using Mode = HmacAuthentication::Mode;
using AntiReplay = HmacAuthentication::AntiReplay;

constexpr std::size_t kPasswordSize = 8;
constexpr std::size_t kShortestSecret = 32;
constexpr std::size_t kLongestSecret = 64;
constexpr unsigned kLongestWindow = 300;
constexpr std::string_view kHexPrefix = "hex:";
constexpr std::string_view kFilePrefix = "file:";

void take_type(InstanceDraft& draft, const Binding& binding) {
  if (binding.argument() == "PASS") {
    draft.authentication = Authentication::pass;
  } else if (binding.argument() == "AH") {
    draft.authentication = Authentication::ah;
  } else {
    binding.error(
        fmt::format("({}) unknown authentication type '{}'", draft.name, binding.argument()),
        "expected PASS or AH");
  }
}

void take_password(InstanceDraft& draft, std::string password, const Binding& binding) {
  if (password.size() > kPasswordSize) {
    binding.error(fmt::format("Truncating auth_pass to {} characters", kPasswordSize));
    password.resize(kPasswordSize);
  }
  draft.password = std::move(password);
}

// --- auth_hmac ---

std::optional<unsigned> hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return std::nullopt;
}

/// Octets of one or two hexadecimal digits, with or without blanks between them; empty: something
/// else is in it.
std::string decode_hex(std::string_view text) {
  constexpr unsigned kDigitBits = 4;
  std::string octets;
  while (true) {
    text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
    if (text.empty()) return octets;
    auto octet = hex_digit(text[0]);
    text.remove_prefix(1);
    if (octet && !text.empty() && text[0] != ' ') {
      const auto low = hex_digit(text[0]);
      octet = low ? std::optional(*octet << kDigitBits | *low) : std::nullopt;
      text.remove_prefix(1);
    }
    if (!octet) return {};
    octets.push_back(static_cast<char>(*octet));
  }
}

std::string decode_secret(std::string_view text) {
  return text.starts_with(kHexPrefix) ? decode_hex(text.substr(kHexPrefix.size()))
                                      : std::string(text);
}

/// The secret in a file; empty after a complaint when it cannot be had.
std::string read_secret(InstanceDraft& draft, const std::string& path, const Binding& binding) {
  KeyFile file = draft.section->read_key_file(path);
  const Secret content(std::move(file.content));
  const auto complain = [&](Severity severity, std::string_view what, std::string hint) {
    binding.report_at(severity, binding.arguments()[1].at,
                      fmt::format("({}) auth_hmac key file '{}' {}", draft.name, path, what),
                      std::move(hint));
  };
  if (!file.problem.empty()) {
    complain(Severity::error, "cannot be opened", file.problem);
    return {};
  }
  if (file.open_to_others) {
    complain(Severity::insecure, "is readable by group or others", "chmod go= " + path);
  }
  if (file.too_large) {
    complain(Severity::error, "is too large", "it holds nothing but the key");
    return {};
  }
  std::string_view text = content.octets();
  while (text.ends_with('\n') || text.ends_with('\r')) text.remove_suffix(1);
  return decode_secret(text);
}

void take_key(InstanceDraft& draft, const Binding& binding) {
  const auto id = parse_unsigned(binding.argument(), 1, 255);
  if (!id) {
    binding.error(id.error().message);
    binding.error(fmt::format("({}) auth_hmac key id '{}' must be between 1 and 255", draft.name,
                              binding.argument()));
    return;
  }
  HmacKey key{static_cast<std::uint8_t>(*id), {}, {}};
  const std::string_view value = binding.argument(1);
  if (value.starts_with(kFilePrefix)) {
    key.file = value.substr(kFilePrefix.size());
    key.secret = read_secret(draft, key.file, binding);
  } else {
    key.secret = decode_secret(value);
  }
  auto& keys = draft.hmac.edit().keys;
  const Word& word = binding.arguments()[1];
  if (key.secret.size() < kShortestSecret || key.secret.size() > kLongestSecret) {
    binding.error_at(
        word,
        fmt::format("({}) auth_hmac key {} length {} not in range [{}, {}]", draft.name, key.id,
                    key.secret.size(), kShortestSecret, kLongestSecret),
        "expected hex:HEXADECIMAL, file:PATH or the secret itself");
  } else if (std::ranges::find(keys, key.id, &HmacKey::id) != keys.end()) {
    binding.error(fmt::format("({}) duplicate auth_hmac key id {}", draft.name, key.id));
  } else {
    keys.push_back(std::move(key));
  }
}

/// One of some words; the row complains about another.
template <typename E>
Codec<E> one_of(std::vector<std::pair<std::string_view, E>> choices) {
  Codec<E> codec = choice<E>(choices);
  codec.range = codec.syntax;
  codec.read = [choices = std::move(choices)](const Binding&,
                                              std::span<const Word> words) -> std::optional<E> {
    for (const auto& [name, value] : choices) {
      if (words[0].text == name) return value;
    }
    return std::nullopt;
  };
  return codec;
}

InstanceRows hmac_rows() {
  InstanceRows rows;
  rows.statement("key", "A secret of 32 to 64 octets, and the number it is known by.", take_key)
      .takes("ID hex:HEXADECIMAL|file:PATH|SECRET", 2, 2)
      .accepts("1..255")
      .adds_up()
      .when_missing("({2}) auth_hmac key needs an id and a value");
  rows.value("active_key", "The key that signs. Required.", number<unsigned>(1, 255),
             [](InstanceDraft& draft, unsigned id) {
               draft.hmac.edit().active_key = static_cast<std::uint8_t>(id);
             })
      .invalid("({2}) auth_hmac active_key '{1}' must be between 1 and 255");
  rows.value("anti_replay",
             "What makes an advert new: its time, or only that it follows the last one.",
             one_of<AntiReplay>({{"time", AntiReplay::time}, {"monotonic", AntiReplay::monotonic}}),
             [](InstanceDraft& draft, AntiReplay value) { draft.hmac.edit().anti_replay = value; })
      .by_default("time")
      .invalid("({2}) auth_hmac anti_replay '{1}' must be time or monotonic");
  rows.value("time_window", "Seconds an advert's time may be off.",
             number<unsigned>(1, kLongestWindow),
             [](InstanceDraft& draft, unsigned value) {
               draft.hmac.edit().time_window = std::chrono::seconds(value);
             })
      .by_default("three advert intervals, at least 5")
      .invalid("({2}) auth_hmac time_window '{1}' must be between 1 and 300 seconds");
  rows.value("mode", "Whether adverts without signature are sent and taken.",
             one_of<Mode>({{"enforce", Mode::enforce},
                           {"permissive", Mode::permissive},
                           {"receive-only", Mode::receive_only}}),
             [](InstanceDraft& draft, Mode value) { draft.hmac.edit().mode = value; })
      .by_default("enforce")
      .invalid("({2}) auth_hmac mode '{1}' must be enforce, permissive or receive-only");
  return rows;
}

}  // namespace

void add_authentication_rows(InstanceRows& rows) {
  InstanceRows inner;
  inner.statement("auth_type", "How adverts are authenticated.", take_type)
      .takes("PASS|AH", 1, 1)
      .by_default("none");
  inner.value("auth_pass", "Password; of more than 8 characters the first 8.", text("PASSWORD"),
              take_password);
  rows.block("authentication", "For version 2 only.", std::move(inner));
  rows.block("auth_hmac", "Signed adverts; not together with authentication.", hmac_rows(),
             [](InstanceDraft& draft, const Binding&) {
               draft.hmac_given = true;
               return &draft;
             })
      .adds_up()
      .from("2.4.1");
}

}  // namespace understudy::vrrp
