// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <sidera/training/batch_order.hpp>
#include <sidera/training/take_rows.hpp>

using sidera::batch_order;

namespace {

std::vector<std::size_t> epoch_rows(batch_order& order, std::size_t epoch) {
  order.start(epoch);
  std::vector<std::size_t> all;
  for (std::size_t i = 0; i < order.batches(); ++i) all.insert(all.end(), order[i].begin(), order[i].end());
  return all;
}

}  // namespace

TEST_CASE("an epoch visits every row once, in an order that the seed and the epoch decide") {
  for (std::size_t const rows : {std::size_t{1}, std::size_t{7}, std::size_t{64}, std::size_t{100}}) {
    batch_order order(rows, 16, 5), same(rows, 16, 5), other(rows, 16, 6);
    auto const first = epoch_rows(order, 0), third = epoch_rows(order, 3);
    auto sorted = first;
    std::sort(sorted.begin(), sorted.end());
    for (std::size_t i = 0; i < rows; ++i) CHECK(sorted[i] == i);
    CHECK(epoch_rows(same, 3) == third);
    CHECK(epoch_rows(order, 0) == first);
    if (rows < 10) continue;
    CHECK(first != third);
    CHECK(epoch_rows(other, 0) != first);
  }
}

TEST_CASE("the last batch is short or left out") {
  batch_order keep(10, 4, 1), drop(10, 4, 1, sidera::last_batch::drop), large(3, 64, 1);
  CHECK(keep.batches() == 3);
  CHECK(keep[2].size() == 2);
  CHECK(drop.batches() == 2);
  CHECK(large.batches() == 1);
  CHECK(large[0].size() == 3);
  CHECK(batch_order(8, 4, 1).batches() == 2);
}

TEST_CASE("no rows, no batch and no full batch are refused") {
  CHECK_THROWS_WITH_AS(batch_order(0, 4, 1), "batch_order: there are no rows", sidera::value_error);
  CHECK_THROWS_WITH_AS(batch_order(4, 0, 1), "batch_order: the batch is 0", sidera::value_error);
  CHECK_THROWS_WITH_AS(batch_order(3, 4, 1, sidera::last_batch::drop), "batch_order: 3 rows do not fill a batch of 4",
                       sidera::value_error);
}

TEST_CASE("rows, sequences and lists of a batch") {
  sidera::matrix<float> x(6, 2);
  x << 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11;
  std::vector<int> const labels{0, 1, 2, 3, 4, 5};
  sidera::tape<float> t;
  std::vector<std::size_t> const rows{4, 0, 4};
  sidera::matrix<float> const taken = take_rows(t, x, rows).value();
  CHECK(taken == (sidera::matrix<float>(3, 2) << 8, 9, 0, 1, 8, 9).finished());
  std::vector<std::size_t> const samples{2, 0};
  sidera::matrix<float> const sequences = take_rows(t, x, samples, 2).value();
  CHECK(sequences == (sidera::matrix<float>(4, 2) << 8, 9, 10, 11, 0, 1, 2, 3).finished());
  auto const some = take_entries(t, labels, rows);
  CHECK(std::vector<int>(some.begin(), some.end()) == std::vector<int>{4, 0, 4});
  auto const pairs = take_entries(t, labels, samples, 2);
  CHECK(std::vector<int>(pairs.begin(), pairs.end()) == std::vector<int>{4, 5, 0, 1});
  std::vector<std::size_t> const bad{1, 6};
  CHECK_THROWS_AS((void)take_rows(t, x, bad), sidera::value_error);
  CHECK_THROWS_AS((void)take_rows(t, x, samples, 3), sidera::value_error);
  CHECK_THROWS_AS((void)take_entries(t, labels, bad), sidera::value_error);
  CHECK(take_rows(t, x, {}).rows() == 0);
}
