// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <limits>
#include <sidera/core/check.hpp>
#include <utility>
#include <vector>

using namespace sidera;

TEST_CASE_TEMPLATE("all_finite finds NaN and infinity at every place", T, float, double) {
  using limits = std::numeric_limits<T>;
  for (std::size_t n = 0; n < 40; ++n) {
    std::vector<T> row(n, limits::max());
    for (std::size_t i = 0; i < n; i += 2) row[i] = i % 4 == 0 ? -limits::denorm_min() : T(-0.0);
    CHECK(all_finite(std::span<T const>(row)));
    for (std::size_t i = 0; i < n; ++i) {
      for (T const bad : {limits::infinity(), -limits::infinity(), limits::quiet_NaN(), -limits::quiet_NaN(),
                          limits::signaling_NaN()}) {
        T const good = std::exchange(row[i], bad);
        CHECK_FALSE(all_finite(std::span<T const>(row)));
        row[i] = good;
      }
    }
  }
}

TEST_CASE("require_finite names function, argument, row and column") {
  matrix<float> x = matrix<float>::Zero(5, 3);
  require_finite<float>(x, "f", "x");
  x(4, 0) = std::numeric_limits<float>::infinity();
  x(3, 2) = std::numeric_limits<float>::quiet_NaN();
  try {
    require_finite<float>(x, "model::fit", "x");
    FAIL("no exception");
  } catch (value_error const& e) {
    CHECK(std::string(e.what()) == "model::fit: x row 3 has a NaN in column 2");
    CHECK(e.function() == "model::fit");
    CHECK(e.row() == 3);
  }
  CHECK_THROWS_WITH_AS(require_finite<float>(x.bottomRows(1), "f", "y"), "f: y row 0 has an infinity in column 0",
                       value_error);
}

TEST_CASE("a block of a matrix is checked where it lies") {
  matrix<double> x = matrix<double>::Zero(4, 6);
  x(2, 1) = std::numeric_limits<double>::quiet_NaN();
  require_finite<double>(x.rightCols(4), "f", "x");
  CHECK_THROWS_AS(require_finite<double>(x.leftCols(2), "f", "x"), value_error);
}

TEST_CASE("shapes that do not fit are named with both sizes") {
  matrix<float> const x = matrix<float>::Zero(12, 34);
  CHECK(shape_text(x) == "12 x 34");
  require_columns(x, 34, "f", "x");
  require_rows(x, 12, "f", "x");
  require_not_empty(x, "f", "x");
  CHECK_THROWS_WITH_AS(require_columns(x, 35, "f", "x"), "f: x is 12 x 34, expected 35 columns", shape_error);
  CHECK_THROWS_WITH_AS(require_rows(x, 1, "f", "x"), "f: x is 12 x 34, expected 1 rows", shape_error);
  CHECK_THROWS_WITH_AS(require_not_empty(matrix<float>(0, 3), "f", "x"), "f: x is 0 x 3, expected at least 1 x 1",
                       shape_error);
  CHECK_THROWS_AS(require_not_empty(matrix<float>(3, 0), "f", "x"), shape_error);
}

TEST_CASE("every argument error is a std::invalid_argument, a file error names the file") {
  CHECK_THROWS_AS(throw shape_error("f", "x"), std::invalid_argument);
  CHECK_THROWS_AS(throw not_fitted_error("f", "x"), argument_error);
  CHECK_FALSE(value_error("f", "x").row().has_value());
  CHECK(std::string(file_error("a.npy", "is too short").what()) == "a.npy: is too short");
  CHECK(std::string(file_error("", "is too short").what()) == "is too short");
  CHECK(file_error("a.npy", "").path() == "a.npy");
}

TEST_CASE("matrix_cref takes blocks without a copy, and copies column-major input once") {
  matrix<float> const x = matrix<float>::Random(6, 5);
  auto const first = [](matrix_cref<float> const& m) { return m.data(); };
  CHECK(first(x) == x.data());
  CHECK(first(x.middleRows(2, 3)) == x.data() + 10);
  CHECK(first(x.rightCols(2)) == x.data() + 3);
  matrix_cref<float> const right(x.rightCols(2));
  CHECK(row_span(right, 4).data() == &x(4, 3));
  CHECK(row_span(right, 4).size() == 2);
  Eigen::MatrixXf const column_major = x;
  matrix_cref<float> const copy(column_major);
  CHECK(copy.data() != column_major.data());
  CHECK(matrix<float>(copy) == x);
}
