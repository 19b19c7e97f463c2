// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <sidera/codebooks/word_search.hpp>
#include <sidera/core/random.hpp>
#include <sidera/core/thread_pool.hpp>
#include <sidera/metrics/cosine.hpp>
#include <sidera/metrics/inner_product.hpp>
#include <sidera/metrics/manhattan.hpp>
#include <sidera/metrics/squared_euclidean.hpp>
#include <sidera/metrics/weighted_squared_euclidean.hpp>

#include "normal_matrix.hpp"

namespace {

using namespace sidera;
using tests::normal_matrix;

/// All words by distance in double, ties to the lower index.
template <Scalar T, class M>
std::vector<code_t> brute_force(matrix<T> const& x, index_t i, matrix<T> const& words, M const& metric) {
  std::vector<std::pair<double, code_t>> all;
  for (code_t j = 0; j < words.rows(); ++j)
    all.emplace_back(exact_distance(metric, std::span<T const>(row_span(x, i)), std::span<T const>(row_span(words, j))),
                     j);
  std::sort(all.begin(), all.end());
  std::vector<code_t> order;
  for (auto const& [distance, code] : all) order.push_back(code);
  return order;
}

template <Scalar T, class M>
void check_against_brute_force(matrix<T> const& x, matrix<T> const& words, M const& metric) {
  word_search<T, M> const search(words, metric);
  std::vector<code_t> codes(row_count(x));
  search.nearest(x, codes);
  code_matrix nearest(x.rows(), std::min<index_t>(words.rows(), 5));
  search.nearest_k(x, nearest);
  for (index_t i = 0; i < x.rows(); ++i) {
    auto const order = brute_force(x, i, words, metric);
    REQUIRE(codes[static_cast<std::size_t>(i)] == order[0]);
    for (index_t k = 0; k < nearest.cols(); ++k) REQUIRE(nearest(i, k) == order[static_cast<std::size_t>(k)]);
  }
}

template <Scalar T>
void check_all_metrics(matrix<T> const& x, matrix<T> const& words) {
  check_against_brute_force(x, words, squared_euclidean{});
  check_against_brute_force(x, words, cosine{});
  check_against_brute_force(x, words, inner_product{});
  std::vector<double> weights(column_count(x));
  for (std::size_t d = 0; d < weights.size(); ++d) weights[d] = 0.25 * static_cast<double>(d % 5);
  check_against_brute_force(x, words, weighted_squared_euclidean{weights});
}

/// A user's metric: the largest difference of a coordinate.
struct chebyshev {
  template <Scalar T>
  [[nodiscard]] T operator()(std::span<T const> a, std::span<T const> b) const {
    T most = 0;
    for (std::size_t d = 0; d < a.size(); ++d) most = std::max(most, std::abs(a[d] - b[d]));
    return most;
  }
};
static_assert(Metric<chebyshev> && !LinearMetric<chebyshev>);

}  // namespace

TEST_CASE("word_search equals brute force in double for all widths from 1 to 70") {
  for (index_t d = 1; d <= 70; ++d) {
    auto const x = normal_matrix<float>(40, d, 1), words = normal_matrix<float>(19, d, 2);
    CAPTURE(d);
    check_against_brute_force(x, words, squared_euclidean{});
    if (d % 9 == 0) check_all_metrics(x, words);
    if (d % 9 == 0) check_all_metrics<double>(x.cast<double>(), words.cast<double>());
  }
}

TEST_CASE("word_search equals brute force for all word counts around the panel size") {
  for (index_t k : {1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 32, 33, 47, 48, 49, 64, 65}) {
    CAPTURE(k);
    check_against_brute_force(normal_matrix<float>(30, 24, 3), normal_matrix<float>(k, 24, 4), squared_euclidean{});
  }
}

TEST_CASE("word_search with more words than the second-level cache holds") {
  check_against_brute_force(normal_matrix<float>(60, 96, 5), normal_matrix<float>(3000, 96, 6), squared_euclidean{});
  for (index_t const rows : {1, 12, 13, 24, 31, 100})  // long words: of a tile of rows, or two
    check_against_brute_force(normal_matrix<float>(rows, 520, 5), normal_matrix<float>(900, 520, 6),
                              squared_euclidean{});
}

TEST_CASE("word_search far from the origin") {
  for (double const offset : {0.0, 10.0, 100.0, 1000.0, 1e4, 1e6}) {
    CAPTURE(offset);
    auto const x = normal_matrix<float>(200, 33, 7, 1, offset), words = normal_matrix<float>(40, 33, 8, 1, offset);
    check_all_metrics(x, words);
    check_all_metrics<double>(x.cast<double>(), words.cast<double>());
  }
}

