// What every keyword row has to have, whoever wrote it.
#include "daemon/config_rows.hpp"

#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <set>

namespace understudy {
namespace {

using parser::Extra;
using parser::Missing;
using parser::Repeat;
using parser::RowInfo;

/// Calls `visit(path/name, row)` for every row there is.
template <typename Visit>
void each(Visit visit) {
  const auto rows = config_rows();
  parser::for_each_row(rows, [&](const std::vector<std::string_view>& path, const RowInfo& row) {
    visit(fmt::format("{}/{}", fmt::join(path, "/"), row.name), row);
  });
}

TEST_CASE("every message of a row can be filled in", "[rows]") {
  each([](const std::string& name, const RowInfo& row) {
    INFO(name);
    for (const std::string_view message :
         {row.missing_message.view(), row.extra_message.view(), row.repeat_message.view(),
          row.invalid_message.view(), row.deprecation_message.view()}) {
      CHECK_NOTHROW(fmt::format(fmt::runtime(message), "keyword", "argument", "label", "instead"));
    }
  });
}

TEST_CASE("a row that complains has words for it", "[rows]") {
  each([](const std::string& name, const RowInfo& row) {
    INFO(name);
    CHECK_FALSE(row.doc.empty());
    if (row.missing == Missing::complains) CHECK_FALSE(row.missing_message.empty());
    if (row.extra != Extra::ignored) CHECK_FALSE(row.extra_message.empty());
    if (row.repeat == Repeat::first_wins || row.repeat == Repeat::replaced) {
      CHECK_FALSE(row.repeat_message.empty());
    }
  });
}

TEST_CASE("no two rows of a block have the same name", "[rows]") {
  std::set<std::string> names;
  each([&](const std::string& name, const RowInfo& row) {
    CHECK(names.insert(name).second);
    for (const std::string_view alias : row.aliases) {
      CHECK(names.insert(name.substr(0, name.rfind('/') + 1).append(alias)).second);
    }
  });
}

}  // namespace
}  // namespace understudy
