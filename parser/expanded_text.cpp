// ExpandedText: building it, and its lines.
#include "parser/expanded_text.hpp"

#include <algorithm>
#include <cstring>
#include <stdexcept>
#include <utility>

namespace understudy::parser {
namespace {

/// Octets of a block of memory for short texts.
constexpr std::size_t kBlockSize = 64U << 10;
/// Lines of a run: so many have to be passed at most to find one.
constexpr std::uint32_t kLongestRun = 64;

}  // namespace

ExpandedText ExpandedText::from_string(std::string text, std::string file_name) {
  ExpandedText expanded;
  std::string_view rest = expanded.keep(std::move(text));
  const std::uint32_t file = expanded.add_file(std::move(file_name), rest);
  for (std::uint32_t number = 1; !rest.empty(); ++number) {
    const std::size_t end = rest.find('\n');
    std::string_view line = rest.substr(0, end);
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    while (line.ends_with('\r')) line.remove_suffix(1);
    expanded.add_line({line, file, number});
  }
  return expanded;
}

std::uint32_t ExpandedText::add_file(std::string name, std::string_view text) {
  files_.push_back(std::move(name));
  texts_.push_back(text);
  return static_cast<std::uint32_t>(files_.size() - 1);
}

std::string_view ExpandedText::keep(std::string text) {
  size_ += text.size();
  storage_.push_back(std::make_unique<const std::string>(std::move(text)));
  return *storage_.back();
}

std::string_view ExpandedText::store(std::string_view text) {
  if (text.size() > kBlockSize / 4) return keep(std::string(text));
  size_ += text.size();
  if (text.size() > block_left_) {
    blocks_.push_back(std::make_unique<char[]>(kBlockSize));
    block_left_ = kBlockSize;
  }
  if (text.empty()) return {};
  char* const at = blocks_.back().get() + (kBlockSize - block_left_);
  std::memcpy(at, text.data(), text.size());
  block_left_ -= text.size();
  return {at, text.size()};
}

std::string_view ExpandedText::Run::take_line(std::string_view& rest) const {
  if (count == 1) return std::exchange(rest, {});
  const std::size_t end = rest.find('\n');
  std::string_view line = rest.substr(0, end);
  rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  while (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

/// Whether it is the line of the file that follows those of the last run.
bool ExpandedText::joins_last_run(const Line& line) const {
  if (runs_.empty() || line.clean || line.skip != 0) return false;
  const Run& last = runs_.back();
  return !last.clean && last.skip == 0 && last.count < kLongestRun && last.file == line.file &&
         last.origin == line.origin && last.number + last.count == line.number;
}

void ExpandedText::add_line(const Line& line) {
  if (joins_last_run(line)) {
    Run& last = runs_.back();
    last.size = static_cast<std::uint32_t>(line.text.data() + line.text.size() - last.text);
    ++last.count;
  } else {
    Run run;
    run.text = line.text.data();
    run.size = static_cast<std::uint32_t>(line.text.size());
    run.first = line_count_;
    run.file = line.file;
    run.number = line.number;
    run.skip = line.skip;
    run.clean = line.clean;
    run.origin = line.origin;
    runs_.push_back(run);
  }
  ++line_count_;
}

ExpandedText::Lines::Iterator::Iterator(const ExpandedText& text, std::uint32_t index)
    : text_(&text), index_(index) {
  if (index >= text.line_count_) return;
  const auto after =
      std::upper_bound(text.runs_.begin(), text.runs_.end(), index,
                       [](std::uint32_t wanted, const Run& run) { return wanted < run.first; });
  run_ = static_cast<std::size_t>(after - text.runs_.begin()) - 1;
  enter_run();
  index_ = text.runs_[run_].first;
  take();
  while (index_ < index) ++*this;
}

void ExpandedText::Lines::Iterator::enter_run() {
  const Run& run = text_->runs_[run_];
  rest_ = run.view();
  line_.file = run.file;
  line_.skip = run.skip;
  line_.clean = run.clean;
  line_.origin = run.origin;
}

void ExpandedText::Lines::Iterator::take() {
  const Run& run = text_->runs_[run_];
  line_.number = run.number + (index_ - run.first);
  line_.text = run.take_line(rest_);
}

ExpandedText::Lines::Iterator& ExpandedText::Lines::Iterator::operator++() {
  ++index_;
  if (index_ == text_->line_count_) return *this;
  const Run& run = text_->runs_[run_];
  if (index_ == run.first + run.count) {
    ++run_;
    enter_run();
  }
  take();
  return *this;
}

ExpandedText::Line ExpandedText::Lines::at(std::size_t index) const {
  if (index >= size()) throw std::out_of_range("no such line");
  return *from(static_cast<std::uint32_t>(index));
}

std::uint32_t ExpandedText::add_origin(const Origin& origin) {
  origins_.push_back(origin);
  return static_cast<std::uint32_t>(origins_.size() - 1);
}

}  // namespace understudy::parser
