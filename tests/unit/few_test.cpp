// checkers/few.hpp: a list that nearly always has one element.
#include "checkers/few.hpp"

#include <catch2/catch.hpp>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace understudy::checkers {
namespace {

using Texts = Few<std::string>;

}  // namespace

TEST_CASE("a list of few is a list of any number", "[few]") {
  Texts texts;
  CHECK(texts.empty());
  CHECK(texts.begin() == texts.end());
  std::vector<std::string> expected;
  for (const char* text : {"a", "b", "c"}) {
    CHECK(texts.emplace_back(text) == text);
    expected.emplace_back(text);
    CHECK(std::vector<std::string>(texts.begin(), texts.end()) == expected);
    CHECK(texts.size() == expected.size());
    CHECK(texts.at(texts.size() - 1) == text);
    CHECK_THROWS_AS(texts.at(texts.size()), std::out_of_range);
  }
  while (!expected.empty()) {
    texts.pop_back();
    expected.pop_back();
    CHECK(std::vector<std::string>(texts.begin(), texts.end()) == expected);
  }
  texts.push_back("again");
  CHECK(texts == Texts{"again"});
  texts.clear();
  CHECK(texts == Texts());
}

TEST_CASE("copies of a list of few are their own", "[few]") {
  for (const Texts& all : {Texts{"a"}, Texts{"a", "b"}}) {
    Texts copy = all;
    CHECK(copy == all);
    copy[0] = "other";
    CHECK(copy != all);
    CHECK(all[0] == "a");
    copy.pop_back();
    CHECK(copy.size() + 1 == all.size());
  }
}

TEST_CASE("a list of few is equal however it came about", "[few]") {
  Texts shrunk{"a", "b"};
  shrunk.pop_back();
  CHECK(shrunk == Texts{"a"});
  CHECK(Texts{"a"} == shrunk);
  shrunk.pop_back();
  CHECK(shrunk == Texts());
}

TEST_CASE("a list of few takes what can only be moved", "[few]") {
  Few<std::unique_ptr<int>> owners;
  owners.emplace_back(std::make_unique<int>(1));
  owners.emplace_back(std::make_unique<int>(2));
  const Few<std::unique_ptr<int>> moved = std::move(owners);
  REQUIRE(moved.size() == 2);
  CHECK(*moved[0] + *moved[1] == 3);
}

}  // namespace understudy::checkers
