// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <set>
#include <sidera/codebooks/far_rows.hpp>
#include <sidera/codebooks/kmeans_plus_plus.hpp>
#include <sidera/core/thread_pool.hpp>

#include "normal_matrix.hpp"

namespace {

using namespace sidera;
using tests::normal_matrix;

float distance(matrix<float> const& x, std::size_t i, matrix<float> const& words, std::size_t j) {
  return squared_euclidean{}(std::span<float const>(row_span(x, static_cast<index_t>(i))),
                             std::span<float const>(row_span(words, static_cast<index_t>(j))));
}

/// Limits just above a distance: a pair that is left out although its distance is below is an error. Returns the share
/// of pairs that are visited.
double check_limits(matrix<float> const& x, matrix<float> const& words) {
  far_rows const rows(x, {});
  far_rows::few_words const some(rows, words);
  std::size_t visited = 0;
  for (std::size_t j = 0; j < row_count(words); ++j) {
    auto const limit = [&](std::size_t i) {
      return static_cast<double>(std::nextafter(distance(x, i, words, j), std::numeric_limits<float>::infinity()));
    };
    std::set<std::pair<std::size_t, std::size_t>> seen;
    rows.for_each_near(some, 0, row_count(x), limit, [&](std::size_t i, std::size_t t) { seen.insert({i, t}); });
    for (std::size_t i = 0; i < row_count(x); ++i) {
      CAPTURE(i);
      for (std::size_t t = 0; t < row_count(words); ++t)
        if (static_cast<double>(distance(x, i, words, t)) < limit(i)) REQUIRE(seen.count({i, t}) == 1);
    }
    visited += seen.size();
  }
  return static_cast<double>(visited) / static_cast<double>(row_count(x) * row_count(words) * row_count(words));
}

/// squared_euclidean under another name, which nothing is excluded for.
struct plain_squares {
  using representative_type = representative::mean;
  template <Scalar T>
  [[nodiscard]] T operator()(std::span<T const> a, std::span<T const> b) const noexcept {
    return squared_euclidean{}(a, b);
  }
  template <Scalar T>
  [[nodiscard]] double exact(std::span<T const> a, std::span<T const> b) const noexcept {
    return squared_euclidean{}.exact(a, b);
  }
};
static_assert(Divergence<plain_squares>);

/// Greedy k-means++ word by word.
matrix<float> by_definition(matrix<float> const& x, std::size_t words, std::size_t trials,
                            random_stream const& random) {
  std::vector<double> nearest(row_count(x), std::numeric_limits<double>::infinity());
  matrix<float> chosen(static_cast<index_t>(words), x.cols());
  std::vector<std::size_t> drawn{random.below(0, row_count(x))};
  for (std::size_t j = 0; j < words; ++j) {
    double least = std::numeric_limits<double>::infinity();
    std::vector<double> best;
    for (std::size_t const row : drawn) {
      std::vector<double> with = nearest;
      double total = 0;
      for (std::size_t i = 0; i < with.size(); ++i) {
        with[i] = std::min(with[i], static_cast<double>(distance(x, i, x, row)));
        total += with[i];
      }
      if (!best.empty() && !(total < least)) continue;
      least = total;
      best = with;
      chosen.row(static_cast<index_t>(j)) = x.row(static_cast<index_t>(row));
    }
    nearest = best;
    drawn.clear();
    for (std::size_t t = 0; t < trials; ++t) {
      double left = random.uniform((j + 1) * trials + t + 1) * least;
      std::size_t i = 0;
      while (i + 1 < nearest.size() && !((left -= nearest[i]) < 0)) ++i;
      drawn.push_back(i);
    }
  }
  return chosen;
}

}  // namespace

