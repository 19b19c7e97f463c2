// SPDX-License-Identifier: MIT
/// \file  Data at the edges: every case ends with a clear error or the stated result, never with a NaN.
#include <laws/sample_data.hpp>
#include <sidera/core/thread_pool.hpp>
#include <sidera/quantizers/residual_quantizer.hpp>

using namespace sidera;
using psrq = residual_quantizer<squared_euclidean, lloyd, prefix_residual>;

namespace {

psrq make(std::size_t words, std::size_t levels = 2) {
  return psrq({.levels = levels, .words = words});
}

struct outcome {
  psrq model;
  fit_report report;
};

/// Fits, and checks what must hold whatever the data are.
outcome fit_checked(matrix<float> const& x, std::size_t words, std::size_t levels = 2) {
  outcome o{make(words, levels), {}};
  o.report = o.model.fit(x);
  CHECK(o.model.encode(x) == o.report.codes);
  CHECK(o.model.decode(o.report.codes).allFinite());
  CHECK(o.report.codes.minCoeff() >= 0);
  CHECK(o.report.codes.maxCoeff() < static_cast<code_t>(words));
  for (std::size_t l = 0; l < levels; ++l) {
    CHECK(o.model.level(l).search.words.allFinite());
    CHECK(std::isfinite(o.report.levels[l].objective));
    CHECK(std::isfinite(o.report.levels[l].relative_error));
    CHECK(std::isfinite(o.report.levels[l].perplexity));
  }
  return o;
}

double relative_error(outcome const& o, matrix<float> const& x) {
  matrix<double> const left = x.cast<double>() - o.model.decode(o.report.codes).cast<double>();
  return left.norm() / x.cast<double>().norm();
}

}  // namespace

TEST_CASE("No rows: fit refuses, encode gives no codes") {
  auto model = make(2);
  CHECK_THROWS_AS((void)model.fit(matrix<float>(0, 3)), shape_error);
  CHECK_THROWS_AS((void)model.fit(matrix<float>(5, 0)), shape_error);
  (void)model.fit(laws::gaussian<float>(10, 3, 1));
  CHECK(model.encode(matrix<float>(0, 3)).rows() == 0);
  CHECK(model.decode(code_matrix(0, 2)).rows() == 0);
}

TEST_CASE("One row and one word: the word is the row") {
  auto const x = laws::gaussian<float>(1, 4, 2);
  auto const o = fit_checked(x, 1);
  CHECK(o.model.decode(o.report.codes) == x);
}

TEST_CASE("Fewer rows than words are refused with both numbers") {
  auto model = make(9);
  CHECK_THROWS_WITH_AS((void)model.fit(laws::gaussian<float>(8, 3, 3)),
                       "residual_quantizer::fit: x is 8 x 3: fewer rows than the 9 words of level 0", shape_error);
}

TEST_CASE("As many words as rows: every row is its own word") {
  auto const x = laws::gaussian<float>(12, 3, 4);
  auto const o = fit_checked(x, 12, 1);
  CHECK(relative_error(o, x) < 1e-6);
  CHECK(o.report.levels[0].dead_words == 0);
}

TEST_CASE("One word: it is the mean") {
  auto const x = laws::gaussian<float>(50, 3, 5);
  auto const o = fit_checked(x, 1);
  CHECK((o.model.level(0).search.words.row(0) - x.colwise().mean()).cwiseAbs().maxCoeff() < 1e-6);
  CHECK(o.report.levels[0].relative_error == doctest::Approx(1));
}

TEST_CASE("One column, and a prime number of columns") {
  for (std::size_t const columns : {1u, 2u, 13u, 31u}) {
    CAPTURE(columns);
    auto const x = laws::gaussian<float>(80, columns, 6);
    CHECK(fit_checked(x, 8, 3).report.levels[2].relative_error < 1);
  }
}

TEST_CASE("All rows equal: one word is used, the row comes back, the others are dead") {
  matrix<float> const x = laws::gaussian<float>(1, 5, 7).replicate(40, 1);
  auto const o = fit_checked(x, 4);
  CHECK(o.report.levels[0].dead_words == 3);
  CHECK(o.report.levels[0].perplexity == doctest::Approx(1));
  CHECK(relative_error(o, x) < 1e-6);
}

TEST_CASE("Fewer distinct rows than words: every distinct row is kept exactly") {
  matrix<float> const three = laws::gaussian<float>(3, 4, 8);
  matrix<float> const x = three.replicate(20, 1);
  auto const o = fit_checked(x, 8);
  CHECK(relative_error(o, x) < 1e-6);
  CHECK(o.report.levels[0].dead_words == 5);
}

TEST_CASE("Rows of zeros") {
  matrix<float> const x = matrix<float>::Zero(20, 4);
  auto const o = fit_checked(x, 3);
  CHECK(o.model.decode(o.report.codes).isZero(0));
  matrix<float> mixed = laws::gaussian<float>(40, 4, 9);
  mixed.topRows(20).setZero();
  (void)fit_checked(mixed, 6);
}

TEST_CASE("Constant columns and rows that span few dimensions") {
  matrix<float> x = laws::gaussian<float>(60, 5, 10);
  x.col(2).setConstant(4.5f);
  auto const o = fit_checked(x, 6);
  CHECK((o.model.decode(o.report.codes).col(2).array() - 4.5f).abs().maxCoeff() < 1e-5f);
  matrix<float> const flat = laws::gaussian<float>(60, 1, 11) * laws::gaussian<float>(1, 5, 12);
  CHECK(relative_error(fit_checked(flat, 16, 3), flat) < 0.1);
}