TEST_CASE("word_search decides near ties at the rounding bound as double does") {
  auto words = normal_matrix<float>(2, 64, 9);
  matrix<float> x(400, 64);
  random_stream const random(10);
  for (index_t i = 0; i < x.rows(); ++i) {  // rows on, or a hair beside, the plane between the two words
    double const side = std::ldexp(random.uniform(static_cast<std::uint64_t>(i)) - 0.5, -static_cast<int>(i % 40));
    x.row(i) = ((0.5 + side) * words.row(0).cast<double>() + (0.5 - side) * words.row(1).cast<double>()).cast<float>();
    x.row(i) += 100 * normal_matrix<float>(1, 64, 100 + static_cast<std::uint64_t>(i)) * static_cast<float>(i % 3 == 0);
  }
  check_all_metrics(x, words);
}

TEST_CASE("word_search: duplicated words, equal rows and zero rows go to the lowest index") {
  for (index_t const dim : {12, 20}) {  // without the integer pass and with it
    auto words = normal_matrix<float>(50, dim, 11);
    for (index_t j = 0; j < 50; ++j) words.row(j) = words.row(j % 7).eval();
    check_all_metrics(normal_matrix<float>(100, dim, 12), words);
    matrix<float> const zeros = matrix<float>::Zero(30, dim);
    check_all_metrics(zeros, words);
    check_all_metrics(zeros, zeros);
    matrix<float> const ones = matrix<float>::Ones(30, dim);
    check_all_metrics(ones, ones);
  }
}

TEST_CASE("word_search: words that integers of one scale cannot tell apart") {
  for (double const outlier : {1e2, 1e4, 1e6, 1e12}) {  // the larger it is, the coarser are all others
    CAPTURE(outlier);
    auto const x = normal_matrix<float>(300, 24, 61);
    auto words = normal_matrix<float>(90, 24, 62);
    words(17, 3) = static_cast<float>(outlier);
    check_all_metrics(x, words);
    auto far = x;  // rows of which one entry drowns the others
    for (index_t i = 0; i < far.rows(); i += 2) far(i, i % 24) = static_cast<float>(outlier);
    check_all_metrics(far, normal_matrix<float>(90, 24, 62));
    check_all_metrics(far, words);
  }
  auto words = normal_matrix<float>(90, 24, 63, 1e-4);  // all words are close to each other
  words.rowwise() += normal_matrix<float>(1, 24, 64).row(0);
  check_all_metrics(normal_matrix<float>(300, 24, 65), words);
}

TEST_CASE("word_search with integers: exact ties are frequent and resolved to the lowest index") {
  random_stream const random(13);
  for (index_t const dim : {6, 17}) {
    matrix<float> x(300, dim), words(40, dim);
    for (index_t i = 0; i < x.size(); ++i)
      x.data()[i] = static_cast<float>(random.below(static_cast<std::uint64_t>(i), 4));
    for (index_t i = 0; i < words.size(); ++i)
      words.data()[i] = static_cast<float>(random.below(100000 + static_cast<std::uint64_t>(i), 4));
    check_all_metrics(x, words);
  }
}

TEST_CASE("word_search over the whole range of float") {
  for (double const scale : {1e-42, 1e-38, 1e-30, 1e-20, 1e15, 1e18, 1e19, 1e30, 1e37}) {
    CAPTURE(scale);
    for (index_t const dim : {9, 19})
      check_all_metrics(normal_matrix<float>(50, dim, 14, scale), normal_matrix<float>(20, dim, 15, scale));
  }
  for (index_t const dim : {9, 19}) {
    auto x = normal_matrix<float>(90, dim, 16), words = normal_matrix<float>(30, dim, 17);
    for (index_t i = 0; i < x.rows(); ++i) x.row(i) *= std::pow(10.0f, static_cast<float>(i % 60 - 30));
    for (index_t j = 0; j < words.rows(); ++j) words.row(j) *= std::pow(10.0f, static_cast<float>(2 * j - 30));
    check_all_metrics(x, words);
  }
}

TEST_CASE("word_search by Manhattan distance: sizes, offsets, near ties, duplicates, the whole range of float") {
  for (index_t d : {1, 2, 7, 8, 9, 31, 33, 70})
    check_against_brute_force(normal_matrix<float>(60, d, 18), normal_matrix<float>(19, d, 19), manhattan{});
  for (double const offset : {10.0, 1e4, 1e6})
    check_against_brute_force(normal_matrix<float>(100, 13, 18, 1, offset), normal_matrix<float>(40, 13, 19, 1, offset),
                              manhattan{});
  for (double const scale : {1e-44, 1e-38, 1e-20, 1e18, 1e30, 1e37}) {
    CAPTURE(scale);
    auto const x = normal_matrix<float>(50, 9, 14, scale), words = normal_matrix<float>(20, 9, 15, scale);
    check_against_brute_force(x, words, manhattan{});
    check_against_brute_force<double>(x.cast<double>() * 1e200, words.cast<double>() * 1e200, manhattan{});
  }
  auto words = normal_matrix<float>(50, 12, 11);
  for (index_t j = 0; j < 50; ++j) words.row(j) = words.row(j % 7).eval();
  check_against_brute_force(normal_matrix<float>(100, 12, 12), words, manhattan{});
  matrix<float> x = normal_matrix<float>(300, 12, 13);
  for (index_t i = 0; i < x.rows(); ++i)  // a hair beside the middle of two words
    x.row(i) = (0.5f + std::ldexp(1.0f, -static_cast<int>(i % 30) - 2)) * words.row(0) + 0.5f * words.row(1);
  check_against_brute_force(x, words, manhattan{});
}

