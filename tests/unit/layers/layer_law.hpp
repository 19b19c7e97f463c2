// SPDX-License-Identifier: MIT
#pragma once
/// \file  The laws of a layer, as one line each:
///        layer_law("linear", 5, [](auto& store) { return [l = linear<>(store, "l", 5, 3, stream)](auto x) { ... }; });
///
///  - the gradients of the input and of every parameter equal a five-point difference quotient in double,
///  - float agrees with double, and is the same bit for bit on 1, 2 and 4 threads,
///  - an empty batch gives an empty result and finite gradients.
#include <laws/gradient_laws.hpp>

struct layer_law_options {
  std::size_t rows = 6, large = 384;  ///< of the input; the second for the threads
  double step = 1e-3;                 ///< of the difference quotient; small for layers with kinks
  double float_tolerance = 1e-5;
};

namespace layer_laws {

using sidera::index_t;

/// The store of a layer with the input as its last parameter, so that both are differentiated in the same way. All
/// numbers depend on their place alone and are the same in float and double.
template <class T, class Make>
struct bench {
  sidera::parameters<T> store;
  decltype(std::declval<Make const&>()(std::declval<sidera::parameters<T>&>())) layer;
  sidera::parameter x;

  bench(Make const& make, std::size_t rows, std::size_t cols)
      : layer(make(store)), x(store.add("the input", rows, cols)) {
    for (std::size_t p = 0; p < store.size(); ++p) {
      auto value = store.value({p});
      for (index_t i = 0; i < value.size(); ++i)
        value.data()[i] = static_cast<T>(
            static_cast<float>(1.6 * sidera::random_stream(77, p).uniform(static_cast<std::uint64_t>(i)) - 0.8));
    }
  }

  double loss(bool backward, sidera::executor_ref executor = {}, std::vector<T>* y = nullptr) {
    store.clear_gradients();
    sidera::tape<T> t(store, executor);
    sidera::variable<T> const result = layer(t[x]);
    if (y != nullptr) y->assign(result.data(), result.data() + result.size());
    sidera::variable<T> const l = laws::detail::weighted(result, 99);
    if (backward) t.backward(l);
    return static_cast<double>(l.item());
  }
  [[nodiscard]] std::vector<double> gradients() const {
    std::vector<double> all;
    for (std::size_t p = 0; p < store.size(); ++p) {
      sidera::matrix<T> const g = store.gradient({p});
      for (index_t i = 0; i < g.size(); ++i) all.push_back(static_cast<double>(g.data()[i]));
    }
    return all;
  }
  [[nodiscard]] std::vector<double> quotients(double h) {
    std::vector<double> all;
    for (std::size_t p = 0; p < store.size(); ++p) {
      auto value = store.value({p});
      for (index_t i = 0; i < value.size(); ++i) {
        T const kept = value.data()[i];
        auto const at = [&](double d) {
          value.data()[i] = kept + static_cast<T>(d);
          double const l = loss(false);
          value.data()[i] = kept;
          return l;
        };
        all.push_back((8 * (at(h) - at(-h)) - (at(2 * h) - at(-2 * h))) / (12 * h));
      }
    }
    return all;
  }
};

}  // namespace layer_laws

template <class Make>
void layer_law(std::string const& name, std::size_t cols, Make const& make, layer_law_options const& o = {}) {
  using laws::detail::worst;
  CAPTURE(name);
  layer_laws::bench<double, Make> exact(make, o.rows, cols);
  layer_laws::bench<float, Make> single(make, o.rows, cols), large(make, o.large, cols), empty(make, 0, cols);
  std::vector<double> y;
  std::vector<float> y_single;
  exact.loss(true, {}, &y);
  single.loss(true, {}, &y_single);
  auto const gradients = exact.gradients();
  CHECK(worst(std::vector<double>(y_single.begin(), y_single.end()), y) < o.float_tolerance);
  CHECK(worst(single.gradients(), gradients) < o.float_tolerance);
  CHECK(worst(gradients, exact.quotients(o.step)) < 1e-8);

  std::vector<float> one, several;
  large.loss(true, {}, &one);
  auto const expected = large.gradients();
  for (std::size_t const threads : {std::size_t{2}, std::size_t{4}}) {
    sidera::thread_pool pool(threads);
    large.loss(true, pool, &several);
    CHECK(several == one);
    CHECK(large.gradients() == expected);
  }
  std::vector<float> none;
  CHECK(empty.loss(true, {}, &none) == 0);
  CHECK(none.empty());
  auto const zeros = empty.gradients();
  CHECK(worst(zeros, std::vector<double>(zeros.size(), 0)) == 0);
}
