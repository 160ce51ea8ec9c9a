#include "checkers/regex_options.hpp"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <algorithm>
#include <array>
#include <memory>

namespace understudy::checkers {

namespace {

struct Option {
  std::string_view name;
  std::uint32_t flag;
};

constexpr std::array kOptions{
    Option{"allow_empty_class", PCRE2_ALLOW_EMPTY_CLASS},
    Option{"alt_bsux", PCRE2_ALT_BSUX},
    Option{"alt_circumflex", PCRE2_ALT_CIRCUMFLEX},
    Option{"alt_verbnames", PCRE2_ALT_VERBNAMES},
    Option{"auto_callout", PCRE2_AUTO_CALLOUT},
    Option{"caseless", PCRE2_CASELESS},
    Option{"dollar_endonly", PCRE2_DOLLAR_ENDONLY},
    Option{"dotall", PCRE2_DOTALL},
    Option{"dupnames", PCRE2_DUPNAMES},
    Option{"extended", PCRE2_EXTENDED},
    Option{"firstline", PCRE2_FIRSTLINE},
    Option{"match_unset_backref", PCRE2_MATCH_UNSET_BACKREF},
    Option{"multiline", PCRE2_MULTILINE},
    Option{"never_backslash_c", PCRE2_NEVER_BACKSLASH_C},
    Option{"never_ucp", PCRE2_NEVER_UCP},
    Option{"never_utf", PCRE2_NEVER_UTF},
    Option{"no_auto_capture", PCRE2_NO_AUTO_CAPTURE},
    Option{"no_auto_possess", PCRE2_NO_AUTO_POSSESS},
    Option{"no_dotstar_anchor", PCRE2_NO_DOTSTAR_ANCHOR},
    Option{"no_start_optimize", PCRE2_NO_START_OPTIMIZE},
    Option{"ucp", PCRE2_UCP},
    Option{"ungreedy", PCRE2_UNGREEDY},
    Option{"use_offset_limit", PCRE2_USE_OFFSET_LIMIT},
    Option{"utf", PCRE2_UTF},
};

}  // namespace

const std::vector<std::string_view>& regex_option_names() {
  static const std::vector<std::string_view> names = [] {
    std::vector<std::string_view> all;
    all.reserve(kOptions.size());
    for (const Option& option : kOptions) all.push_back(option.name);
    return all;
  }();
  return names;
}

std::optional<std::uint32_t> regex_option(std::string_view name) {
  const auto* found = std::ranges::find(kOptions, name, &Option::name);
  if (found == kOptions.end()) return std::nullopt;
  return std::uint32_t{1} << static_cast<unsigned>(found - kOptions.begin());
}

std::uint32_t regex_flags(std::uint32_t options) {
  std::uint32_t flags = 0;
  for (std::size_t i = 0; i < kOptions.size(); ++i) {
    if ((options >> i & 1U) != 0) flags |= kOptions[i].flag;
  }
  return flags;
}

std::optional<RegexError> check_regex(const std::string& pattern, std::uint32_t options) {
  const std::uint32_t flags = regex_flags(options);
  int code = 0;
  PCRE2_SIZE offset = 0;
  const std::unique_ptr<pcre2_code, decltype(&pcre2_code_free)> compiled(
      pcre2_compile(reinterpret_cast<PCRE2_SPTR>(pattern.data()), pattern.size(), flags, &code,
                    &offset, nullptr),
      pcre2_code_free);
  if (compiled) return std::nullopt;
  std::array<PCRE2_UCHAR, 256> message{};
  pcre2_get_error_message(code, message.data(), message.size());
  return RegexError{offset, reinterpret_cast<const char*>(message.data())};
}

}  // namespace understudy::checkers
