#include "parser/row_text.hpp"

#include <mutex>
#include <unordered_set>

namespace understudy::parser {

RowText::RowText(std::string_view made) {
  // A configuration is decoded in a thread.
  static std::mutex mutex;
  static auto& kept = *new std::unordered_set<std::string>();
  const std::lock_guard lock(mutex);
  text_ = kept.emplace(made).first->c_str();
}

}  // namespace understudy::parser
