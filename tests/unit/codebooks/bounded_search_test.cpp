// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <set>
#include <sidera/codebooks/bounded_search.hpp>
#include <sidera/core/random.hpp>
#include <sidera/core/thread_pool.hpp>

#include "normal_matrix.hpp"

namespace {

using namespace sidera;
using tests::normal_matrix;

constexpr index_t some_words = 101;  // several groups on every instruction set, the last one not full
static_assert(some_words > 3 * grouped_words::group_size && some_words % grouped_words::group_size != 0);

/// Rows around `clusters` centres: words that are means of rows have rows between them.
matrix<float> clustered(index_t rows, index_t cols, index_t clusters, double scale = 1, double offset = 0) {
  matrix<float> const centres = normal_matrix<float>(clusters, cols, 11, scale, offset);
  matrix<float> x = normal_matrix<float>(rows, cols, 12, 0.6 * scale);
  for (index_t i = 0; i < rows; ++i) x.row(i) += centres.row(i * 7 % clusters);
  return x;
}

std::vector<code_t> by_word_search(matrix<float> const& x, matrix<float> const& words) {
  std::vector<code_t> codes(row_count(x));
  word_search<float, squared_euclidean>(words, {}).nearest(x, codes);
  return codes;
}

/// The means of the rows of every word; words without rows stay.
matrix<float> lloyd_step(matrix<float> const& x, matrix<float> words, std::vector<code_t> const& codes) {
  matrix<double> sums = matrix<double>::Zero(words.rows(), words.cols());
  std::vector<double> counts(row_count(words), 0.0);
  for (index_t i = 0; i < x.rows(); ++i) {
    auto const j = static_cast<std::size_t>(codes[static_cast<std::size_t>(i)]);
    sums.row(static_cast<index_t>(j)) += x.row(i).cast<double>();
    counts[j] += 1;
  }
  for (index_t j = 0; j < words.rows(); ++j)
    if (double const n = counts[static_cast<std::size_t>(j)]; n > 0) words.row(j) = (sums.row(j) / n).cast<float>();
  return words;
}

/// Searches the rows for words that move: after each pass, words = next(words, pass, codes). Every pass must give the
/// codes of word_search. Once as a training does, once with two passes before, in which the words stay, so that bounds
/// are used from the first pass on, whatever the words do, and once without any bounds.
template <class Next>
void check_search(matrix<float> const& x, matrix<float> const& start, std::size_t passes, Next const& next) {
  enum class bounds { as_they_pay, at_once, never };
  for (auto const used : {bounds::as_they_pay, bounds::at_once, bounds::never}) {
    CAPTURE(static_cast<int>(used));
    bounded_search search(x, used != bounds::never);
    matrix<float> words = start;
    std::vector<code_t> codes(row_count(x));
    for (int i = 0; used == bounds::at_once && i < 2; ++i) search.nearest(words, codes);
    for (std::size_t pass = 0; pass < passes; ++pass) {
      CAPTURE(pass);
      search.nearest(words, codes);
      auto const right = by_word_search(x, words);
      for (std::size_t i = 0; i < codes.size(); ++i) {
        CAPTURE(i);
        REQUIRE(codes[i] == right[i]);
      }
      words = next(std::move(words), pass, codes);
    }
  }
}

/// `passes` passes of Lloyd; `disturb(words, pass)` may move words.
template <class Disturb>
void check_passes(matrix<float> const& x, matrix<float> const& words, std::size_t passes, Disturb const& disturb) {
  check_search(x, words, passes, [&](matrix<float> before, std::size_t pass, std::vector<code_t> const& codes) {
    matrix<float> after = lloyd_step(x, std::move(before), codes);
    disturb(after, pass);
    return after;
  });
}
void check_passes(matrix<float> const& x, matrix<float> const& words, std::size_t passes = 10) {
  check_passes(x, words, passes, [](matrix<float>&, std::size_t) {});
}

/// Words that move by step(pass).
template <class Step>
void check_moves(matrix<float> const& x, std::size_t passes, Step const& step) {
  check_search(x, x.topRows(some_words), passes,
               [&](matrix<float> const& words, std::size_t pass, std::vector<code_t> const&) -> matrix<float> {
                 return words + step(pass);
               });
}

}  // namespace

TEST_CASE("bounded_search gives the codes of word_search in every pass of Lloyd") {
  for (index_t const d : {1, 16, 33, 70}) {
    CAPTURE(d);
    auto const x = clustered(1500, d, 40);
    check_passes(x, x.topRows(some_words));
  }
}

TEST_CASE("bounded_search of rows wide enough for remainders, in one tile, in several blocks and out of range") {
  for (index_t const d : {256, 301})
    for (double const scale : {1e-42, 1e-12, 1.0, 1e18, 1e36}) {
      CAPTURE(d);
      CAPTURE(scale);
      auto const x = clustered(433, d, 40, scale);
      check_passes(x, x.topRows(some_words), 3);
    }
  auto far = clustered(500, 280, 30, 1, 1000);
  far.row(17) = far.row(18) = far.row(5);  // ties
  far.row(77).setConstant(1e30f);
  check_passes(far, far.topRows(some_words), 3);
  check_search(normal_matrix<float>(7, 256, 7), normal_matrix<float>(some_words, 256, 8), 2,
               [](matrix<float> const& words, std::size_t, std::vector<code_t> const&) -> matrix<float> {
                 return words * 0.9f;
               });
}

