// SPDX-License-Identifier: MIT
/// Ops whose gradient is not that of their value, and values at the edges.
#include <doctest/doctest.h>

#include <laws/thrown.hpp>
#include <sidera/autodiff/ops/add.hpp>
#include <sidera/autodiff/ops/dropout.hpp>
#include <sidera/autodiff/ops/exp.hpp>
#include <sidera/autodiff/ops/gather_rows.hpp>
#include <sidera/autodiff/ops/gelu.hpp>
#include <sidera/autodiff/ops/gradient_reversal.hpp>
#include <sidera/autodiff/ops/log_softmax.hpp>
#include <sidera/autodiff/ops/max.hpp>
#include <sidera/autodiff/ops/mul.hpp>
#include <sidera/autodiff/ops/pick.hpp>
#include <sidera/autodiff/ops/relu.hpp>
#include <sidera/autodiff/ops/rotation_trick.hpp>
#include <sidera/autodiff/ops/softplus.hpp>
#include <sidera/autodiff/ops/squared_distances.hpp>
#include <sidera/autodiff/ops/stop_gradient.hpp>
#include <sidera/autodiff/ops/straight_through.hpp>
#include <sidera/autodiff/ops/sum.hpp>
#include <sidera/autodiff/ops/tanh.hpp>
#include <sidera/core/random.hpp>

using sidera::matrix;

namespace {

matrix<double> random_matrix(sidera::index_t rows, sidera::index_t cols, std::uint64_t seed) {
  matrix<double> m(rows, cols);
  for (sidera::index_t i = 0; i < m.size(); ++i)
    m.data()[i] = sidera::random_stream(seed).normal(static_cast<std::uint64_t>(i));
  return m;
}

/// The gradient that x gets when y = op(x, q) receives `up`.
template <class Op>
matrix<double> gradient_of(matrix<double> const& x, matrix<double> const& q, matrix<double> const& up, Op op) {
  sidera::tape<double> t;
  auto const vx = t.input(x), vq = t.input(q);
  auto const y = op(vx, vq);
  CHECK(y.value() == q);
  t.backward(sum(y * t.refer(up)));
  CHECK_FALSE(vq.has_gradient());
  return vx.gradient();
}

}  // namespace

TEST_CASE("straight_through hands the gradient on unchanged") {
  auto const x = random_matrix(5, 7, 1), q = random_matrix(5, 7, 2), up = random_matrix(5, 7, 3);
  CHECK(gradient_of(x, q, up, [](auto a, auto b) { return straight_through(a, b); }) == up);
}

TEST_CASE("rotation_trick is the transpose of the rotation and scaling that takes x to q") {
  auto const x = random_matrix(6, 5, 1), q = random_matrix(6, 5, 2), up = random_matrix(6, 5, 3);
  auto const g = gradient_of(x, q, up, [](auto a, auto b) { return rotation_trick(a, b); });
  for (sidera::index_t i = 0; i < 6; ++i) {
    Eigen::VectorXd const e = x.row(i).normalized(), c = q.row(i).normalized(), r = (e + c).normalized();
    Eigen::MatrixXd const rotation = Eigen::MatrixXd::Identity(5, 5) - 2 * r * r.transpose() + 2 * c * e.transpose();
    CHECK((rotation * e - c).norm() < 1e-14);
    CHECK((rotation * rotation.transpose() - Eigen::MatrixXd::Identity(5, 5)).norm() < 1e-13);
    double const scale = q.row(i).norm() / x.row(i).norm();
    CHECK((g.row(i).transpose() - scale * rotation.transpose() * up.row(i).transpose()).norm() < 1e-12);
  }
}

TEST_CASE("rotation_trick: zero rows pass straight through, equal and opposite rows stay finite") {
  matrix<double> x(4, 2), q(4, 2), up(4, 2);
  x << 0, 0, 1, 2, 3, 4, 1, 0;
  q << 1, 1, 0, 0, 3, 4, -2, 0;
  up << 5, 6, 7, 8, 9, 10, 11, 12;
  auto const g = gradient_of(x, q, up, [](auto a, auto b) { return rotation_trick(a, b); });
  CHECK(g.row(0) == up.row(0));
  CHECK(g.row(1) == up.row(1));
  CHECK((g.row(2) - up.row(2)).norm() < 1e-13);
  CHECK((g.row(3) - Eigen::RowVector2d(-22, 24)).norm() < 1e-13);
}

TEST_CASE("stop_gradient and gradient_reversal") {
  sidera::tape<double> t;
  auto const x = t.input(matrix<double>::Constant(2, 3, 1.5));
  t.backward(sum(stop_gradient(x) * x + gradient_reversal(x, 2)));
  CHECK(x.gradient().isConstant(1.5 - 2));
}