TEST_CASE("kmeans_plus_plus takes the rows that its definition names") {
  for (index_t const d : {3, 24}) {
    matrix<float> const x = normal_matrix<float>(333, d, 31);
    for (std::size_t const draws : {std::size_t{1}, std::size_t{5}, std::size_t{11}}) {
      CAPTURE(draws);
      kmeans_plus_plus const init{.draws = draws, .rows_per_word = 0};
      CHECK(init(matrix_cref<float>(x), 40, squared_euclidean{}, {.random = random_stream(8)}).words ==
            by_definition(x, 40, draws, random_stream(8)));
    }
  }
}

TEST_CASE("far_rows leaves out no pair whose distance is below the limit") {
  for (index_t const d : {1, 5, 16, 31, 64, 130}) {
    CAPTURE(d);
    check_limits(normal_matrix<float>(50, d, 1), normal_matrix<float>(7, d, 2));
  }
  check_limits(normal_matrix<float>(31, 24, 3),
               normal_matrix<float>(40, 24, 4));  // more words than a register, and than a panel
  for (double const offset : {10.0, 1e3, 1e6})
    check_limits(normal_matrix<float>(30, 32, 5, 1, offset), normal_matrix<float>(5, 32, 6, 1, offset));
  for (double const scale : {1e-42, 1e-30, 1e-19, 1e-12, 1e12, 1e18, 1e20, 1e37})
    check_limits(normal_matrix<float>(30, 20, 7, scale), normal_matrix<float>(5, 20, 8, scale));
  check_limits(normal_matrix<float>(30, 20, 7, 1e-3), normal_matrix<float>(5, 20, 8, 1e15));
  check_limits(normal_matrix<float>(30, 20, 7, 1e15), normal_matrix<float>(5, 20, 8, 1e-3));
}

TEST_CASE("far_rows leaves out most pairs of clusters that are apart") {
  matrix<float> x = normal_matrix<float>(400, 32, 9, 0.1), words(8, 32);
  for (index_t i = 0; i < 400; ++i) x(i, i % 8) += 5;
  for (index_t j = 0; j < 8; ++j) words.row(j) = x.row(j);
  CHECK(check_limits(x, words) < (simd::first_pass_panels::pays(32) ? 1.0 : 1.01));
  far_rows const rows(x, {});
  std::size_t near = 0;
  rows.for_each_near(
      far_rows::few_words(rows, words), 0, 400, [](std::size_t) { return 10.0; },
      [&](std::size_t, std::size_t) { ++near; });
  if (simd::first_pass_panels::pays(32)) CHECK(near == 400);  // each row its own cluster's word
}

TEST_CASE("kmeans_plus_plus chooses the rows that it chooses when no distance is left out") {
  thread_pool pool(3);
  for (index_t const d : {2, 16, 45}) {
    CAPTURE(d);
    matrix<float> x = normal_matrix<float>(700, d, 21);
    for (index_t i = 0; i < 700; ++i)
      x.row(i) += 3 * normal_matrix<float>(1, d, static_cast<std::uint64_t>(100 + i % 20)).row(0);
    for (std::size_t const draws : {std::size_t{0}, std::size_t{1}, std::size_t{8}, std::size_t{19}}) {
      CAPTURE(draws);
      kmeans_plus_plus const init{.draws = draws, .rows_per_word = 0};
      initialiser_context const context{.random = random_stream(4)},
          threaded{.random = random_stream(4), .previous_codes = {}, .executor = pool};
      auto const with = init(matrix_cref<float>(x), 60, squared_euclidean{}, context).words;
      CHECK(with == init(matrix_cref<float>(x), 60, plain_squares{}, context).words);
      CHECK(with == init(matrix_cref<float>(x), 60, squared_euclidean{}, threaded).words);
      std::vector<double> weights(700);
      for (std::size_t i = 0; i < 700; ++i) weights[i] = static_cast<double>(i % 3) * 0.7;
      CHECK(init.from_weighted(matrix_cref<float>(x), weights, 60, squared_euclidean{}, context).words ==
            init.from_weighted(matrix_cref<float>(x), weights, 60, plain_squares{}, context).words);
    }
  }
}
