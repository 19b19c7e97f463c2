// SPDX-License-Identifier: MIT
/// \file  Histories and negatives: what a model may see and what it must not.
#include <doctest/doctest.h>

#include <laws/thrown.hpp>
#include <set>
#include <sidera/interest/item_partners.hpp>
#include <sidera/interest/ranking_lists.hpp>
#include <sidera/interest/ranking_samples.hpp>

namespace {

using sidera::code_t;
using sidera::data_part;

/// Users with 3 .. 32 different items each; the time of an event is its position in a random order.
sidera::interaction_table random_table(bool timed, std::size_t users = 40, std::size_t items = 60) {
  sidera::random_stream const random(5);
  sidera::interaction_table table{users, items, timed, {}};
  for (std::size_t u = 0; u < users; ++u) {
    auto const order = random.fork(u).permutation(items);
    std::size_t const count = 3 + random.below(u, 30);
    for (std::size_t i = 0; i < count; ++i)
      table.rows.push_back({static_cast<code_t>(u), static_cast<code_t>(order[i]),
                            static_cast<data_part>(i % 5 == 3   ? 1
                                                   : i % 5 == 4 ? 2
                                                                : 0),
                            1, static_cast<std::int64_t>(i / 2)});
  }
  return table;
}

std::set<code_t> items_of(sidera::interaction_table const& table, code_t user, bool all_parts, std::int64_t before) {
  std::set<code_t> items;
  for (auto const& row : table.rows)
    if (row.user == user && (all_parts || row.part == data_part::train) && row.time < before) items.insert(row.item);
  return items;
}

std::set<code_t> history_of(sidera::ranking_samples const& s, std::size_t i) {
  auto const row = s.questions.history.row(static_cast<sidera::index_t>(i));
  std::set<code_t> items(row.begin(), row.end());
  items.erase(sidera::no_code);
  return items;
}

}  // namespace

TEST_CASE("a history holds training items of its user, and never the item that is asked about") {
  for (bool const timed : {false, true})
    for (data_part const part : {data_part::train, data_part::valid, data_part::test}) {
      auto const table = random_table(timed);
      auto const s = sidera::make_samples(table, part, {.history = 8, .negatives = 3, .seed = 4});
      REQUIRE(s.size() == 4 * table.count(part));
      std::size_t used = 0;
      for (std::size_t i = 0; i < s.size(); ++i) {
        auto const history = history_of(s, i);
        used += history.size();
        auto const allowed = items_of(table, s.questions.user[i], false, 1'000'000);
        CHECK(std::includes(allowed.begin(), allowed.end(), history.begin(), history.end()));
        CHECK(history.count(s.questions.target[i]) == 0);
      }
      CHECK(used > s.size());
    }
}

TEST_CASE("with times, a history holds the latest items strictly before the question and nothing later") {
  auto const table = random_table(true);
  for (data_part const part : {data_part::train, data_part::test}) {
    auto const s = sidera::make_samples(table, part, {.history = 6, .negatives = 0});
    std::size_t i = 0;
    for (auto const& row : table.rows) {
      if (row.part != part) continue;
      CHECK(s.questions.target[i] == row.item);
      auto const before = items_of(table, row.user, false, row.time);
      auto const history = history_of(s, i++);
      CHECK(history.size() == std::min<std::size_t>(before.size(), 6));
      CHECK(std::includes(before.begin(), before.end(), history.begin(), history.end()));
      if (before.size() <= 6) continue;
      std::int64_t oldest = 1'000'000, newest_left_out = -1;
      for (auto const& other : table.rows)
        if (other.user == row.user && other.part == data_part::train && other.time < row.time) {
          if (history.count(other.item) > 0)
            oldest = std::min(oldest, other.time);
          else
            newest_left_out = std::max(newest_left_out, other.time);
        }
      CHECK(newest_left_out <= oldest);
    }
  }
}

TEST_CASE("what happens in the test part, or later, changes no training sample") {
  for (bool const timed : {false, true}) {
    auto table = random_table(timed);
    sidera::sample_options const options{.history = 8, .negatives = 2};
    auto const before = sidera::make_samples(table, data_part::train, options);
    for (auto& row : table.rows)
      if (row.part != data_part::train) row.item = (row.item + 7) % 60;
    auto const after = sidera::make_samples(table, data_part::train, options);
    CHECK(before.questions.history == after.questions.history);
    CHECK(before.questions.target == after.questions.target);
  }
}

