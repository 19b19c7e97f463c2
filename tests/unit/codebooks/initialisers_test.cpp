// SPDX-License-Identifier: MIT
#include <algorithm>
#include <laws/sample_data.hpp>
#include <set>
#include <sidera/codebooks/given_words.hpp>
#include <sidera/codebooks/kmeans_parallel.hpp>
#include <sidera/codebooks/kmeans_plus_plus.hpp>
#include <sidera/codebooks/previous_level.hpp>
#include <sidera/codebooks/progressive_dimensions.hpp>
#include <sidera/codebooks/random_rows.hpp>
#include <sidera/core/thread_pool.hpp>

using namespace sidera;

namespace {

/// The row of x that equals word j, or -1.
template <Scalar T>
index_t row_of_word(matrix<T> const& x, codebook<T> const& book, index_t j) {
  for (index_t i = 0; i < x.rows(); ++i)
    if (x.row(i) == book.words.row(j)) return i;
  return -1;
}

template <class Initialiser>
std::set<index_t> chosen_rows(Initialiser const& init, matrix<float> const& x, std::size_t words, std::uint64_t seed) {
  codebook<float> const book = init(matrix_cref<float>(x), words, squared_euclidean{}, {random_stream(seed)});
  std::set<index_t> rows;
  for (index_t j = 0; j < book.words.rows(); ++j) rows.insert(row_of_word(x, book, j));
  return rows;
}

}  // namespace

TEST_CASE("random_rows: different rows, a function of the seed, every row when there are as many words") {
  auto const x = laws::gaussian<float>(30, 3, 1);
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    auto const rows = chosen_rows(random_rows{}, x, 12, seed);
    CHECK(rows.size() == 12);
    CHECK(!rows.contains(-1));
    CHECK(rows == chosen_rows(random_rows{}, x, 12, seed));
  }
  CHECK(chosen_rows(random_rows{}, x, 12, 1) != chosen_rows(random_rows{}, x, 12, 2));
  CHECK(chosen_rows(random_rows{}, x, 30, 1).size() == 30);
}

TEST_CASE("kmeans_plus_plus: one word from each of well separated clusters, whatever the seed") {
  auto const x = laws::clustered<float>(200, 4, 8, 2, 0.01);
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    std::set<index_t> clusters;
    for (index_t const row : chosen_rows(kmeans_plus_plus{}, x, 8, seed)) clusters.insert(row % 8);
    CHECK(clusters.size() == 8);
  }
}

TEST_CASE("kmeans_plus_plus: threads and thinning do not decide who is drawn by chance") {
  auto const x = laws::gaussian<float>(5000, 3, 3);
  thread_pool pool(4);
  for (std::size_t const rows_per_word : {0u, 16u}) {
    kmeans_plus_plus const init{.rows_per_word = rows_per_word};
    auto const alone = init(matrix_cref<float>(x), 40, squared_euclidean{}, {random_stream(4)});
    auto const together =
        init(matrix_cref<float>(x), 40, squared_euclidean{}, {.random = random_stream(4), .executor = pool});
    CHECK(alone.words == together.words);
    std::set<index_t> rows;
    for (index_t j = 0; j < 40; ++j) rows.insert(row_of_word(x, alone, j));
    CHECK(rows.size() == 40);
    CHECK(!rows.contains(-1));
  }
}

TEST_CASE("kmeans_plus_plus: rows of 1e30 and 1e-30 are told apart as others are") {
  auto const base = laws::clustered<float>(60, 4, 5, 5, 0.01);
  auto const usual = chosen_rows(kmeans_plus_plus{}, base, 5, 6);
  std::set<index_t> clusters;
  for (float const size : {1e30f, 1e-30f}) {
    matrix<float> const x = size * base;
    clusters.clear();
    for (index_t const row : chosen_rows(kmeans_plus_plus{}, x, 5, 6)) clusters.insert(row % 5);
    CHECK(clusters.size() == 5);
  }
}

TEST_CASE("kmeans_plus_plus: fewer distinct rows than words") {
  matrix<float> const x = laws::gaussian<float>(2, 3, 7).replicate(10, 1);
  auto const rows = chosen_rows(kmeans_plus_plus{}, x, 6, 8);
  CHECK(rows == std::set<index_t>{0, 1});
  matrix<float> const zeros = matrix<float>::Zero(10, 3);
  CHECK(chosen_rows(kmeans_plus_plus{}, zeros, 4, 9) == std::set<index_t>{0});
}

