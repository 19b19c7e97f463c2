// SPDX-License-Identifier: MIT
/// Numbers at the ends of their range, and sums of very many rows.
#include <doctest/doctest.h>

#include <limits>
#include <sidera/autodiff/ops/add.hpp>
#include <sidera/autodiff/ops/cosine.hpp>
#include <sidera/autodiff/ops/dense.hpp>
#include <sidera/autodiff/ops/gru.hpp>
#include <sidera/autodiff/ops/l2_normalise.hpp>
#include <sidera/autodiff/ops/layer_norm.hpp>
#include <sidera/autodiff/ops/maximum.hpp>
#include <sidera/autodiff/ops/mean.hpp>
#include <sidera/autodiff/ops/mul.hpp>
#include <sidera/autodiff/ops/pow.hpp>
#include <sidera/autodiff/ops/tanh.hpp>

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

/// The gradient of `name` in float, when 100000 rows hand 0.1 each to it, is 10000 up to float's rounding.
template <class Record>
void check_row_sum(char const* name, Record const& record) {
  CAPTURE(name);
  constexpr sidera::index_t rows = 100000;
  sidera::tape<float> t;
  auto const sums = record(t, rows);
  for (sidera::index_t j = 0; j < sums.size(); ++j) CHECK(sums.data()[j] == doctest::Approx(10000).epsilon(1e-5));
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

TEST_CASE("sums over many rows keep the digits of float") {
  auto const tenth = [](auto& t, sidera::index_t rows, sidera::index_t cols) {
    return t.constant(matrix<float>::Constant(rows, cols, 0.1f));
  };
  using values = matrix<float>;
  check_row_sum("sum_over_rows", [&](auto& t, auto rows) { return values(sum_over_rows(tenth(t, rows, 3)).value()); });
  check_row_sum("mean_over_time", [&](auto& t, auto rows) {
    auto const means = mean_over_time(tenth(t, 2 * rows, 3), {2, std::size_t(rows)});
    return values(means.value() * 1e5f);
  });
  check_row_sum("broadcast", [&](auto& t, auto rows) {
    auto const b = t.input(values::Zero(1, 3));
    t.backward(sum((t.constant(values::Zero(rows, 3)) + b) * tenth(t, rows, 3)));
    return values(b.gradient());
  });
  check_row_sum("dense", [&](auto& t, auto rows) {
    auto const b = t.input(values::Zero(1, 70));
    auto const y =
        dense(t.constant(values::Zero(rows, 1)), t.constant(values::Zero(1, 70)), b, sidera::functions::tanh{});
    t.backward(sum(y * tenth(t, rows, 70)));
    return values(b.gradient());
  });
  check_row_sum("layer_norm", [&](auto& t, auto rows) {
    values x(rows, 2), expected(2, 2);
    x.col(0).setConstant(-1), x.col(1).setConstant(1);
    auto const gain = t.input(values::Ones(1, 2)), bias = t.input(values::Zero(1, 2));
    t.backward(sum(layer_norm(t.constant(x), gain, bias, 1e-12) * tenth(t, rows, 2)));
    expected << -gain.gradient()(0, 0), gain.gradient()(0, 1), bias.gradient();
    return expected;
  });
  check_row_sum("gru_steps", [&](auto& t, auto rows) {  // the slope of the candidate is (1 - z) r g = g / 4
    auto const bias = t.input(values::Zero(1, 3));
    auto const y =
        gru_steps(t.constant(values::Zero(rows, 3)), t.constant(values::Zero(1, 3)), bias, {std::size_t(rows), 1});
    t.backward(sum(y * tenth(t, rows, 1)));
    return values(bias.gradient().col(2) * 4);
  });
}

TEST_CASE("sums over rows of more columns and rows than a piece has") {
  matrix<float> x(613, 701);
  for (sidera::index_t i = 0; i < x.size(); ++i) x.data()[i] = static_cast<float>(i * i % 23 - 11);
  sidera::tape<float> t;
  matrix<float> const expected = x.colwise().sum();
  CHECK(sum_over_rows(t.refer(x)).value() == expected);
  auto const b = t.input(matrix<float>::Constant(1, 701, 1));
  t.backward({{sum((t.refer(x) * b) * b), 1.f}});  // two uses: the second one adds to what is there
  CHECK(b.gradient() == 2 * expected);
}

TEST_CASE("x^0 has the gradient 0, at 0 too") {
  sidera::tape<double> t;
  matrix<double> x(1, 4);
  x << 0, 2, -3, 1e-300;
  auto const in = t.input(x);
  auto const y = pow(in, 0);
  CHECK(y.value().isConstant(1));
  t.backward(sum(y));
  CHECK(in.gradient().isZero(0));
}

TEST_CASE("maximum does not hide a NaN on either side") {
  sidera::tape<float> t;
  constexpr float nan = std::numeric_limits<float>::quiet_NaN();
  matrix<float> a(1, 19), b(1, 19);
  a.setConstant(1), b.setConstant(2);
  a(0, 0) = nan, b(0, 1) = nan, a(0, 18) = nan, b(0, 17) = nan;
  matrix<float> const y = maximum(t.constant(a), t.constant(b)).value();
  for (sidera::index_t j = 0; j < 19; ++j) CHECK(std::isnan(y(0, j)) == (j < 2 || j > 16));
  CHECK(y(0, 5) == 2);
}