TEST_CASE("negatives: never taken items, the same for the same round, others for the next") {
  auto const table = random_table(false);
  sidera::sample_options const options{.history = 8, .negatives = 5, .seed = 3};
  for (data_part const part : {data_part::train, data_part::test}) {
    auto const s = sidera::make_samples(table, part, options);
    for (std::size_t i = 0; i < s.size(); ++i) {
      CHECK(s.label[i] == (i % 6 == 0 ? 1 : 0));
      auto const taken = items_of(table, s.questions.user[i], part != data_part::train, 1'000'000);
      CHECK(taken.count(s.questions.target[i]) == static_cast<std::size_t>(s.label[i]));
    }
    CHECK(sidera::make_samples(table, part, options).questions.target == s.questions.target);
    CHECK(sidera::make_samples(table, part, options, 1).questions.target != s.questions.target);
  }
}

TEST_CASE("negatives are drawn in proportion to what the rule says") {
  sidera::interaction_table table{101, 4, false, {}};
  for (code_t u = 0; u < 100; ++u)
    for (code_t i = 0; i <= (u < 80 ? 0 : u < 95 ? 1 : 2); ++i) table.rows.push_back({u, i, data_part::train, 1, 0});
  CHECK(table.training_counts() == std::vector<std::size_t>{100, 20, 5, 0});
  CHECK(table.cold_items(20) == std::vector<std::uint8_t>{0, 0, 1, 1});
  for (auto const rule : {sidera::negative_rule::popularity, sidera::negative_rule::uniform}) {
    sidera::negative_sampler const draw(table, rule, false);
    std::array<double, 4> share{};
    std::size_t const n = 40000;
    for (code_t const item : draw(100, n, sidera::random_stream(1))) share[static_cast<std::size_t>(item)] += 1. / n;
    std::array<double, 4> expected{.25, .25, .25, .25};
    if (rule == sidera::negative_rule::popularity) expected = {101. / 129, 21. / 129, 6. / 129, 1. / 129};
    for (std::size_t i = 0; i < 4; ++i) CHECK(std::abs(share[i] - expected[i]) < .015);
  }
}

TEST_CASE("users who took nearly everything, or everything") {
  sidera::interaction_table table{1, 500, false, {}};
  for (code_t i = 0; i < 499; ++i) table.rows.push_back({0, i, data_part::train, 1, 0});
  auto const s = sidera::make_samples(table, data_part::train, {.negatives = 4});
  for (std::size_t i = 0; i < s.size(); ++i)
    if (s.label[i] == 0) CHECK(s.questions.target[i] == 499);
  table.rows.push_back({0, 499, data_part::train, 1, 0});
  CHECK_THROWS_AS(static_cast<void>(sidera::make_samples(table, data_part::train, {})), sidera::value_error);
}

TEST_CASE("interaction tables are checked row by row") {
  sidera::code_matrix rows(2, 3);
  rows << 0, 1, 0, 3, 2, 2;
  auto const table = sidera::interactions_from(rows, 3);
  CHECK(table.users == 4);
  CHECK(!table.timed);
  CHECK(table.rows[1].part == data_part::test);
  auto const refuses = [&](sidera::index_t column, code_t value) {
    sidera::code_matrix bad = rows;
    bad(1, column) = value;
    CHECK_THROWS_WITH_AS(static_cast<void>(sidera::interactions_from(bad, 3)), doctest::Contains("row 1"),
                         sidera::value_error);
  };
  refuses(0, -1), refuses(1, 3), refuses(1, -1), refuses(2, 3), refuses(2, -1);
  CHECK_THROWS_AS(static_cast<void>(sidera::interactions_from(rows.leftCols(2), 3)), sidera::shape_error);
}