TEST_CASE("from_weighted: a row that counts n times is n rows, and rows that count nothing are not drawn") {
  auto const x = laws::gaussian<float>(40, 3, 31);
  std::vector<double> weights(40, 0);
  for (std::size_t i = 0; i < 40; i += 4) weights[i] = 1 + static_cast<double>(i % 3);
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    auto const book =
        kmeans_plus_plus{}.from_weighted(matrix_cref<float>(x), weights, 6, squared_euclidean{}, {random_stream(seed)});
    for (index_t j = 0; j < 6; ++j) CHECK(row_of_word(x, book, j) % 4 == 0);
  }
  // Two rows of which one counts a thousand times: the first word is nearly always that one.
  matrix<float> const two = laws::gaussian<float>(2, 3, 32);
  std::size_t heavy = 0;
  for (std::uint64_t seed = 1; seed <= 100; ++seed)
    heavy += static_cast<std::size_t>(
        row_of_word(two,
                    kmeans_plus_plus{}.from_weighted(matrix_cref<float>(two), std::vector<double>{1, 1000}, 1,
                                                     squared_euclidean{}, {random_stream(seed)}),
                    0));
  CHECK(heavy >= 95);
}

TEST_CASE("kmeans_parallel: one word from each of well separated clusters, however unequal, whatever the seed") {
  auto x = laws::clustered<float>(2000, 4, 8, 2, 0.01);
  for (index_t i = 0; i < 2000; ++i)
    if (i % 8 != 0 && i >= 40) x.row(i) = x.row(i % 8 == 1 ? 1 : 8 * (i / 8));  // clusters of 1720, 250 and 5 rows
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    auto const book = kmeans_parallel{}(matrix_cref<float>(x), 8, squared_euclidean{}, {random_stream(seed)});
    std::set<index_t> clusters;
    for (index_t j = 0; j < 8; ++j) clusters.insert(row_of_word(x, book, j) % 8);
    CHECK(clusters.size() == 8);
  }
}

TEST_CASE("kmeans_parallel: a function of the seed, for any number of threads") {
  auto const x = laws::gaussian<float>(5000, 3, 3);
  thread_pool pool(4);
  auto const words = [&](std::uint64_t seed, executor_ref executor) {
    return kmeans_parallel{}(matrix_cref<float>(x), 40, squared_euclidean{},
                             {.random = random_stream(seed), .executor = executor})
        .words;
  };
  auto const alone = words(4, {});
  CHECK(alone == words(4, pool));
  CHECK(alone != words(5, {}));
  std::set<index_t> rows;
  for (index_t j = 0; j < 40; ++j) rows.insert(row_of_word(x, codebook<float>{alone}, j));
  CHECK(rows.size() == 40);
  CHECK(!rows.contains(-1));
}

TEST_CASE("kmeans_parallel: nearer to the rows than k-means++ on a thin sample, with far rows that a sample misses") {
  matrix<float> x = laws::gaussian<float>(6000, 3, 33);
  for (index_t i = 0; i < 6000; i += 600) x.row(i).array() += 200 + static_cast<float>(i);
  auto const error = [&](auto const& init) {
    double total = 0;
    for (std::uint64_t seed = 1; seed <= 3; ++seed) {
      codebook<float> const book = init(matrix_cref<float>(x), 32, squared_euclidean{}, {random_stream(seed)});
      std::vector<code_t> codes(6000);
      std::vector<double> distances(6000);
      word_search<float, squared_euclidean>(book.words, {}).nearest(x, codes, distances);
      total += std::accumulate(distances.begin(), distances.end(), 0.0);
    }
    return total;
  };
  CHECK(error(kmeans_parallel{}) < 0.1 * error(kmeans_plus_plus{.rows_per_word = 16}));
}

TEST_CASE("kmeans_parallel: rounds go on until there are candidates enough; fewer distinct rows than words") {
  auto const x = laws::gaussian<float>(300, 3, 34);
  CHECK(chosen_rows(kmeans_parallel{.oversampling = 0.05, .rounds = 1}, x, 60, 1).size() == 60);
  CHECK(chosen_rows(kmeans_parallel{}, x, 300, 1).size() == 300);
  matrix<float> const few = laws::gaussian<float>(2, 3, 7).replicate(10, 1);
  CHECK(chosen_rows(kmeans_parallel{}, few, 6, 8) == std::set<index_t>{0, 1});
  matrix<float> const zeros = matrix<float>::Zero(10, 3);
  CHECK(chosen_rows(kmeans_parallel{}, zeros, 4, 9) == std::set<index_t>{0});
  CHECK_THROWS_AS((void)chosen_rows(kmeans_parallel{.oversampling = 0}, x, 4, 1), value_error);
}

