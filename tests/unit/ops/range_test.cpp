// SPDX-License-Identifier: MIT
/// Numbers at the ends of their range.
#include <doctest/doctest.h>

#include <limits>
#include <sidera/autodiff/ops/cosine.hpp>
#include <sidera/autodiff/ops/l2_normalise.hpp>
#include <sidera/autodiff/ops/mul.hpp>

using sidera::matrix;

namespace {

/// Rows of `size` times 3, 4, 0, ..., normalised: value and gradient along (1, 0, ...).
template <class T>
void check_normalised(T size, double epsilon) {
  CAPTURE(size);
  matrix<T> x = matrix<T>::Zero(3, 37), up = matrix<T>::Zero(3, 37);
  x(0, 0) = 1, x(0, 1) = 2, x(2, 5) = 7;  // what is next to it does not matter
  x(1, 0) = 3 * size, x(1, 36) = 4 * size;
  up(1, 0) = 1;
  sidera::tape<T> t;
  auto const in = t.input(x);
  auto const y = l2_normalise(in, epsilon);
  CHECK(y.value()(1, 0) == doctest::Approx(0.6).epsilon(1e-6));
  CHECK(y.value()(1, 36) == doctest::Approx(0.8).epsilon(1e-6));
  CHECK(y.value().row(0).norm() == doctest::Approx(1).epsilon(1e-6));
  CHECK(y.value()(2, 5) == doctest::Approx(1).epsilon(1e-6));
  t.backward(sum(y * t.constant(up)));
  CHECK(in.gradient()(1, 0) * size == doctest::Approx((1 - 0.36) / 5).epsilon(1e-6));
  CHECK(in.gradient()(1, 36) * size == doctest::Approx(-0.48 / 5).epsilon(1e-6));
}

}  // namespace

TEST_CASE("l2_normalise where the squares of a row leave the range") {
  for (float const size : {1e20f, 3e37f, 1e-6f, 1.f}) check_normalised<float>(size, 1e-12);
  for (float const size : {1e-21f, 1e-25f, 1e-30f}) check_normalised<float>(size, 1e-35);
  for (double const size : {1e-10, 1., 1e160, 1e305}) check_normalised<double>(size, 1e-12);
  for (double const size : {1e-160, 1e-200}) check_normalised<double>(size, 1e-250);
}

TEST_CASE("l2_normalise keeps NaN and infinity visible") {
  sidera::tape<float> t;
  matrix<float> x(2, 2);
  x << std::numeric_limits<float>::quiet_NaN(), 1e20f, std::numeric_limits<float>::infinity(), 1;
  auto const y = l2_normalise(t.constant(x)).value();
  CHECK(y.row(0).array().isNaN().all());
  CHECK(std::isnan(y(1, 0)));
}

TEST_CASE("a row shorter than epsilon is divided by a constant, in float as in double") {
  auto const check = [](auto size, double epsilon) {
    using T = decltype(size);
    sidera::tape<T> t;
    auto const x = t.input(matrix<T>::Constant(1, 2, size));
    auto const y = l2_normalise(x, epsilon);
    CHECK(y.value()(0, 1) == doctest::Approx(double(size) / epsilon).epsilon(1e-6));
    t.backward(sum(y));
    CHECK(x.gradient()(0, 0) == doctest::Approx(1 / epsilon).epsilon(1e-6));
    CHECK(x.gradient()(0, 1) == doctest::Approx(1 / epsilon).epsilon(1e-6));
  };
  for (float const size : {0.f, 1e-30f, 3e-13f}) check(size, 1e-12);
  for (double const size : {0., 1e-200, 3e-13}) check(size, 1e-12);
  check(3e-9f, 1e-8);
}

TEST_CASE("cosines of parallel rows of any size are 1") {
  sidera::tape<float> t;
  matrix<float> a(3, 2), b(3, 2);
  a << 1e30f, 1e30f, 1, 1, 1e-6f, 1e-6f;
  b << 1, 1, 1e30f, 1e30f, 3e38f, 3e38f;
  CHECK(cosine_over_columns(t.constant(a), t.constant(b)).value().isApproxToConstant(1, 1e-6f));
}