TEST_CASE("interaction tables: times of 64 bits and weights with fractions are kept, what is no integer is refused") {
  std::int64_t const milliseconds = 1'700'000'000'123;
  sidera::integer_matrix times(1, 5);
  times << 4, 2, 0, 7, milliseconds;
  auto const timed = sidera::interactions_from(times, 3);
  CHECK(timed.timed);
  CHECK(timed.users == 5);
  CHECK(timed.rows[0].time == milliseconds);
  CHECK(timed.rows[0].weight == 7);
  sidera::matrix<double> weights(2, 5);
  weights << 0, 1, 0, .25, 3, 3, 2, 2, 1.5, static_cast<double>(milliseconds);
  auto const weighted = sidera::interactions_from(weights, 3);
  CHECK(weighted.rows[0].weight == .25);
  CHECK(weighted.rows[1].time == milliseconds);
  CHECK(weighted.rows[1].part == data_part::test);
  auto const refuses = [&](sidera::index_t column, double value, char const* why) {
    sidera::matrix<double> bad = weights;
    bad(1, column) = value;
    CHECK_THROWS_WITH_AS(static_cast<void>(sidera::interactions_from(bad, 3)), doctest::Contains(why),
                         sidera::value_error);
  };
  refuses(0, 1.5, "row 1 has user 1.5, expected an integer");
  refuses(1, .5, "row 1 has item 0.5, expected an integer");
  refuses(2, std::nan(""), "row 1 has split nan, expected an integer");
  refuses(4, 2.5, "row 1 has time 2.5, expected an integer");
  refuses(0, 3e9, "row 1 has user 3e+09, which is out of range");
  refuses(4, 1e19, "row 1 has time 1e+19, which is out of range");
  refuses(3, std::numeric_limits<double>::infinity(), "row 1 has weight inf");
  times(0, 0) = std::int64_t{1} << 40;
  CHECK_THROWS_WITH_AS(static_cast<void>(sidera::interactions_from(times, 3)), doctest::Contains("out of range"),
                       sidera::value_error);
}

TEST_CASE("tables filled by hand: a user, an item or a part that there is not is refused wherever a table is read") {
  auto const refuses = [](sidera::interaction row, std::string const& why) {
    auto table = random_table(false);
    table.rows[7] = row;
    auto const all = [&](std::string const& function, auto const& read) {
      CAPTURE(why);
      CHECK(laws::message_of<sidera::value_error>(read) == function + ": table row 7 has " + why);
      CHECK(laws::row_of_error(read) == 7);
    };
    for (data_part const part : {data_part::train, data_part::valid})
      all("make_samples", [&] { static_cast<void>(sidera::make_samples(table, part, {})); });
    all("make_lists", [&] { static_cast<void>(sidera::make_lists(table, data_part::test, 5, 10)); });
    all("user_histories", [&] { static_cast<void>(sidera::user_histories(table, 5)); });
    all("item_partners", [&] { static_cast<void>(sidera::item_partners(table)); });
    all("negative_sampler",
        [&] { static_cast<void>(sidera::negative_sampler(table, sidera::negative_rule::uniform, true)); });
  };
  refuses({40, 1, data_part::train}, "user 40 of 40");
  refuses({-1, 1, data_part::valid}, "user -1 of 40");
  refuses({3, 60, data_part::train}, "item 60 of 60");
  refuses({3, 1'000'000'000, data_part::test}, "item 1000000000 of 60");
  refuses({3, -1, data_part::test}, "item -1 of 60");
  refuses({3, 1, static_cast<data_part>(3)}, "split 3, expected 0, 1 or 2");

  auto table = random_table(false);
  table.rows[2].part = data_part::train;
  table.rows[2].item = 60;
  CHECK_THROWS_WITH_AS(static_cast<void>(table.cold_items()),
                       "interaction_table::training_counts: table row 2 has item 60 of 60", sidera::value_error);
}

TEST_CASE("histories, negatives and partners refuse users, places and rows that there are not") {
  auto const table = random_table(false);
  sidera::random_stream const random(1);
  sidera::negative_sampler const draw(table, sidera::negative_rule::uniform, false);
  CHECK_THROWS_WITH_AS(static_cast<void>(draw(40, 1, random)), "negative_sampler: user 40 is asked for, there are 40",
                       sidera::value_error);
  CHECK_THROWS_AS(static_cast<void>(draw.taken(40, 1)), sidera::value_error);
  sidera::negative_sampler const nothing({1, 0, false, {}}, sidera::negative_rule::uniform, false);
  CHECK(nothing(0, 0, random).empty());
  CHECK_THROWS_AS(static_cast<void>(nothing(0, 1, random)), sidera::value_error);
  sidera::user_histories const histories(table, 4);
  std::vector<code_t> out(4), few(3);
  CHECK_THROWS_AS(histories.fill(40, {}, 0, random, out), sidera::value_error);
  CHECK_THROWS_WITH_AS(histories.fill(1, {}, 0, random, few), "user_histories::fill: out has 3 places, expected 4",
                       sidera::shape_error);
  sidera::item_partners const partners(table);
  CHECK_THROWS_AS(static_cast<void>(partners.partner(partners.rows().size(), random)), sidera::value_error);
}
