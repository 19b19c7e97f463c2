// SPDX-License-Identifier: MIT
#pragma once
#include <cmath>
#include <sidera/autodiff/elementwise.hpp>

namespace sidera::inline SIDERA_ABI {

/// y = gain (x - mean) / (variance + epsilon)^1/2 + bias over the columns of each row, with the biased variance; Ba,
/// Kiros and Hinton, "Layer Normalization" (2016). x is N x D, `gain` and `bias` 1 x D.
template <Scalar T>
[[nodiscard]] variable<T> layer_norm(variable<T> x, variable<T> gain, variable<T> bias, double epsilon = 1e-5) {
  require_shapes(gain.rows() == 1 && gain.cols() == x.cols(), "layer_norm", x, gain, "a gain of 1 x columns");
  require_shapes(bias.rows() == 1 && bias.cols() == x.cols(), "layer_norm", x, bias, "a bias of 1 x columns");
  using batch = simd::batch<T>;
  tape<T>& t = x.owner();
  std::size_t const m = x.rows(), n = x.cols();
  variable<T> const y = t.result(m, n, x, gain, bias);
  T* const normal = t.scratch(m * n);  // (x - mean) / deviation
  T* const inverse = t.scratch(m);     // 1 / deviation
  detail::parallel_for(t, m, n, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      T* const z = normal + i * n;
      batch const mean(static_cast<T>(detail::sum_of<T>(x.data() + i * n, n) / static_cast<double>(n)));
      detail::transform<T>(
          z, false, n, [=](batch v) { return v - mean; }, x.data() + i * n);
      inverse[i] = static_cast<T>(1 / std::sqrt(detail::dot_of<T>(z, z, n) / static_cast<double>(n) + epsilon));
      detail::transform<T>(
          z, false, n, [r = batch(inverse[i])](batch v) { return v * r; }, z);
      detail::transform<T>(
          y.data() + i * n, false, n, [](batch v, batch g, batch b) { return v * g + b; }, z, gain.data(), bias.data());
    }
  });
  t.on_backward(
      [=, &t] {
        T* const g = y.gradient_data();
        auto const to_gain = gain.target(), to_bias = bias.target();
        detail::parallel_columns(t, m, n, [&](std::size_t a, std::size_t b) {
          if (to_gain && !to_gain.add) std::fill(to_gain.data + a, to_gain.data + b, T(0));
          if (to_bias && !to_bias.add) std::fill(to_bias.data + a, to_bias.data + b, T(0));
          std::array const sums{to_gain ? to_gain.data + a : nullptr, to_bias ? to_bias.data + a : nullptr};
          detail::add_rows(sums, m, b - a, [&](std::size_t i, std::size_t j, std::size_t count) {
            std::size_t const at = i * n + a + j;
            if (sums[0] != nullptr)
              detail::transform<T>(
                  sums[0] + j, true, count, [](batch u, batch v) { return u * v; }, g + at, normal + at);
            if (sums[1] != nullptr)
              detail::transform<T>(
                  sums[1] + j, true, count, [](batch u) { return u; }, g + at);
          });
        });
        auto const to = x.target();
        if (!to) return;
        detail::parallel_for(t, m, n, [&](std::size_t begin, std::size_t end) {
          for (std::size_t i = begin; i < end; ++i) {
            T const* const z = normal + i * n;
            T* const u = g + i * n;  // becomes the gradient of the normalised row
            detail::transform<T>(
                u, false, n, [](batch v, batch w) { return v * w; }, u, gain.data());
            batch const mean(static_cast<T>(detail::sum_of<T>(u, n) / static_cast<double>(n)));
            batch const slope(static_cast<T>(detail::dot_of<T>(u, z, n) / static_cast<double>(n))), r(inverse[i]);
            detail::transform<T>(
                to.data + i * n, to.add, n, [=](batch v, batch w) { return (v - mean - w * slope) * r; }, u, z);
          }
        });
      },
      y);
  return y;
}

}  // namespace sidera::inline SIDERA_ABI
