// SPDX-License-Identifier: MIT
#pragma once
#include <sidera/autodiff/ops/identity.hpp>

namespace sidera::inline SIDERA_ABI {
namespace detail {

/// Bias and activation of a finished piece of a row, while it is in cache.
template <Scalar T, class F>
struct activation_epilogue {
  F f;
  T const* bias;
  T* before;  ///< where x W + b is kept, null if the derivative does not need it
  std::size_t cols;

  void operator()(T* values, std::size_t row, std::size_t col, std::size_t count) const {
    using batch = simd::batch<T>;
    auto const sum = [](batch v, batch b) { return v + b; };
    if (before == nullptr)
      return transform<T>(
          values, false, count, [this](batch v, batch b) { return f.f(v + b); }, values, bias + col);
    T* const z = before + row * cols + col;
    transform<T>(z, false, count, sum, values, bias + col);
    transform<T>(
        values, false, count, [this](batch v) { return f.f(v); }, z);
  }
};

}  // namespace detail

/// y = f(x W + b): a dense layer with its activation in one pass. x is N x I, `weight` I x O, `bias` 1 x O.
template <Scalar T, class F = functions::identity>
requires ElementwiseFunction<F, T>
[[nodiscard]] variable<T> dense(variable<T> x, variable<T> weight, variable<T> bias, F f = {}) {
  require_shapes(x.cols() == weight.rows(), "dense", x, weight, "columns of x = rows of the weight");
  require_shapes(bias.rows() == 1 && bias.cols() == weight.cols(), "dense", weight, bias, "a bias of 1 x columns");
  using batch = simd::batch<T>;
  tape<T>& t = x.owner();
  std::size_t const m = x.rows(), k = x.cols(), n = weight.cols();
  variable<T> const y = t.result(m, n, x, weight, bias);
  T* const before = derivative_from_output<F> || !y.wants_gradient() ? nullptr : t.scratch(m * n);
  t.product(m, n, k, simd::row_major<T>(x.data(), k), simd::row_major<T>(weight.data(), n), y.data(), n, false,
            detail::activation_epilogue<T, F>{f, bias.data(), before, n});
  t.on_backward(
      [=, &t] {
        T* const g = y.gradient_data();  // becomes the gradient of x W + b
        T const* const z = before == nullptr ? y.data() : before;
        gradient_target<T> const to_bias = bias.target();
        detail::parallel_columns(t, m, n, [&](std::size_t a, std::size_t b) {
          if (to_bias && !to_bias.add) std::fill(to_bias.data + a, to_bias.data + b, T(0));
          T* const sums = to_bias ? to_bias.data + a : nullptr;
          detail::add_rows(std::array{sums}, m, b - a, [&](std::size_t i, std::size_t j, std::size_t count) {
            std::size_t const at = i * n + a + j;
            if constexpr (!std::is_same_v<F, functions::identity>)
              detail::transform<T>(
                  g + at, false, count, [f](batch u, batch v, batch w) { return u * f.d(v, w); }, g + at, z + at,
                  y.data() + at);
            if (sums != nullptr)
              detail::transform<T>(
                  sums + j, true, count, [](batch u) { return u; }, g + at);
          });
        });
        auto const gradient = simd::row_major<T>(g, n);
        if (auto const to = weight.target())
          t.product(k, n, m, simd::row_major<T>(x.data(), k).transposed(), gradient, to.data, n, to.add);
        if (auto const to = x.target())
          t.product(m, k, n, gradient, simd::row_major<T>(weight.data(), n).transposed(), to.data, k, to.add);
      },
      y);
  return y;
}

}  // namespace sidera::inline SIDERA_ABI
