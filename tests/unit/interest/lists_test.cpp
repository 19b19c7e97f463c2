// SPDX-License-Identifier: MIT
/// \file  Whole lists to rank: what is in them and what must not be.
#include <doctest/doctest.h>

#include <set>
#include <sidera/interest/ranking_lists.hpp>

namespace {

using sidera::code_t;
using sidera::data_part;

constexpr std::size_t catalogue = 30;

sidera::interaction_table table_with_tests(bool timed) {
  sidera::random_stream const random(5);
  sidera::interaction_table table{20, catalogue, timed, {}};
  for (std::size_t u = 0; u < table.users; ++u)
    for (std::size_t i = 0; i < 12; ++i)  // with repetitions, across parts too
      table.rows.push_back({static_cast<code_t>(u), static_cast<code_t>(random.fork(u).below(i, catalogue)),
                            u % 4 == 0 ? data_part::train : static_cast<data_part>(i % 3), 1,
                            static_cast<std::int64_t>(random.fork(u).below(100 + i, 50))});
  return table;
}

std::set<code_t> items_of(sidera::interaction_table const& table, code_t user, std::set<data_part> const& parts,
                          std::int64_t before = 1000) {
  std::set<code_t> out;
  for (auto const& row : table.rows)
    if (row.user == user && parts.count(row.part) != 0 && row.time < before) out.insert(row.item);
  return out;
}

}  // namespace

TEST_CASE("a list has every item but those of training and those of the other part alone, and says which were taken") {
  for (bool const timed : {false, true}) {
    auto const table = table_with_tests(timed);
    auto const lists = sidera::make_lists(table, data_part::test, 5, 100);
    REQUIRE(lists.size() == 15);  // the others have no test items
    for (auto const& list : lists) {
      auto known = items_of(table, list.user, {data_part::valid});
      auto const asked = items_of(table, list.user, {data_part::test});
      for (code_t const item : asked) known.erase(item);
      known.merge(items_of(table, list.user, {data_part::train}));
      CHECK(list.candidates.size() == catalogue - known.size());
      CHECK(list.relevance.size() == list.candidates.size());
      for (std::size_t i = 0; i < list.candidates.size(); ++i) {
        CHECK(known.count(list.candidates[i]) == 0);
        CHECK((list.relevance[i] == 1) == (asked.count(list.candidates[i]) == 1));
      }
      std::int64_t first = 1000;
      for (auto const& row : table.rows)
        if (row.user == list.user && row.part == data_part::test) first = std::min(first, row.time);
      auto const seen = items_of(table, list.user, {data_part::train}, timed ? first : 1000);
      CHECK(list.history.size() == 5);
      for (code_t const item : list.history) CHECK((item == sidera::no_code || seen.count(item) == 1));
      CHECK(list.questions().size() == list.candidates.size());
    }
  }
}

TEST_CASE("lists of some users are some of the lists") {
  auto const table = table_with_tests(false);
  auto const all = sidera::make_lists(table, data_part::valid, 5, 100);
  auto const some = sidera::make_lists(table, data_part::valid, 5, 6),
             again = sidera::make_lists(table, data_part::valid, 5, 6);
  REQUIRE(some.size() == 6);
  for (std::size_t i = 0; i < 6; ++i) {
    CHECK(some[i].user == again[i].user);
    auto const same = std::find_if(all.begin(), all.end(), [&](auto const& l) { return l.user == some[i].user; });
    REQUIRE(same != all.end());
    CHECK(same->history == some[i].history);
    CHECK(same->relevance == some[i].relevance);
  }
  CHECK(std::is_sorted(some.begin(), some.end(), [](auto const& a, auto const& b) { return a.user < b.user; }));
  CHECK(sidera::make_lists(table, data_part::test, 5, 0).empty());
}

TEST_CASE("an item of valid and test is asked about in both, one of training in neither, in any order of the rows") {
  std::vector<sidera::interaction> rows{{0, 1, data_part::train}, {0, 1, data_part::test},  {0, 2, data_part::valid},
                                        {0, 2, data_part::test},  {0, 3, data_part::valid}, {0, 4, data_part::test}};
  for (int order = 0; order < 2; ++order) {
    sidera::interaction_table const table{1, 6, false, rows};
    auto const test = sidera::make_lists(table, data_part::test, 2, 9);
    REQUIRE(test.size() == 1);
    CHECK(test[0].candidates == std::vector<code_t>{0, 2, 4, 5});
    CHECK(test[0].relevance == std::vector<double>{0, 1, 1, 0});
    auto const valid = sidera::make_lists(table, data_part::valid, 2, 9);
    REQUIRE(valid.size() == 1);
    CHECK(valid[0].candidates == std::vector<code_t>{0, 2, 3, 5});
    CHECK(valid[0].relevance == std::vector<double>{0, 1, 1, 0});
    std::reverse(rows.begin(), rows.end());
  }
}

TEST_CASE("the part that was trained on has no lists: its items would stand in the histories") {
  CHECK_THROWS_WITH_AS(static_cast<void>(sidera::make_lists(table_with_tests(false), data_part::train, 5, 10)),
                       "make_lists: part is train, whose items are known: expected valid or test", sidera::value_error);
}