TEST_CASE("Denormals, tiny and huge values") {
  auto const base = laws::clustered<float>(60, 4, 5, 13, 0.01);
  double const usual = relative_error(fit_checked(base, 5, 1), base);
  for (float const size : {1e-30f, 1e30f}) {
    CAPTURE(size);
    matrix<float> const x = size * base;
    CHECK(relative_error(fit_checked(x, 5, 1), x) == doctest::Approx(usual).epsilon(0.01));
  }
  matrix<float> const denormal = 1e-40f * base;
  (void)fit_checked(denormal, 5, 2);
  matrix<float> mixed = base;  // huge and tiny values in one column
  mixed.topRows(10) *= 1e30f;
  mixed.bottomRows(10) *= 1e-30f;
  (void)fit_checked(mixed, 5, 2);
}

TEST_CASE("Data far from the origin: words are told apart at an offset of 1e4") {
  auto const base = laws::clustered<float>(200, 6, 5, 14, 0.05);
  matrix<float> const far = (base.array() + 1e4f).matrix();
  auto const o = fit_checked(far, 5, 1);
  for (index_t i = 0; i < 200; ++i) CHECK(o.report.codes(i, 0) == o.report.codes(i % 5, 0));
}

TEST_CASE("A NaN or an infinity is refused with its row and column") {
  auto x = laws::gaussian<float>(30, 7, 15);
  x(17, 3) = std::numeric_limits<float>::quiet_NaN();
  auto model = make(4);
  CHECK_THROWS_WITH_AS((void)model.fit(x), "residual_quantizer::fit: x row 17 has a NaN in column 3", value_error);
  x(17, 3) = -std::numeric_limits<float>::infinity();
  CHECK_THROWS_WITH_AS((void)model.fit(x), "residual_quantizer::fit: x row 17 has an infinity in column 3",
                       value_error);
}

/// Scheme, columns, words and beam decide whether tables or levels encode, and whether integers come first.
template <class Scheme>
void check_refused_rows(std::size_t columns, std::size_t words, std::size_t beam) {
  CAPTURE(columns);
  CAPTURE(words);
  CAPTURE(beam);
  auto x = laws::gaussian(1500, columns, 12);
  residual_quantizer<squared_euclidean, lloyd, Scheme> model({.levels = 2, .words = words, .iterations = 1, .seed = 1});
  (void)model.fit(x.topRows(300));
  code_matrix const codes = model.encode(x, encode_options{.beam = beam});
  thread_pool pool(4);
  CHECK(model.encode(x, encode_options{.beam = beam}, pool) == codes);
  auto const last = static_cast<index_t>(columns) - 1;
  float const odd[] = {std::numeric_limits<float>::quiet_NaN(), -std::numeric_limits<float>::infinity()};
  x(1499, 0) = x(1390, 2) = odd[1];
  for (index_t const row : {1380, 1100, 513, 511, 0})
    for (float const number : odd) {
      x(row, last) = number;
      std::string const text = "residual_quantizer::encode: x row " + std::to_string(row) + " has " +
                               (std::isnan(number) ? "a NaN" : "an infinity") + " in column " + std::to_string(last);
      auto const encode = [&](executor_ref executor) { (void)model.encode(x, encode_options{.beam = beam}, executor); };
      CHECK_THROWS_WITH_AS(encode({}), text.c_str(), value_error);
      CHECK_THROWS_WITH_AS(encode(pool), text.c_str(), value_error);
    }
}

TEST_CASE("Encoding names the first row with a NaN or an infinity, whatever the way and the number of threads") {
  for (std::size_t const beam : {1u, 3u})
    for (std::size_t const columns : {19u, 128u, 260u})
      for (std::size_t const words : {16u, 130u}) {
        check_refused_rows<additive_residual>(columns, words, beam);
        check_refused_rows<prefix_residual>(columns, words, beam);
      }
}

TEST_CASE("Rows whose squared length overflows are finite: they are encoded beside others, as alone") {
  auto x = laws::gaussian(700, 128, 13);
  residual_quantizer<> model({.levels = 2, .words = 130, .iterations = 1, .seed = 1});
  (void)model.fit(x.topRows(300));
  x(600, 5) = 1e30f;
  code_matrix const codes = model.encode(x);
  CHECK(model.encode(x.row(600)) == codes.row(600));
  CHECK(model.encode(x.row(601)) == codes.row(601));
}

TEST_CASE("A word that loses its rows is given the farthest row") {
  matrix<float> x(6, 1);
  x << 0, 0.1f, 0.2f, 10, 10.1f, 100;
  psrq model({.levels = 1, .words = 3});
  // Two words in one place: the second never wins a row.
  residual_level<float> level{{matrix<float>::Zero(3, 1)}, matrix<float>::Zero(3, 1)};
  model.set_levels({level}, 1);
  psrq warm({.levels = 1, .words = 3, .warm_start = true});
  warm.set_levels({level}, 1);
  auto const report = warm.fit(x);
  CHECK(report.levels[0].dead_words == 0);
  CHECK(report.levels[0].perplexity > 2);
}
