#include "checkers/body_pattern.hpp"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <algorithm>
#include <array>
#include <limits>
#include <stdexcept>

#include "checkers/regex_options.hpp"

namespace understudy::checkers {
namespace {

/// A pattern that goes through more than this is given up: the loop waits for it.
constexpr std::uint32_t kMatchLimit = 1'000'000;
/// Of the matcher's own memory, in KiB.
constexpr std::uint32_t kHeapLimit = 16384;
/// What is kept before the place to search at least: a line may end in two octets, and the start of
/// the window must not look like the start of the body.
constexpr std::size_t kLeastLookbehind = 2;
constexpr std::size_t kMostLookbehind = BodyMatcher::kWindow / 4;
constexpr std::size_t kLongestCharacter = 4;

template <auto free>
struct Freer {
  template <typename T>
  void operator()(T* object) const {
    free(object);
  }
};
using CodePointer = std::unique_ptr<pcre2_code, Freer<pcre2_code_free>>;
using DataPointer = std::unique_ptr<pcre2_match_data, Freer<pcre2_match_data_free>>;
using ContextPointer = std::unique_ptr<pcre2_match_context, Freer<pcre2_match_context_free>>;
using StackPointer = std::unique_ptr<pcre2_jit_stack, Freer<pcre2_jit_stack_free>>;

PCRE2_SPTR as_subject(const std::string& text) { return reinterpret_cast<PCRE2_SPTR>(text.data()); }

CodePointer compile(const std::string& pattern, std::uint32_t flags) {
  int code = 0;
  PCRE2_SIZE offset = 0;
  return CodePointer(
      pcre2_compile(as_subject(pattern), pattern.size(), flags, &code, &offset, nullptr));
}

std::uint32_t info(const pcre2_code* code, std::uint32_t what) {
  std::uint32_t value = 0;
  pcre2_pattern_info(code, what, &value);
  return value;
}

bool continues_character(char octet) {
  return (static_cast<unsigned char>(octet) & 0xc0U) == 0x80U;
}

/// How many octets a UTF-8 character that begins with `octet` has (RFC 3629).
std::size_t character_length(char octet) {
  const auto first = static_cast<unsigned char>(octet);
  if (first >= 0xf0) return 4;
  if (first >= 0xe0) return 3;
  return first >= 0xc0 ? 2 : 1;
}

}  // namespace

struct CompiledPattern::Code {
  CodePointer compiled;
  bool utf = false;
  /// Octets before a match that the pattern may look at.
  std::size_t lookbehind = kLeastLookbehind;
};

CompiledPattern::CompiledPattern(const std::string& pattern, std::uint32_t options) {
  const std::uint32_t flags = regex_flags(options);
  auto code = std::make_unique<Code>();
  code->compiled = compile(pattern, flags);
  if (!code->compiled) throw std::runtime_error("no pattern: " + pattern);
  // Also a pattern that begins with (*UTF).
  code->utf = (info(code->compiled.get(), PCRE2_INFO_ALLOPTIONS) & PCRE2_UTF) != 0;
  if (code->utf) {
    // What a server sends need not be UTF-8.
    if (auto tolerant = compile(pattern, flags | PCRE2_MATCH_INVALID_UTF)) {
      code->compiled = std::move(tolerant);
    }
  }
  const std::size_t characters = info(code->compiled.get(), PCRE2_INFO_MAXLOOKBEHIND);
  code->lookbehind = std::clamp(characters * (code->utf ? kLongestCharacter : 1), kLeastLookbehind,
                                kMostLookbehind);
  // Where there is no such compiler, or no memory may be executable, the interpreter does it.
  pcre2_jit_compile(code->compiled.get(), PCRE2_JIT_COMPLETE | PCRE2_JIT_PARTIAL_HARD);
  code_ = std::move(code);
}

CompiledPattern::~CompiledPattern() = default;

std::shared_ptr<const CompiledPattern> PatternStore::get(const BodyPattern& pattern) {
  std::erase_if(known_, [](const auto& entry) { return entry.second.expired(); });
  auto& known = known_[{pattern.pattern, pattern.options}];
  auto compiled = known.lock();
  if (!compiled) {
    compiled = std::make_shared<const CompiledPattern>(pattern.pattern, pattern.options);
    known = compiled;
  }
  return compiled;
}

struct BodyMatcher::Match {
  DataPointer data;
  ContextPointer context;
  StackPointer stack;
};

BodyMatcher::BodyMatcher(std::shared_ptr<const CompiledPattern> pattern, const BodyPattern& what)
    : pattern_(std::move(pattern)),
      match_(std::make_unique<Match>()),
      max_offset_(what.max_offset ? *what.max_offset : std::numeric_limits<std::uint64_t>::max()),
      search_from_(what.min_offset) {
  match_->data.reset(pcre2_match_data_create(1, nullptr));
  match_->context.reset(pcre2_match_context_create(nullptr));
  if (!match_->data || !match_->context) throw std::bad_alloc();
  pcre2_set_match_limit(match_->context.get(), kMatchLimit);
  pcre2_set_heap_limit(match_->context.get(), kHeapLimit);
  if (!what.stack) return;
  // Without memory for it the matcher makes do with the process's own stack.
  match_->stack.reset(pcre2_jit_stack_create(what.stack->first, what.stack->second, nullptr));
  if (match_->stack) {
    pcre2_jit_stack_assign(match_->context.get(), nullptr, match_->stack.get());
  }
}

BodyMatcher::~BodyMatcher() = default;

void BodyMatcher::feed(ByteView data) {
  while (finding_ == Finding::open && !data.empty()) {
    const auto taken = std::min(data.size(), kWindow - window_.size());
    window_.append(reinterpret_cast<const char*>(data.data()), taken);
    data = data.subspan(taken);
    if (window_.size() == kWindow) scan(false);
  }
}

void BodyMatcher::end() {
  if (finding_ == Finding::open) scan(true);
}

int BodyMatcher::match(std::size_t length, std::uint32_t options) {
  const auto attempt = [&](std::uint32_t more) {
    return pcre2_match(pattern_->code_->compiled.get(), as_subject(window_), length,
                       static_cast<std::size_t>(search_from_ - base_), options | more,
                       match_->data.get(), match_->context.get());
  };
  const int result = attempt(0);
  // The interpreter needs no such stack.
  return result == PCRE2_ERROR_JIT_STACKLIMIT ? attempt(PCRE2_NO_JIT) : result;
}

void BodyMatcher::scan(bool last) {
  const std::size_t length = last ? window_.size() : whole_characters();
  const std::uint64_t end = base_ + length;
  if (search_from_ <= end) {
    const int result = match(length, last ? 0 : PCRE2_PARTIAL_HARD);
    const auto found = [&] { return base_ + pcre2_get_ovector_pointer(match_->data.get())[0]; };
    if (result >= 0) return settle(found() <= max_offset_ ? Finding::matched : Finding::unmatched);
    if (result == PCRE2_ERROR_PARTIAL) {
      weigh_partial(found(), length);
    } else if (result == PCRE2_ERROR_NOMATCH) {
      search_from_ = end;
    } else {
      return give_up(result);
    }
  }
  if (finding_ != Finding::open) return;
  // The first match is the leftmost: there is none before the place to search.
  if (last || search_from_ > max_offset_) return settle(Finding::unmatched);
  forget();
}

void BodyMatcher::weigh_partial(std::uint64_t from, std::size_t length) {
  const std::uint64_t end = base_ + length;
  if (from > max_offset_ || end - from <= kLongestMatch) {
    search_from_ = from;
    return;
  }
  // Too long to wait for the rest: what is there must do, though this is not its end.
  search_from_ = from;
  const int result = match(length, PCRE2_PARTIAL_SOFT | PCRE2_ANCHORED | PCRE2_NOTEOL);
  if (result >= 0) return settle(Finding::matched);
  if (result != PCRE2_ERROR_PARTIAL && result != PCRE2_ERROR_NOMATCH) return give_up(result);
  trouble_ = "Regex partial match preserve too large - discarding";
  search_from_ = end;
}

void BodyMatcher::settle(Finding finding) {
  finding_ = finding;
  window_ = {};
}

void BodyMatcher::give_up(int code) {
  std::array<PCRE2_UCHAR, 256> message{};
  pcre2_get_error_message(code, message.data(), message.size());
  trouble_ = std::string("Regex match error: ") + reinterpret_cast<const char*>(message.data());
  settle(Finding::failed);
}

std::size_t BodyMatcher::whole_characters() const {
  if (!pattern_->code_->utf) return window_.size();
  std::size_t start = window_.size();
  for (std::size_t i = 1; i < kLongestCharacter && i <= window_.size(); ++i) {
    start = window_.size() - i;
    if (!continues_character(window_[start])) break;
  }
  return start + character_length(window_[start]) > window_.size() ? start : window_.size();
}

void BodyMatcher::forget() {
  const std::uint64_t needed_from =
      search_from_ - std::min<std::uint64_t>(search_from_, pattern_->code_->lookbehind);
  if (needed_from <= base_) return;
  auto cut = static_cast<std::size_t>(std::min<std::uint64_t>(needed_from - base_, window_.size()));
  if (pattern_->code_->utf) {
    // No further than a character is long: a body may be nothing but ends of characters.
    const std::size_t least = cut - std::min(cut, kLongestCharacter - 1);
    while (cut > least && cut < window_.size() && continues_character(window_[cut])) --cut;
  }
  window_.erase(0, cut);
  base_ += cut;
}

}  // namespace understudy::checkers
