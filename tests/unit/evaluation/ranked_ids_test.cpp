// SPDX-License-Identifier: MIT
/// \file  Recall of IDs that several items share, against the mean over all orders.
#include <doctest/doctest.h>

#include <sidera/core/random.hpp>
#include <sidera/evaluation/ranked_ids.hpp>

namespace {

using sidera::code_t;

struct list {
  std::vector<double> relevance, score;
  std::vector<code_t> id;
};

list random_list(std::size_t n, std::size_t ids, std::uint64_t seed) {
  sidera::random_stream const random(seed);
  list l;
  for (std::size_t i = 0; i < n; ++i) {
    l.relevance.push_back(random.uniform(i) < .4 ? 1 : 0);
    l.score.push_back(random.fork(1).uniform(i));
    l.id.push_back(static_cast<code_t>(random.fork(2).below(i, ids)));
  }
  return l;
}

/// Recall@k with all items of an ID at the score of its best one, averaged over every order of the items.
double mean_over_orders(list const& l, std::size_t k) {
  std::vector<std::size_t> order(l.id.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  double sum = 0, count = 0;
  do {
    std::vector<double> relevance, score;
    for (std::size_t const i : order) {
      double best = 0;
      for (std::size_t j = 0; j < l.id.size(); ++j)
        if (l.id[j] == l.id[i]) best = std::max(best, l.score[j]);
      relevance.push_back(l.relevance[i]);
      score.push_back(best);
    }
    sum += sidera::recall_at(relevance, score, k);  // equal scores: in the order of the input
    count += 1;
  } while (std::next_permutation(order.begin(), order.end()));
  return sum / count;
}

}  // namespace

TEST_CASE("item recall under collisions is the mean over the orders of the items of an ID") {
  std::size_t differ = 0;
  for (std::uint64_t seed = 0; seed < 6; ++seed)
    for (std::size_t k = 1; k <= 8; ++k) {
      list const l = random_list(7, 3, seed);
      auto const r = sidera::recall_of_ids_at(l.relevance, l.score, l.id, k);
      CHECK(std::abs(r.items - mean_over_orders(l, k)) < 1e-12);
      CHECK(r.ids >= r.items);
      differ += r.ids > r.items + 1e-9;
    }
  CHECK(differ > 5);
}

TEST_CASE("without collisions all recalls agree") {
  list l = random_list(40, 3, 9);
  std::iota(l.id.begin(), l.id.end(), code_t{100});
  for (std::size_t const k : std::vector<std::size_t>{1, 5, 39, 40, 50}) {
    auto const r = sidera::recall_of_ids_at(l.relevance, l.score, l.id, k);
    CHECK(std::abs(r.items - sidera::recall_at(l.relevance, l.score, k)) < 1e-12);
    CHECK(std::abs(r.ids - r.items) < 1e-12);
  }
}

TEST_CASE("one ID for all items finds everything by name and the share k of n in truth") {
  list l = random_list(20, 1, 3);
  auto const r = sidera::recall_of_ids_at(l.relevance, l.score, l.id, 5);
  CHECK(r.ids == 1);
  CHECK(std::abs(r.items - .25) < 1e-12);
  std::fill(l.relevance.begin(), l.relevance.end(), 0);
  CHECK(sidera::recall_of_ids_at(l.relevance, l.score, l.id, 5).ids == 0);
  CHECK_THROWS_AS(static_cast<void>(sidera::recall_of_ids_at(l.relevance, l.score, l.id, 0)), sidera::value_error);
  l.id.pop_back();
  CHECK_THROWS_AS(static_cast<void>(sidera::recall_of_ids_at(l.relevance, l.score, l.id, 5)), sidera::shape_error);
}
