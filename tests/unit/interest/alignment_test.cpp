// SPDX-License-Identifier: MIT
/// \file  Items that the same users take move together; what must not be seen is not.
#include <doctest/doctest.h>

#include <sidera/core/thread_pool.hpp>
#include <sidera/interest/item_alignment.hpp>

namespace {

using sidera::code_t;
using sidera::data_part;
using sidera::index_t;
using sidera::matrix;

constexpr std::size_t items = 60, groups = 3;

/// Users take items of one group, i mod 3, in training; in the test part they take items of all groups.
sidera::interaction_table grouped_table(std::uint64_t test_seed = 7) {
  sidera::interaction_table table{90, items, false, {}};
  sidera::random_stream const random(3), test(test_seed);
  for (std::size_t u = 0; u < table.users; ++u)
    for (std::size_t i = 0; i < 8; ++i) {
      auto const item = groups * random.fork(u).below(i, items / groups) + u % groups;
      table.rows.push_back({static_cast<code_t>(u), static_cast<code_t>(item), data_part::train, 1, 0});
      table.rows.push_back(
          {static_cast<code_t>(u), static_cast<code_t>(test.fork(u).below(i, items)), data_part::test, 1, 0});
    }
  return table;
}

/// The group shows in two of eight columns, weakly; the rest is noise.
matrix<float> noisy_items() {
  matrix<float> x(items, 8);
  for (index_t i = 0; i < x.size(); ++i)
    x.data()[i] = static_cast<float>(sidera::random_stream(4).normal(static_cast<std::uint64_t>(i)));
  for (index_t i = 0; i < x.rows(); ++i)
    for (index_t d = 0; d < 2; ++d)
      x(i, d) = .3f * x(i, d) + static_cast<float>(i % 3 == d) - static_cast<float>(i % 3 == 2) * .5f;
  return x;
}

/// Mean cosine of pairs of one group minus that of other pairs.
double separation(matrix<float> const& z) {
  double same = 0, other = 0, n = 0, m = 0;
  for (index_t i = 0; i < z.rows(); ++i)
    for (index_t j = 0; j < i; ++j) {
      double const cosine = static_cast<double>(z.row(i).dot(z.row(j)) / (z.row(i).norm() * z.row(j).norm()));
      (i % 3 == j % 3 ? same : other) += cosine;
      (i % 3 == j % 3 ? n : m) += 1;
    }
  return same / n - other / m;
}

sidera::item_alignment_options const options{.dim = 4, .epochs = 20, .batch = 32, .learning_rate = 1e-2, .seed = 1};

}  // namespace

TEST_CASE("aligned items are nearer to those that the same users take") {
  matrix<float> const x = noisy_items();
  sidera::item_alignment<float> align(options);
  auto const losses = align.fit(x, grouped_table());
  REQUIRE(losses.size() == 20);
  CHECK(losses.back() < losses.front());
  matrix<float> const z = align(x);
  CHECK(z.cols() == 4);
  CHECK(std::abs(z.rowwise().norm().mean() - 1) < 1e-6f);
  CHECK(separation(x) < .5);
  CHECK(separation(z) > separation(x) + .5);
}

TEST_CASE("alignment sees training interactions only, and is the same for every number of threads") {
  matrix<float> const x = noisy_items();
  sidera::item_alignment<float> one(options), two(options), three({.dim = 4, .epochs = 20, .batch = 32, .seed = 2});
  sidera::thread_pool pool(3);
  one.fit(x, grouped_table(7));
  two.fit(x, grouped_table(8), pool);
  three.fit(x, grouped_table(7));
  CHECK(one(x) == two(x));
  CHECK(one(x) != three(x));
}

TEST_CASE("partners are other training items of the same user") {
  auto table = grouped_table();
  table.rows.push_back({89, 0, data_part::train, 1, 0});
  table.users = 91;
  table.rows.push_back({90, 5, data_part::train, 1, 0});  // alone: has no partner, is no row
  sidera::item_partners const partners(table);
  CHECK(partners.rows().size() == 90 * 8 + 1);
  std::size_t others = 0;
  for (std::size_t row = 0; row < 90 * 8; ++row) {
    auto const [user, item] = partners.rows()[row];
    code_t const other = partners.partner(row, sidera::random_stream(1));
    if (user != 89) CHECK(other % 3 == user % 3);
    others += other != item;
  }
  CHECK(others == 90 * 8);
}

TEST_CASE("alignment refuses what it cannot align") {
  matrix<float> x = noisy_items();
  sidera::item_alignment<float> align(options);
  CHECK_THROWS_AS(static_cast<void>(align(x)), sidera::not_fitted_error);
  auto table = grouped_table();
  CHECK_THROWS_AS(align.fit(x.topRows(10), table), sidera::shape_error);
  table.rows[4].item = items;
  CHECK_THROWS_WITH_AS(align.fit(x, table), "item_alignment::fit: table row 4 has item 60 of 60", sidera::value_error);
  std::erase_if(table.rows, [](auto const& row) { return row.part == data_part::train; });
  CHECK_THROWS_AS(align.fit(x, table), sidera::value_error);
  x(7, 1) = std::numeric_limits<float>::quiet_NaN();
  CHECK_THROWS_AS(align.fit(x, grouped_table()), sidera::value_error);
  CHECK_THROWS_AS(static_cast<void>(align(x)), sidera::not_fitted_error);
}
