// SPDX-License-Identifier: MIT
/// Which entry is the largest one: of numbers, of NaNs, at every place in a row and in every lane.
#include <doctest/doctest.h>

#include <limits>
#include <sidera/autodiff/ops/max.hpp>
#include <sidera/autodiff/ops/mul.hpp>
#include <sidera/autodiff/ops/sum.hpp>

using sidera::index_t;
using sidera::matrix;

namespace {

/// rows x cols numbers that come in no order, two equal ones in every three rows.
template <class T>
matrix<T> unordered(index_t rows, index_t cols) {
  matrix<T> x(rows, cols);
  for (index_t i = 0; i < rows; ++i)
    for (index_t j = 0; j < cols; ++j) x(i, j) = static_cast<T>((7 * i + 5 * j) % 11) - (i % 3 == 2 ? T(11) : T(0));
  return x;
}

/// The row of the first NaN, or else of the first of the largest numbers.
template <class T>
index_t winner(matrix<T> const& x, index_t column) {
  index_t best = 0;
  for (index_t i = 0; i < x.rows(); ++i) {
    if (std::isnan(x(i, column))) return i;
    if (x(i, column) > x(best, column)) best = i;
  }
  return best;
}

template <class T>
void check_max_over_rows(matrix<T> const& x) {
  sidera::tape<T> t;
  auto const in = t.input(x);
  auto const y = max_over_rows(in);
  t.backward(sum(y));
  for (index_t j = 0; j < x.cols(); ++j) {
    T const expected = x(winner(x, j), j);
    CHECK((y.value()(0, j) == expected || (std::isnan(expected) && std::isnan(y.value()(0, j)))));
    for (index_t i = 0; i < x.rows(); ++i) CHECK(in.gradient()(i, j) == (i == winner(x, j) ? 1 : 0));
  }
}

}  // namespace

TEST_CASE_TEMPLATE("max_over_rows: the first of the largest, in every lane; the first NaN wherever it is", T, float,
                   double) {
  constexpr T nan = std::numeric_limits<T>::quiet_NaN();
  for (index_t cols = 1; cols <= 3 * static_cast<index_t>(sidera::simd::width<T>) + 1; ++cols) {
    matrix<T> const x = unordered<T>(5, cols);
    check_max_over_rows<T>(x);
    check_max_over_rows<T>(matrix<T>::Constant(3, cols, -std::numeric_limits<T>::infinity()));
    for (index_t i = 0; i < x.rows(); ++i) {
      matrix<T> with_nan = x;
      with_nan(i, (3 * i + cols) % cols) = nan;
      with_nan(x.rows() - 1, cols - 1) = nan;
      check_max_over_rows<T>(with_nan);
    }
  }
}

TEST_CASE_TEMPLATE("max and max_over_columns: a NaN at every place", T, float, double) {
  for (index_t at = 0; at < 3 * static_cast<index_t>(sidera::simd::width<T>) + 1; ++at) {
    matrix<T> x = unordered<T>(2, 3 * static_cast<index_t>(sidera::simd::width<T>) + 1);
    x(1, at) = std::numeric_limits<T>::quiet_NaN();
    sidera::tape<T> t;
    auto const in = t.input(x);
    auto const y = max_over_columns(in);
    CHECK(y.value()(0, 0) == x.row(0).maxCoeff());
    CHECK(std::isnan(y.value()(1, 0)));
    CHECK(std::isnan(max(in).item()));
    t.backward(sum(y));
    CHECK(in.gradient()(1, at) == 1);
    CHECK(in.gradient().row(1).sum() == 1);
  }
}

TEST_CASE("max_over_time: a NaN counts where its step does") {
  for (index_t const cols : {1, 19}) {
    matrix<float> x = unordered<float>(6, cols);
    x.row(1).setConstant(std::numeric_limits<float>::quiet_NaN());
    x.row(3).setConstant(std::numeric_limits<float>::quiet_NaN());
    std::vector<std::uint8_t> const mask = {1, 0, 1, 1, 0, 1};
    sidera::tape<float> t;
    matrix<float> const y = max_over_time(t.constant(x), {2, 3}, mask).value();
    for (index_t j = 0; j < cols; ++j) {
      CHECK(y(0, j) == std::max(x(0, j), x(2, j)));
      CHECK(std::isnan(y(1, j)));
    }
  }
}
