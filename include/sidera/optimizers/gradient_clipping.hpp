// SPDX-License-Identifier: MIT
#pragma once
#include <cmath>
#include <sidera/autodiff/elementwise.hpp>
#include <sidera/core/row_scale.hpp>

namespace sidera::inline SIDERA_ABI {
namespace detail {

/// Calls f(gradient, count) for every piece of the gradients of the parameters whose name begins with `prefix`, in
/// order: a parameter at a time, of row-sparse tables the touched rows.
template <Scalar T, class F>
void for_each_gradient(parameters<T>& store, std::string_view prefix, F const& f) {
  for (std::size_t i = 0; i < store.size(); ++i) {
    node<T>& n = store.raw({i});
    if (!n.has_gradient || !std::string_view(store.name({i})).starts_with(prefix)) continue;
    if (n.touched == nullptr)
      f(n.gradient, n.size());
    else
      for (std::uint32_t const row : n.touched->rows) f(n.gradient + row * n.cols, n.cols);
  }
}

/// The norm of gradients whose squares leave the range of T.
template <Scalar T>
[[nodiscard]] double scaled_gradient_norm(parameters<T>& store, std::string_view prefix) {
  T largest = 0;
  for_each_gradient(store, prefix,
                    [&](T const* g, std::size_t n) { largest = std::max(largest, largest_size(std::span(g, n))); });
  int const exponent = size_exponent(largest);
  double sum = 0;
  for_each_gradient(store, prefix, [&](T const* g, std::size_t n) {
    for (std::size_t i = 0; i < n; ++i) {
      double const part = std::ldexp(static_cast<double>(g[i]), -exponent);
      sum += part * part;
    }
  });
  return std::ldexp(std::sqrt(sum), exponent);
}

}  // namespace detail

/// The Euclidean norm of all gradients together, of the parameters whose name begins with `prefix`.
template <Scalar T>
[[nodiscard]] double gradient_norm(parameters<T>& store, std::string_view prefix = "") {
  double sum = 0;
  std::size_t count = 0;
  detail::for_each_gradient(store, prefix, [&](T const* g, std::size_t n) {
    sum += detail::dot_of<T>(g, g, n);
    count += n;
  });
  return squares_in_range<T>(sum, count) ? std::sqrt(sum) : detail::scaled_gradient_norm(store, prefix);
}

/// Multiplies these gradients by min(1, max_norm / (norm + 1e-6)) and returns the norm they had; Pascanu, Mikolov and
/// Bengio, "On the difficulty of training recurrent neural networks" (ICML 2013). One call with a prefix per module
/// ("audio_encoder.") clips module by module. A norm that is not finite leaves them as they are: an optimiser refuses
/// them, and names the parameter.
template <Scalar T>
double clip_gradient_norm(parameters<T>& store, double max_norm, std::string_view prefix = "") {
  if (!(max_norm > 0))
    throw value_error("clip_gradient_norm", "max_norm is " + std::to_string(max_norm) + ", expected > 0");
  double const norm = gradient_norm(store, prefix), factor = max_norm / (norm + 1e-6);
  if (!(factor < 1) || !std::isfinite(norm)) return norm;
  detail::for_each_gradient(store, prefix, [c = simd::batch<T>(static_cast<T>(factor))](T* g, std::size_t n) {
    detail::transform<T>(
        g, false, n, [c](simd::batch<T> v) { return v * c; }, g);
  });
  return norm;
}

}  // namespace sidera::inline SIDERA_ABI