TEST_CASE("dropout keeps the mean, repeats its choice and changes it with the step") {
  sidera::tape<float> t;
  auto const x = t.constant(matrix<float>::Ones(100, 203));
  sidera::random_stream const stream(5);
  matrix<float> const a = dropout(x, 0.3, stream, 1).value(), b = dropout(x, 0.3, stream, 1).value();
  matrix<float> const c = dropout(x, 0.3, stream, 2).value();
  CHECK(a == b);
  CHECK(a != c);
  CHECK(a.mean() == doctest::Approx(1).epsilon(0.02));
  double const dropped = static_cast<double>((a.array() == 0).count()) / static_cast<double>(a.size());
  CHECK(dropped == doctest::Approx(0.3).epsilon(0.03));
  CHECK(dropout(x, 0, stream, 1).value() == x.value());
  CHECK_THROWS_AS((void)dropout(x, 1, stream, 1), sidera::value_error);
  CHECK_THROWS_AS((void)dropout(x, -0.1, stream, 1), sidera::value_error);
}

TEST_CASE("saturated functions stay finite") {
  sidera::tape<double> t;
  matrix<double> far(1, 6);
  far << -1e4, -800, -40, 40, 800, 1e4;
  auto const x = t.input(far);
  auto const y = sigmoid(x) + tanh(x) + softplus(x) + gelu(x) + softmax(x) + log_softmax(x);
  CHECK(y.value().allFinite());
  t.backward(sum(y));
  CHECK(x.gradient().allFinite());
  CHECK(sigmoid(x).value()(0, 0) == 0);
  CHECK(sigmoid(x).value()(0, 5) == 1);
  CHECK(softplus(x).value()(0, 5) == 1e4);
  CHECK(softplus(x).value()(0, 2) == doctest::Approx(std::exp(-40.0)));
}

TEST_CASE("a row without any unmasked entry gives zeros and no NaN") {
  sidera::tape<float> t;
  auto const x = t.input(matrix<float>::Ones(2, 3));
  std::vector<std::uint8_t> const mask{1, 0, 1, 0, 0, 0};
  auto const y = masked_softmax(x, mask);
  CHECK(y.value().row(0) == Eigen::RowVector3f(0.5f, 0, 0.5f));
  CHECK(y.value().row(1).isZero(0));
  auto const m = max_over_time(x, {2, 1}, std::vector<std::uint8_t>{0, 1});
  CHECK(m.value().row(0).isZero(0));
  t.backward(sum(exp(y)), 1);
  CHECK(x.gradient().allFinite());
  CHECK_THROWS_AS((void)masked_softmax(x, std::vector<std::uint8_t>(4)), sidera::shape_error);
}

TEST_CASE("NaN is not hidden") {
  sidera::tape<double> t;
  auto const x = t.constant(std::numeric_limits<double>::quiet_NaN());
  for (auto const y :
       {sidera::relu(x), sigmoid(x), tanh(x), clamp(x, 0, 1), softplus(x), softmax(x), log_softmax(x), sum(x), max(x)})
    CHECK(std::isnan(y.item()));
}

TEST_CASE("distances of equal rows: no negative square, no NaN in the gradient, no loss to a common offset") {
  sidera::tape<float> t;
  matrix<float> points(3, 4);
  points.setConstant(1e4f);
  points(1, 2) += 0.0625f;
  auto const x = t.input(points), w = t.input(points);
  auto const d = distances(x, w);
  CHECK(d.value()(0, 1) == doctest::Approx(0.0625).epsilon(1e-4));
  CHECK(d.value().diagonal().isZero(1e-6f));
  t.backward(sum(d));
  CHECK(x.gradient().allFinite());
}

TEST_CASE("ids that do not exist are refused with their position") {
  sidera::tape<float> t;
  auto const x = t.constant(matrix<float>::Ones(3, 2));
  std::vector<sidera::code_t> const ids{0, 2, 3};
  CHECK(laws::row_of_error([&] { (void)gather_rows(x, ids); }) == 2);
  CHECK_THROWS_WITH_AS((void)gather_rows(x, ids), "gather_rows: row 2 asks for entry 3 of 3", sidera::value_error);
  CHECK_THROWS_AS((void)embedding_sum(x, sidera::code_matrix::Constant(2, 2, 1), 1), sidera::value_error);
  CHECK_THROWS_AS((void)pick(x, sidera::code_matrix::Constant(3, 1, -1)), sidera::value_error);
  CHECK_THROWS_AS((void)pick(x, sidera::code_matrix::Constant(2, 1, 0)), sidera::shape_error);
  CHECK(gather_rows(x, std::vector<sidera::code_t>{sidera::no_code}).value().isZero(0));
}
