// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <laws/sample_data.hpp>
#include <sidera/quantizers/nearest_rotation.hpp>

using namespace sidera;

namespace {
matrix<double> random_square(index_t n, std::uint64_t seed) {
  return laws::gaussian<double>(static_cast<std::size_t>(n), static_cast<std::size_t>(n), seed);
}
double largest(matrix<double> const& m) {
  return m.cwiseAbs().maxCoeff();
}
double not_orthogonal(matrix<double> const& q) {
  return largest(simd::product_tn<double>(q, q) - matrix<double>::Identity(q.rows(), q.cols()));
}
/// Positive semidefinite of the given rank, with eigenvalues that fall by `fall` from one to the next.
matrix<double> semidefinite(index_t n, index_t rank, double fall) {
  matrix<double> const directions = nearest_rotation(random_square(n, 5));
  matrix<double> out = matrix<double>::Zero(n, n);
  double value = 3;
  for (index_t i = 0; i < rank; ++i, value *= fall)
    for (index_t r = 0; r < n; ++r)
      for (index_t c = 0; c < n; ++c) out(r, c) += value * directions(i, r) * directions(i, c);
  return out;
}
}  // namespace

TEST_CASE("The nearest rotation of a rotation times a positive matrix is that rotation") {
  for (index_t const n : {1, 2, 7, 40}) {
    matrix<double> const turn = nearest_rotation(random_square(n, 9));
    CHECK(not_orthogonal(turn) < 1e-12);
    for (double const fall : {1.0, 0.8}) {
      matrix<double> const q = nearest_rotation(simd::product<double>(turn, semidefinite(n, n, fall)));
      CHECK(not_orthogonal(q) < 1e-12);
      CHECK(largest(q - turn) < 1e-6);  // the noise of 1e-10 over the smallest eigenvalue
    }
  }
}

TEST_CASE("The nearest rotation without full rank is orthogonal and as near as the singular values allow") {
  index_t const n = 24;
  matrix<double> const turn = nearest_rotation(random_square(n, 11));
  for (index_t const rank : {0, 1, 10, 23}) {
    matrix<double> const s = semidefinite(n, rank, 0.7);
    matrix<double> const a = simd::product<double>(turn, s), q = nearest_rotation(a);
    CHECK(not_orthogonal(q) < 1e-12);
    matrix<double> const reached = simd::product_tn<double>(q, a);
    CHECK(reached.trace() == doctest::Approx(s.trace()).epsilon(1e-8));  // the sum of the singular values
  }
  matrix<double> columns = random_square(n, 13);
  columns.col(3).setZero();
  columns.row(5).setZero();
  CHECK(not_orthogonal(nearest_rotation(columns)) < 1e-12);
  CHECK(not_orthogonal(nearest_rotation(columns * 1e-200)) < 1e-12);
  CHECK(nearest_rotation(columns) == nearest_rotation(columns));
}

TEST_CASE("Products of whole matrices agree with sums by hand, for every transpose") {
  matrix<double> const a = laws::gaussian<double>(5, 19, 1), b = laws::gaussian<double>(19, 33, 2);
  matrix<double> sums = matrix<double>::Zero(5, 33);
  for (index_t i = 0; i < 5; ++i)
    for (index_t j = 0; j < 33; ++j)
      for (index_t k = 0; k < 19; ++k) sums(i, j) += a(i, k) * b(k, j);
  matrix<double> const a_turned = a.transpose(), b_turned = b.transpose();
  CHECK(largest(simd::product<double>(a, b) - sums) < 1e-13);
  CHECK(largest(simd::product_nt<double>(a, b_turned) - sums) < 1e-13);
  CHECK(largest(simd::product_tn<double>(a_turned, b) - sums) < 1e-13);
  CHECK(largest(simd::product<double>(a.leftCols(4), matrix<double>(b.topRows(4))) +
                simd::product<double>(a.rightCols(15), matrix<double>(b.bottomRows(15))) - sums) < 1e-13);
  CHECK(simd::product<double>(matrix<double>(3, 0), matrix<double>(0, 2)) == matrix<double>::Zero(3, 2));
}
