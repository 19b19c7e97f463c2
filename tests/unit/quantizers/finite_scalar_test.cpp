// SPDX-License-Identifier: MIT
/// \file  Finite scalar quantization: its cells against the definition, its laws, codes as one number.
#include <laws/quantizer_laws.hpp>
#include <numbers>
#include <sidera/quantizers/any_quantizer.hpp>
#include <sidera/quantizers/finite_scalar_quantizer.hpp>
#include <sidera/quantizers/mixed_radix.hpp>

using namespace sidera;

TEST_CASE("Laws of quantizers: finite scalars, signs") {
  auto const x = laws::clustered<float>(1100, 7, 20, 1, 0.5);
  laws::quantizer_laws(any_quantizer<>(finite_scalar_quantizer({.levels = {8, 5, 5, 5, 3, 4, 2}})), x);
  laws::quantizer_laws(any_quantizer<>(finite_scalar_quantizer({.levels = {3}, .gain = 2})), x);
}

TEST_CASE("tanh_cells: the nearest of L even steps to tanh u") {
  for (std::size_t const levels : {2u, 3u, 4u, 5u, 8u}) {
    CAPTURE(levels);
    auto const cells = tanh_cells<double>(levels);
    random_stream const random(levels);
    for (std::size_t i = 0; i < 500; ++i) {
      double const u = 2 * random.normal(i), y = std::tanh(u);
      std::size_t nearest = 0;
      for (std::size_t k = 0; k < levels; ++k)
        if (std::abs(y - (2. * static_cast<double>(k) / static_cast<double>(levels - 1) - 1)) <
            std::abs(y - cells.words[nearest]))
          nearest = k;
      CHECK(cells.code(u) == static_cast<code_t>(nearest));
    }
  }
  CHECK(tanh_cells<float>(2).thresholds == std::vector<float>{0});
  CHECK(tanh_cells<float>(2).words == std::vector<float>{-1, 1});
  CHECK(tanh_cells<float>(3).words == std::vector<float>{-1, 0, 1});
  CHECK(tanh_cells<double>(3).thresholds[1] == doctest::Approx(std::log(3.0) / 2));  // tanh of it is 1 / 2
  CHECK(tanh_cells<float>(2).code(0) == 0);                                          // a tie
  CHECK_THROWS_AS((void)tanh_cells<float>(1), value_error);
}

TEST_CASE("FSQ by hand: mean and deviation are the bounds, means of cells the words") {
  matrix<double> x(4, 2);
  x << -3, 7, -1, 7, 1, 7, 3, 7;  // mean 0 and deviation 5^1/2; a column that is constant
  finite_scalar_quantizer<double> q({.levels = {3, 2}});
  auto const report = q.fit(x);
  double const edge = std::sqrt(5.0) * std::log(3.0) / 2;
  CHECK(q.cells()[0].thresholds[0] == doctest::Approx(-edge));
  CHECK(q.cells()[0].thresholds[1] == doctest::Approx(edge));
  CHECK(q.cells()[0].words == std::vector<double>{-3, 0, 3});
  code_matrix codes(4, 2);
  codes << 0, 0, 1, 0, 1, 0, 2, 0;
  CHECK(report.codes == codes);
  CHECK(q.decode(codes)(2, 0) == 0);
  CHECK(q.decode(codes)(2, 1) == 7);
  CHECK(report.levels[0].objective == doctest::Approx(0.5));
  CHECK(report.levels[1].relative_error == doctest::Approx(0.1));  // 2 of 20
  CHECK(report.levels[1].dead_words == 1);
  CHECK(report.levels[0].perplexity == doctest::Approx(std::exp(1.5 * std::log(2.0))));
}

TEST_CASE("FSQ of normal numbers: one bit leaves 1 - 2 / pi, and more levels less") {
  matrix<float> const x = laws::gaussian(200000, 1, 3);
  double last = 1;
  for (std::size_t const levels : {2u, 3u, 4u, 8u, 16u}) {
    finite_scalar_quantizer q({.levels = {levels}});
    double const error = q.fit(x).levels[0].relative_error;
    if (levels == 2) CHECK(error == doctest::Approx(1 - 2 / std::numbers::pi).epsilon(0.01));
    CHECK(error < last);
    last = error;
  }
  CHECK(last < 0.02);
}

TEST_CASE("FSQ: words lie in their cells, far numbers and empty cells included") {
  matrix<float> x = laws::gaussian(50, 3, 8);
  x.col(1) *= 1e30f, x(3, 1) = 3e38f;
  finite_scalar_quantizer q({.levels = {16}});
  auto const codes = q.fit(x).codes;
  CHECK(q.encode(q.decode(codes)) == codes);
  CHECK_THROWS_AS((void)q.decode(code_matrix::Constant(1, 3, 16)), value_error);
  CHECK_THROWS_AS((void)q.decode(code_matrix::Constant(1, 3, no_code)), value_error);
  CHECK_THROWS_AS((void)q.decode(code_matrix::Zero(1, 2)), shape_error);
}

TEST_CASE("FSQ: options and cells that are refused") {
  CHECK_THROWS_AS(finite_scalar_quantizer({.levels = {}}), value_error);
  CHECK_THROWS_AS(finite_scalar_quantizer({.levels = {4, 1}}), value_error);
  CHECK_THROWS_AS(finite_scalar_quantizer({.gain = 0}), value_error);
  finite_scalar_quantizer q({.levels = {4, 4}});
  CHECK_THROWS_AS((void)q.fit(laws::gaussian(9, 3, 1)), shape_error);
  using cells = std::vector<scalar_cells<float>>;
  CHECK_THROWS_AS(q.set_cells({}), shape_error);
  CHECK_THROWS_AS(q.set_cells(cells{{{0}, {1}}}), shape_error);
  CHECK_THROWS_AS(q.set_cells(cells{{{1, 0}, {1, 2, 3}}}), value_error);
  CHECK_THROWS_AS(q.set_cells(cells{{{std::numeric_limits<float>::infinity()}, {1, 2}}}), value_error);
  CHECK(!q.fitted());
}

TEST_CASE("mixed_radix: every code there and back") {
  mixed_radix const radix({3, 2, 4});
  CHECK(radix.size() == 24);
  code_matrix numbers(24, 1);
  for (index_t i = 0; i < 24; ++i) numbers(i, 0) = static_cast<code_t>(i);
  code_matrix const codes = radix.split(numbers);
  CHECK(radix.join(codes) == numbers);
  CHECK(codes.row(23) == Eigen::RowVector3i(2, 1, 3));
  CHECK(codes.row(7) == Eigen::RowVector3i(1, 0, 1));  // 1 + 3 (0 + 2 * 1)
  code_matrix missing(1, 3);
  missing << 1, no_code, 2;
  CHECK(radix.join(missing)(0, 0) == no_code);
  CHECK(radix.split(code_matrix::Constant(1, 1, no_code)) == code_matrix::Constant(1, 3, no_code));
  CHECK_THROWS_AS((void)radix.join(code_matrix::Constant(1, 3, 3)), value_error);
  CHECK_THROWS_AS((void)radix.join(code_matrix::Zero(1, 2)), shape_error);
  CHECK_THROWS_AS((void)radix.split(code_matrix::Constant(1, 1, 24)), value_error);
  CHECK_THROWS_AS(mixed_radix({1u << 16, 1u << 16}), value_error);
  CHECK_THROWS_AS(mixed_radix({3, 0}), value_error);
}
