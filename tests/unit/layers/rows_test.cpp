// SPDX-License-Identifier: MIT
/// Layers that work on rows and on images.
#include "layer_law.hpp"

#include <sidera/autodiff/ops/gelu.hpp>
#include <sidera/autodiff/ops/tanh.hpp>
#include <sidera/layers/convolution.hpp>
#include <sidera/layers/embedding.hpp>
#include <sidera/layers/layer_normalization.hpp>
#include <sidera/layers/mlp.hpp>
#include <sidera/layers/sequential.hpp>
#include <sidera/layers/video_attention.hpp>

using gelu_unit = sidera::functions::gelu;
using tanh_unit = sidera::functions::tanh;

namespace {

sidera::random_stream const stream(3);
constexpr layer_law_options kinked{.step = 1e-5};

template <class T>
sidera::image_shape images(sidera::variable<T> x) {
  return {x.rows() / 6, 2, 3};
}

}  // namespace

TEST_CASE("layers of rows obey the laws") {
  layer_law("linear", 5, [](auto& store) {
    return [l = sidera::linear<tanh_unit>(store, "l", 5, 3, stream)](auto x) { return l(x); };
  });
  layer_law("linear without bias", 5, [](auto& store) {
    return [l = sidera::linear<gelu_unit>(store, "l", 5, 3, stream, {}, sidera::bias_use::no)](auto x) { return l(x); };
  });
  layer_law("mlp with dropout", 5, [](auto& store) {
    return [l = sidera::mlp<tanh_unit>(store, "m", {5, 7, 4, 2}, stream, 0.3)](auto x) {
      return l(x, sidera::pass{true, 12});
    };
  });
  layer_law("sequential", 4,
            [](auto& store) {
              return [l = sidera::sequential(sidera::linear<>(store, "l", 4, 6, stream),
                                             sidera::layer_normalization(store, "n", 6))](auto x) { return l(x); };
            },
            {.float_tolerance = 3e-5});
}

TEST_CASE("layers of images obey the laws") {
  layer_law("convolution", 2, [](auto& store) {
    return [l = sidera::convolution<tanh_unit>(store, "c", 2, 3, {3, 2, 1, 1, 1, 1}, stream)](auto x) {
      return l(x, images(x));
    };
  });
  layer_law("transposed convolution", 3, [](auto& store) {
    return [l = sidera::transposed_convolution<tanh_unit>(store, "c", 3, 2, {2, 2, 2, 2}, stream)](auto x) {
      return l(x, images(x));
    };
  });
  layer_law(
      "residual stack", 3,
      [](auto& store) {
        return [l = sidera::residual_stack(store, "r", 2, 3, 2, {3, 3, 1, 1, 1, 1}, stream)](auto x) {
          return l(x, images(x));
        };
      },
      kinked);
  layer_law(
      "video attention", 4,
      [](auto& store) {
        return [l = sidera::video_attention(store, "v", 4, 2, 3, stream)](auto x) {
          return l(x, sidera::sequence_shape{x.rows() / 6, 6});
        };
      },
      kinked);
}

TEST_CASE("a transposed convolution is the adjoint of the convolution with the same weights") {
  sidera::parameters<double> store;
  sidera::window_shape const window{3, 2, 2, 1, 1, 0};
  sidera::convolution<> const forward(store, "f", 2, 3, window, stream);
  sidera::transposed_convolution<> const back(store, "b", 3, 2, window, stream);
  store.value(back.weight) = store.value(forward.pixels.weight).transpose();
  sidera::image_shape const large{2, 5, 4}, small = forward.shape(large);
  CHECK(back.shape(small).rows() == large.rows());
  sidera::tape<double> t(store);
  sidera::matrix<double> x(40, 2), y(static_cast<sidera::index_t>(small.rows()), 3);
  for (sidera::index_t i = 0; i < x.size(); ++i) x.data()[i] = stream.normal(std::uint64_t(i));
  for (sidera::index_t i = 0; i < y.size(); ++i) y.data()[i] = stream.fork(1).normal(std::uint64_t(i));
  double const a = forward(t.refer(x), large).value().cwiseProduct(y).sum();
  double const b = back(t.refer(y), small).value().cwiseProduct(x).sum();
  CHECK(a == doctest::Approx(b).epsilon(1e-12));
}

TEST_CASE("dropout is at work in training alone and depends on the step") {
  sidera::tape<float> t;
  auto const x = t.input(sidera::matrix<float>::Ones(40, 25));
  sidera::dropout_layer const drop{0.25, stream};
  CHECK((drop(x).value().array() == 1).all());
  sidera::matrix<float> const first = drop(x, {true, 1}).value(), again = drop(x, {true, 1}).value(),
                              second = drop(x, {true, 2}).value();
  CHECK((first.array() == again.array()).all());
  CHECK((first.array() != second.array()).any());
  CHECK((first.array() == 0).count() > 200);
  CHECK((first.array() == 0).count() < 300);
  CHECK(((first.array() == 0) || (first.array() == 1.0f / 0.75f)).all());
}