TEST_CASE("bounded_search: rows between two words, which only their last digits decide, of integers that are coarse") {
  for (index_t const d : {64, 300})
    for (float const far : {0.0f, 1000.0f}) {
      CAPTURE(d);
      CAPTURE(far);
      index_t const count = 15;  // few enough for all of them to be looked at more closely
      matrix<float> words = normal_matrix<float>(count, d, 21);
      words.col(3).setZero();
      words(0, 3) = far;
      matrix<float> x = normal_matrix<float>(1500, d, 22, 1e-5);
      for (index_t i = 0; i < x.rows(); ++i) {
        x.row(i) += (words.row(1 + i % 14) + words.row(1 + i * 5 % 14)) / 2;
        x(i, 3) = -static_cast<float>(i) / 5;  // away from all words, farther and farther
      }
      check_search(x, words, 2, [](matrix<float> const& before, std::size_t, auto const&) { return before; });
    }
}

TEST_CASE("bounded_search: data far from the origin, large, tiny and out of range") {
  for (double const offset : {10.0, 1000.0, 1e6}) {
    CAPTURE(offset);
    auto const x = clustered(600, 32, 40, 1, offset);
    check_passes(x, x.topRows(some_words));
  }
  for (double const scale : {1e-42, 1e-25, 1e-12, 1e12, 1e18, 1e22, 1e36}) {
    CAPTURE(scale);
    auto const x = clustered(300, 20, 40, scale);
    check_passes(x, x.topRows(some_words), 5);
  }
}

TEST_CASE("bounded_search: ties go to the lowest word, also while equal words move together") {
  matrix<float> x = (4 * normal_matrix<float>(900, 16, 3)).array().round();  // many equal distances
  matrix<float> words = x.topRows(some_words);
  for (index_t j = 0; j < some_words; j += 3) words.row(j) = words.row((j + 40) % some_words);
  check_passes(x, words, 8, [](matrix<float>& w, std::size_t) {
    w = w.array().round();
    w.row(1) = w.row(50);
  });
}

TEST_CASE("bounded_search: words that jump, stay or meet a row") {
  auto const x = clustered(1200, 24, 30);
  check_passes(x, x.topRows(some_words), 14, [&](matrix<float>& words, std::size_t pass) {
    if (pass == 4) words.row(7) = x.row(1100);
    if (pass == 5) words.row(60) = x.row(3), words.row(61) = x.row(3);
    if (pass == 7) words.row(9).setConstant(1e25f);  // integers cannot hold this one
    if (pass == 9) words.row(9) = x.row(4);
    if (pass == 10) words = x.bottomRows(some_words);
  });
}

TEST_CASE("bounded_search: words that creep by less than what the bounds leave, for many passes") {
  matrix<float> const step = normal_matrix<float>(some_words, 32, 5, 0.004);
  check_moves(clustered(800, 32, 25), 120, [&](std::size_t) { return step; });
}

TEST_CASE("bounded_search: words that walk at random, so that rows change their word again and again") {
  for (index_t const d : {3, 20})
    check_moves(clustered(600, d, 40), 60,
                [&](std::size_t pass) { return normal_matrix<float>(some_words, d, 100 + pass, 0.05); });
}

TEST_CASE("bounded_search gives equal codes for any number of threads") {
  auto const x = clustered(5000, 40, 60);
  thread_pool pool(4);
  bounded_search one(x), four(x);
  matrix<float> words = x.topRows(some_words);
  std::vector<code_t> a(row_count(x)), b(row_count(x));
  for (std::size_t pass = 0; pass < 6; ++pass) {
    one.nearest(words, a);
    four.nearest(words, b, pool);
    REQUIRE(a == b);
    words = lloyd_step(x, words, a);
  }
}

TEST_CASE("bounded_search: rows of a wider matrix, in several blocks of several pieces") {
  matrix<float> const wide = clustered(1100, 210, 60);
  auto const x = wide.middleCols(7, 200);
  matrix<float> words = x.topRows(some_words);
  bounded_search search(x);
  std::vector<code_t> codes(1100);
  for (std::size_t pass = 0; pass < 6; ++pass) {
    search.nearest(words, codes);
    REQUIRE(codes == by_word_search(x, words));
    words = lloyd_step(x, words, codes);
  }
}

TEST_CASE("bounded_search: few rows, and none at all") {
  for (index_t const rows : {0, 1, 2, 5}) {
    CAPTURE(rows);
    check_search(normal_matrix<float>(rows, 20, 7), normal_matrix<float>(some_words, 20, 8), 4,
                 [&](matrix<float> const& words, std::size_t pass, std::vector<code_t> const&) -> matrix<float> {
                   return words + normal_matrix<float>(some_words, 20, 30 + pass, 0.1);
                 });
  }
}

TEST_CASE("bounded_search refuses codes of another length") {
  auto const x = clustered(200, 16, 10);
  std::vector<code_t> codes(199);
  CHECK_THROWS_AS(bounded_search(x).nearest(x.topRows(some_words), codes), shape_error);
}

TEST_CASE("near_order names every word once and keeps clusters together") {
  matrix<float> words = normal_matrix<float>(64, 8, 1, 0.01);
  for (index_t j = 0; j < 64; ++j) words(j, 2) += static_cast<float>(10 * (j % 4));
  auto const order = near_order(words, 16);
  CHECK(std::set<std::uint32_t>(order.begin(), order.end()).size() == 64);
  for (std::size_t p = 0; p < 64; ++p) CHECK(order[p] % 4 == order[p / 16 * 16] % 4);
  CHECK(near_order(matrix<float>(0, 3), 16).empty());
}