TEST_CASE("progressive_dimensions: in one step, the means of the cells of k-means++ after one pass") {
  auto const x = laws::clustered<double>(60, 5, 6, 21, 0.01);
  auto const book = progressive_dimensions{.steps = 1, .iterations = 1}(matrix_cref<double>(x), 6, squared_euclidean{},
                                                                        {random_stream(3)});
  matrix<double> means = matrix<double>::Zero(6, 5);  // rows of a cluster are those of equal remainder
  for (index_t i = 0; i < 60; ++i) means.row(i % 6) += x.row(i) / 10;
  for (index_t j = 0; j < 6; ++j) {
    matrix<double> const gaps = (means.rowwise() - book.words.row(j)).rowwise().squaredNorm();
    CHECK(gaps.minCoeff() < 1e-20);
  }
}

TEST_CASE("progressive_dimensions: nearer to the rows than k-means++ where few of many directions matter") {
  matrix<float> const directions = laws::gaussian<float>(3, 48, 22);
  matrix<float> const x = laws::gaussian<float>(2000, 3, 23) * directions + 0.3f * laws::gaussian<float>(2000, 48, 24);
  auto const error = [&](auto const& init) {
    codebook<float> const book = init(matrix_cref<float>(x), 32, squared_euclidean{}, {random_stream(5)});
    std::vector<code_t> codes(2000);
    std::vector<double> distances(2000);
    word_search<float, squared_euclidean>(book.words, {}).nearest(x, codes, distances);
    return std::accumulate(distances.begin(), distances.end(), 0.0);
  };
  CHECK(error(progressive_dimensions{}) < 0.8 * error(kmeans_plus_plus{}));
}

TEST_CASE("progressive_dimensions: equal words for any number of threads, thinned or not") {
  auto const x = laws::gaussian<float>(3000, 12, 25);
  thread_pool pool(4);
  for (std::size_t const rows_per_word : {0u, 32u}) {
    progressive_dimensions const init{.rows_per_word = rows_per_word};
    auto const alone = init(matrix_cref<float>(x), 20, squared_euclidean{}, {random_stream(4)});
    auto const together =
        init(matrix_cref<float>(x), 20, squared_euclidean{}, {.random = random_stream(4), .executor = pool});
    CHECK(alone.words == together.words);
  }
}

TEST_CASE("progressive_dimensions: one column, equal rows, fewer rows than columns") {
  for (matrix<float> const& x : {laws::gaussian<float>(40, 1, 26), matrix<float>(matrix<float>::Constant(40, 3, 2.0f)),
                                 laws::gaussian<float>(8, 30, 27)}) {
    auto const book = progressive_dimensions{}(matrix_cref<float>(x), 8, squared_euclidean{}, {random_stream(4)});
    CHECK(book.words.rows() == 8);
    CHECK(book.words.cols() == x.cols());
    CHECK(book.words.allFinite());
    CHECK(book.words.maxCoeff() <= x.maxCoeff() * 1.001f);
  }
}

TEST_CASE("given_words: words, or rows where a level has no words") {
  auto const x = laws::gaussian<double>(20, 3, 10);
  given_words const init{.words = {laws::gaussian<double>(2, 3, 11), {}}, .rows = {{}, {4, 19}}};
  auto const at = [&](std::size_t level) {
    return init(matrix_cref<double>(x), 2, squared_euclidean{}, {.random = random_stream(1), .level = level});
  };
  CHECK(at(0).words == init.words[0]);
  CHECK(at(1).words.row(0) == x.row(4));
  CHECK(at(1).words.row(1) == x.row(19));
  CHECK_THROWS_AS((void)at(2), value_error);
  given_words const wrong{.rows = {{4, 20}, {1}}};
  auto const wrong_at = [&](std::size_t level) {
    return wrong(matrix_cref<double>(x), 2, squared_euclidean{}, {.random = random_stream(1), .level = level});
  };
  CHECK_THROWS_WITH_AS((void)wrong_at(0), "given_words: row 20 is given, x has 20 rows", value_error);
  CHECK_THROWS_AS((void)wrong_at(1), shape_error);
}

TEST_CASE("previous_level: the means of the cells before; k-means++ where there is no cell") {
  matrix<double> x(4, 1);
  x << 1, 3, 10, 20;
  std::vector<code_t> const codes{0, 0, 2, 2};
  auto const book = previous_level{}(matrix_cref<double>(x), 3, squared_euclidean{},
                                     {.random = random_stream(1), .level = 1, .previous_codes = codes});
  CHECK(book.words(0, 0) == 2);
  CHECK(book.words(2, 0) == 15);
  CHECK(row_of_word(x, book, 1) >= 0);
  auto const first = previous_level{}(matrix_cref<double>(x), 3, squared_euclidean{}, {random_stream(1)});
  CHECK(first.words == kmeans_plus_plus{}(matrix_cref<double>(x), 3, squared_euclidean{}, {random_stream(1)}).words);
}