TEST_CASE("embedding: rows, zeros for negative ids, gradients of the touched rows, an error that names the row") {
  sidera::parameters<double> store;
  sidera::embedding const items(store, "items", 6, 3, stream);
  sidera::tape<double> t(store);
  std::vector<sidera::code_t> const ids{4, -1, 4, 0};
  auto const y = items(t, std::span<sidera::code_t const>(ids));
  CHECK((y.value().row(0) - store.value(items.table).row(4)).norm() == 0);
  CHECK(y.value().row(1).norm() == 0);
  t.backward(sum(y));
  sidera::matrix<double> const g = store.gradient(items.table);
  CHECK(g.row(4).sum() == 6);
  CHECK(g.row(0).sum() == 3);
  CHECK(g.sum() == 9);
  std::vector<sidera::code_t> const bad{1, 6};
  CHECK_THROWS_AS((void)items(t, std::span<sidera::code_t const>(bad)), sidera::argument_error);
}

TEST_CASE("embedding: sums of rows are those that it adds up") {
  sidera::parameters<double> store;
  sidera::embedding const items(store, "items", 6, 3, stream);
  sidera::tape<double> t(store);
  sidera::code_matrix ids(3, 2);
  ids << 4, 1, -1, 4, 0, 0;
  CHECK((items.sums(t, ids).sums().value().array() == items(t, ids).value().array()).all());
}

TEST_CASE("initialisers: scales, orthogonality, the same numbers for the same stream") {
  using sidera::matrix;
  sidera::parameters<double> store;
  auto const make = [&](auto init, std::size_t rows, std::size_t cols) {
    auto const p = sidera::add_weight(store, "w" + std::to_string(store.size()), rows, cols, init, stream);
    return matrix<double>(store.value(p));
  };
  auto const deviation = [](matrix<double> const& m) { return std::sqrt(m.squaredNorm() / double(m.size())); };
  CHECK(make(sidera::xavier_uniform{}, 200, 100).cwiseAbs().maxCoeff() <= std::sqrt(6.0 / 300));
  CHECK(deviation(make(sidera::xavier_uniform{}, 200, 100)) == doctest::Approx(std::sqrt(2.0 / 300)).epsilon(0.02));
  CHECK(deviation(make(sidera::kaiming_uniform{}, 200, 100)) == doctest::Approx(std::sqrt(2.0 / 200)).epsilon(0.02));
  CHECK(deviation(make(sidera::kaiming_normal{}, 200, 100)) == doctest::Approx(std::sqrt(2.0 / 200)).epsilon(0.02));
  CHECK(deviation(make(sidera::normal_weights{0.02}, 200, 100)) == doctest::Approx(0.02).epsilon(0.02));
  CHECK(make(sidera::uniform_weights{0.05}, 20, 10).cwiseAbs().maxCoeff() <= 0.05);
  matrix<double> const tall = make(sidera::orthogonal_weights{}, 12, 5),
                       wide = make(sidera::orthogonal_weights{}, 5, 12);
  CHECK((tall.transpose() * tall - matrix<double>::Identity(5, 5)).norm() < 1e-14);
  CHECK((wide * wide.transpose() - matrix<double>::Identity(5, 5)).norm() < 1e-14);
  sidera::parameters<float> one, other;
  sidera::mlp<> const a(one, "m", {3, 4, 2}, stream), b(other, "m", {3, 4, 2}, stream);
  for (std::size_t p = 0; p < one.size(); ++p) CHECK(one.value({p}) == other.value({p}));
}

TEST_CASE("wrong sizes are refused and both are named") {
  sidera::parameters<float> store;
  sidera::tape<float> t;
  sidera::linear<> const l(store, "l", 5, 3, stream);
  sidera::tape<float> with(store);
  auto const x = with.constant(sidera::matrix<float>::Zero(4, 6));
  auto const names = [](auto const& call, std::string const& a, std::string const& b) {
    try {
      call();
      FAIL("expected a shape_error");
    } catch (sidera::shape_error const& e) {
      std::string const text = e.what();
      CAPTURE(text);
      CHECK(text.find(a) != std::string::npos);
      CHECK(text.find(b) != std::string::npos);
    }
  };
  names([&] { (void)l(x); }, "4 x 6", "5 x 3");
  CHECK_THROWS_AS((sidera::mlp<>(store, "m", {3}, stream)), sidera::value_error);
  CHECK_THROWS_AS((sidera::linear<>(store, "l", 5, 3, stream)), sidera::value_error);  // the name is taken
  sidera::parameters<float> more;
  sidera::layer_normalization const norm(more, "n", 5);
  sidera::convolution<> const c(more, "c", 3, 2, {3, 3}, stream);
  sidera::tape<float> s(more);
  auto const z = s.constant(sidera::matrix<float>::Zero(4, 6));
  names([&] { (void)norm(z); }, "4 x 6", "1 x 5");
  CHECK_THROWS_AS((void)c(z, {1, 2, 3}), sidera::shape_error);  // 4 rows are not 6 pixels
  CHECK_THROWS_AS((void)c(z, {1, 2, 2}), sidera::shape_error);  // the window does not fit
}
