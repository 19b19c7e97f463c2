// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <laws/thrown.hpp>
#include <sidera/autodiff/ops/add.hpp>
#include <sidera/autodiff/ops/dense.hpp>
#include <sidera/autodiff/ops/matmul.hpp>
#include <sidera/autodiff/ops/mean.hpp>
#include <sidera/autodiff/ops/mul.hpp>
#include <sidera/autodiff/ops/relu.hpp>
#include <sidera/autodiff/ops/scale.hpp>
#include <sidera/autodiff/ops/square.hpp>
#include <sidera/autodiff/ops/sub.hpp>
#include <sidera/autodiff/ops/tanh.hpp>

using laws::message_of;
using sidera::matrix;

TEST_CASE("a loss and its gradient") {
  sidera::parameters<double> store;
  auto const w = store.add("w", 1, 2);
  store.value(w) << 3, -2;
  sidera::tape<double> t(store);
  auto const loss = sum(square(t[w]));
  CHECK(loss.item() == 13);
  t.backward(loss);
  CHECK(store.gradient(w)(0, 0) == 6);
  CHECK(store.gradient(w)(0, 1) == -4);
}

TEST_CASE("gradients of several losses and of several recordings add up until they are cleared") {
  sidera::parameters<double> store;
  auto const w = store.add("w", 1, 1);
  store.value(w) << 3;
  sidera::tape<double> t(store);
  for (int repeat = 0; repeat < 2; ++repeat) {
    t.reset();
    auto const x = t[w];
    t.backward({{sum(square(x)), 1.0}, {sum(x), 0.5}});
  }
  CHECK(store.gradient(w)(0, 0) == 2 * (6 + 0.5));
  store.clear_gradients();
  CHECK(store.gradient(w)(0, 0) == 0);
}

TEST_CASE("losses that are refused leave no gradient behind") {
  sidera::tape<double> t;
  auto const x = t.input(matrix<double>::Constant(1, 1, 2)), wide = t.input(matrix<double>::Ones(1, 2));
  auto const loss = square(x);
  CHECK_THROWS_AS(t.backward({{loss, 1.0}, {wide, 1.0}}), sidera::shape_error);
  CHECK_THROWS_AS(t.backward({{loss, 1.0}, {t.constant(1.0), 1.0}}), sidera::value_error);
  t.backward(loss);
  CHECK(x.gradient()(0, 0) == 4);
}

TEST_CASE("a branch that does not reach the loss gets no gradient and does no harm") {
  sidera::parameters<double> store;
  auto const w = store.add("w", 2, 2), unused = store.add("unused", 2, 2);
  store.value(w).setOnes();
  sidera::tape<double> t(store);
  auto const side = tanh(t[unused] * t[w]);
  t.backward(mean(t[w]));
  CHECK_FALSE(side.has_gradient());
  CHECK(store.gradient(unused).isZero(0));
  CHECK(store.gradient(w).isConstant(0.25));
}

TEST_CASE("inference records nothing and shares a constant store") {
  sidera::parameters<float> store;
  auto const w = store.add("w", 3, 3);
  store.value(w).setOnes();
  sidera::tape<float> t(std::as_const(store));
  auto const y = relu(matmul(t[w], t[w]));
  CHECK(y.value().isConstant(3));
  CHECK_FALSE(y.wants_gradient());
  CHECK(message_of<std::exception>([&] { t.backward(sum(y)); }) ==
        "tape::backward: the loss depends on no parameter and no input");
}

TEST_CASE("an input has a gradient without a store") {
  sidera::tape<float> t;
  auto const x = t.input(matrix<float>::Constant(2, 3, 2.0f));
  t.backward(sum(x * x));
  CHECK(x.gradient().isConstant(4));
  CHECK(message_of<std::exception>([&] { (void)t[sidera::parameter{0}]; }) ==
        "tape: this tape was made without parameters");
}

TEST_CASE("shape errors name the op and both shapes") {
  sidera::tape<float> t;
  auto const a = t.constant(matrix<float>(2, 3)), b = t.constant(matrix<float>(4, 5));
  CHECK(message_of<std::exception>([&] { (void)matmul(a, b); }) ==
        "matmul: shapes 2 x 3 and 4 x 5, expected the same inner size");
  CHECK(message_of<std::exception>([&] { (void)(a + b); }) ==
        "add: shapes 2 x 3 and 4 x 5, expected equal sizes, or a size of 1 to repeat");
  CHECK(message_of<std::exception>([&] { (void)dense(a, b, b); }) ==
        "dense: shapes 2 x 3 and 4 x 5, expected columns of x = rows of the weight");
  CHECK_THROWS_AS((void)a.item(), sidera::shape_error);
  CHECK_THROWS_AS(t.backward(a), sidera::shape_error);
}

TEST_CASE("empty matrices") {
  sidera::parameters<float> store;
  auto const w = store.add("w", 3, 4), b = store.add("b", 1, 4);
  sidera::tape<float> t(store);
  auto const y = dense(t.constant(matrix<float>(0, 3)), t[w], t[b], sidera::functions::tanh{});
  CHECK(y.rows() == 0);
  CHECK(y.cols() == 4);
  auto const loss = sum(y + t[b]);
  CHECK(loss.item() == 0);
  t.backward(loss);
  CHECK(store.gradient(w).isZero(0));
  auto const z = matmul(t.constant(matrix<float>(2, 0)), t.constant(matrix<float>(0, 3)));
  CHECK(z.value().isZero(0));
  CHECK_THROWS_AS((void)mean(t.constant(matrix<float>(0, 3))), sidera::shape_error);
}
