// SPDX-License-Identifier: MIT
#pragma once
#include <cmath>
#include <limits>
#include <sidera/autodiff/batch_math.hpp>
#include <sidera/autodiff/elementwise.hpp>
#include <sidera/optimizers/concepts.hpp>
#include <sidera/optimizers/require_options.hpp>

namespace sidera::inline SIDERA_ABI {
namespace detail {

/// Numbers that the Adam rules share; `decoupled` decay shrinks p instead of adding to the gradient.
struct adam_numbers {
  double beta1, beta2, epsilon, weight_decay;
  bool decoupled;
};

/// epsilon 0 divides 0 by 0 where a number has had no gradient yet.
inline void require_adam_options(adam_numbers const& o, std::string_view rule) {
  require_memory_option(o.beta1, "beta1", rule);
  require_memory_option(o.beta2, "beta2", rule);
  require_finite_option(o.weight_decay, "weight_decay", rule);
  if (!(o.epsilon > 0 && std::isfinite(o.epsilon)))
    throw value_error(rule, "epsilon is " + to_text(o.epsilon) + ", expected a finite number above 0");
}

/// m <- b1 m + (1 - b1) g, s <- b2 s + (1 - b2) g^2, p <- p - rate (m / (1 - b1^n)) / ((s / (1 - b2^n))^1/2 + epsilon).
/// A gradient whose square leaves the range of T counts as the largest one whose square does not: a step hardly depends
/// on its size, but an infinite s would stop p for ever.
template <Scalar T>
[[nodiscard]] auto adam_update(adam_numbers o, std::size_t n, double rate) {
  using batch = simd::batch<T>;
  auto const lanes = [](double x) { return batch(static_cast<T>(x)); };
  double const c1 = 1 - std::pow(o.beta1, static_cast<double>(n)), c2 = 1 - std::pow(o.beta2, static_cast<double>(n));
  batch const b1 = lanes(o.beta1), b1c = lanes(1 - o.beta1), b2 = lanes(o.beta2), b2c = lanes(1 - o.beta2);
  batch const step = lanes(rate / c1), root = lanes(1 / std::sqrt(c2)), epsilon = lanes(o.epsilon);
  batch const coupled = lanes(o.decoupled ? 0 : o.weight_decay);
  batch const shrink = lanes(o.decoupled ? 1 - rate * o.weight_decay : 1);
  batch const most = lanes(std::sqrt(static_cast<double>(std::numeric_limits<T>::max()) / 2));
  return [=](T* p, T const* gradient, std::array<T*, 2> moment, std::size_t count) {
    generate<T>(p, false, count, [&](std::size_t i, std::size_t some) {
      batch const pi = load_some<T>(p + i, some), raw = load_some<T>(gradient + i, some) + coupled * pi;
      batch const g = batch_math::min(most, batch_math::max(-most, raw));
      batch const m = b1 * load_some<T>(moment[0] + i, some) + b1c * g;
      batch const s = b2 * load_some<T>(moment[1] + i, some) + b2c * (g * g);
      store_some<T>(moment[0] + i, m, some);
      store_some<T>(moment[1] + i, s, some);
      return shrink * pi - step * m / (batch_math::sqrt(s) * root + epsilon);
    });
  };
}

}  // namespace detail

/// Adam; Kingma and Ba, "Adam: a method for stochastic optimization" (ICLR 2015), algorithm 1. `weight_decay` is added
/// to the gradient (an L2 penalty). On row-sparse tables untouched rows keep their moments (lazy Adam).
struct adam {
  static constexpr std::string_view name = "adam";
  static constexpr std::size_t moments = 2;

  double learning_rate = 1e-3;
  double beta1 = 0.9;
  double beta2 = 0.999;
  double epsilon = 1e-8;
  double weight_decay = 0;

  void require_options() const { detail::require_adam_options(numbers(), name); }

  template <Scalar T>
  [[nodiscard]] auto at(std::size_t n, double rate) const {
    return detail::adam_update<T>(numbers(), n, rate);
  }

 private:
  [[nodiscard]] detail::adam_numbers numbers() const noexcept { return {beta1, beta2, epsilon, weight_decay, false}; }
};
static_assert(UpdateStep<adam>);

/// Adam with decoupled weight decay: p <- (1 - learning_rate weight_decay) p before the step; Loshchilov and Hutter,
/// "Decoupled weight decay regularization" (ICLR 2019), algorithm 2.
struct adamw {
  static constexpr std::string_view name = "adamw";
  static constexpr std::size_t moments = 2;

  double learning_rate = 1e-3;
  double beta1 = 0.9;
  double beta2 = 0.999;
  double epsilon = 1e-8;
  double weight_decay = 0.01;

  void require_options() const { detail::require_adam_options(numbers(), name); }

  template <Scalar T>
  [[nodiscard]] auto at(std::size_t n, double rate) const {
    return detail::adam_update<T>(numbers(), n, rate);
  }

 private:
  [[nodiscard]] detail::adam_numbers numbers() const noexcept { return {beta1, beta2, epsilon, weight_decay, true}; }
};
static_assert(UpdateStep<adamw>);

}  // namespace sidera::inline SIDERA_ABI
