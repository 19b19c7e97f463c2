// SPDX-License-Identifier: MIT
#pragma once
#include <sidera/autodiff/elementwise.hpp>
#include <sidera/optimizers/concepts.hpp>
#include <sidera/optimizers/require_options.hpp>

namespace sidera::inline SIDERA_ABI {

/// Stochastic gradient descent with heavy-ball momentum: v <- momentum v + g, p <- p - learning_rate v, where g is the
/// gradient + weight_decay p; Sutskever et al., "On the importance of initialization and momentum" (ICML 2013).
struct sgd {
  static constexpr std::string_view name = "sgd";
  static constexpr std::size_t moments = 1;

  double learning_rate = 0.01;
  double momentum = 0;
  double weight_decay = 0;

  void require_options() const {
    detail::require_memory_option(momentum, "momentum", name);
    detail::require_finite_option(weight_decay, "weight_decay", name);
  }

  template <Scalar T>
  [[nodiscard]] auto at(std::size_t, double rate) const {
    using batch = simd::batch<T>;
    batch const keep(static_cast<T>(momentum)), decay(static_cast<T>(weight_decay)), lr(static_cast<T>(rate));
    return [=](T* p, T const* gradient, std::array<T*, 1> moment, std::size_t n) {
      T* const v = moment[0];
      detail::transform<T>(
          v, false, n, [=](batch vi, batch gi, batch pi) { return keep * vi + (gi + decay * pi); }, v, gradient, p);
      detail::transform<T>(
          p, false, n, [=](batch pi, batch vi) { return pi - lr * vi; }, p, v);
    };
  }
};
static_assert(UpdateStep<sgd>);

}  // namespace sidera::inline SIDERA_ABI