TEST_CASE("word_search by a metric of the user's own") {
  check_against_brute_force(normal_matrix<float>(60, 13, 18), normal_matrix<float>(17, 13, 19), chebyshev{});
}

TEST_CASE("word_search: words that differ by less than a float can say, far rows") {
  // Directions with denormal entries against rows of 1e30: what their rounding loses is more than the smallest normal.
  for (index_t const dim : {8, 16}) {
    auto words = normal_matrix<float>(20, dim, 24, 1e-42), x = normal_matrix<float>(100, dim, 25, 1e30);
    check_all_metrics(x, words);
    // Words that agree in all but the last bits, at 1e4.
    words = normal_matrix<float>(20, dim, 26, 1e-3, 1e4);
    check_all_metrics(normal_matrix<float>(100, dim, 27, 1, 1e4), words);
    check_all_metrics(normal_matrix<float>(100, dim, 28, 1e3), words);
  }
  check_all_metrics<double>(normal_matrix<double>(100, 8, 29, 1e-160), normal_matrix<double>(20, 8, 30, 1e-160));
  check_all_metrics<double>(normal_matrix<double>(100, 8, 29, 1e149), normal_matrix<double>(20, 8, 30, 1e152));
  check_against_brute_force<double>(normal_matrix<double>(100, 8, 29, 1e160), normal_matrix<double>(20, 8, 30, 1e150),
                                    squared_euclidean{});  // all distances are infinite: a tie
}

TEST_CASE("word_search: a word that is no number is never the nearest") {
  float const nan = std::numeric_limits<float>::quiet_NaN(), inf = std::numeric_limits<float>::infinity();
  for (float const bad : {nan, inf, -inf})
    for (index_t const dim : {5, 16}) {
      auto words = normal_matrix<float>(10, dim, 31);
      words(0, 2) = bad;
      words(7, 4) = bad;
      auto const x = normal_matrix<float>(40, dim, 32);
      auto const finite = [&](auto metric) {
        std::vector<code_t> codes(40);
        word_search<float, decltype(metric)>(words, metric).nearest(x, codes);
        for (code_t const c : codes) CHECK((c != 0 && c != 7));
      };
      finite(squared_euclidean{});
      finite(manhattan{});
    }
}

TEST_CASE("word_search: distances on request are those of the chosen words") {
  auto const x = normal_matrix<float>(500, 21, 33), words = normal_matrix<float>(70, 21, 34);
  word_search<float, cosine> const search(words, {});
  std::vector<code_t> codes(500), plain(500);
  std::vector<double> distances(500), too_few(499);
  thread_pool pool(2);
  search.nearest(x, codes, distances, pool);
  search.nearest(x, plain);
  CHECK(codes == plain);
  for (std::size_t i = 0; i < 500; ++i)
    CHECK(distances[i] == search.distance_to(row_span(x, static_cast<index_t>(i)), codes[i]));
  CHECK_THROWS_AS(search.nearest(x, codes, too_few), shape_error);
}

TEST_CASE("word_search gives the same codes for any number of threads and with the caller's memory") {
  auto const x = normal_matrix<float>(3000, 20, 20), words = normal_matrix<float>(100, 20, 21);
  word_search<float, squared_euclidean> const search(words, {});
  std::vector<code_t> serial(3000);
  search.nearest(x, serial);
  for (std::size_t const threads : {2u, 3u, 4u}) {
    thread_pool pool(threads);
    std::vector<code_t> codes(3000);
    search.nearest(x, codes, pool);
    CHECK(codes == serial);
  }
  word_search<float, squared_euclidean>::workspace memory;
  std::vector<code_t> codes(3000);
  search.nearest(x, codes, memory);
  CHECK(codes == serial);
}

TEST_CASE("word_search takes blocks of a larger matrix, no rows, and refuses what does not fit") {
  matrix<float> const wide = normal_matrix<float>(50, 30, 22);
  matrix<float> const x = wide.middleCols(3, 11), words = normal_matrix<float>(9, 11, 23);
  word_search<float, squared_euclidean> const search(words, {});
  std::vector<code_t> whole(50), part(50), none;
  search.nearest(x, whole);
  search.nearest(wide.middleCols(3, 11), part);
  CHECK(whole == part);
  search.nearest(x.topRows(0), none);
  CHECK_THROWS_AS(search.nearest(wide, part), shape_error);
  CHECK_THROWS_AS(search.nearest(x, none), shape_error);
  code_matrix too_many(50, 10);
  CHECK_THROWS_AS(search.nearest_k(x, too_many), shape_error);
  CHECK_THROWS_AS((word_search<float, squared_euclidean>(matrix<float>(0, 3), {})), shape_error);
}
