// SPDX-License-Identifier: MIT
#pragma once
/// \file  Kinds of quantizers as one axis of a grid. A kind makes a quantizer for any metric and update rule.
#include <sidera/experiments/run_point.hpp>
#include <sidera/quantizers/optimized_rotation.hpp>
#include <sidera/quantizers/product_quantizer.hpp>
#include <sidera/quantizers/residual_quantizer.hpp>
#include <sidera/residual_schemes/prefix.hpp>

namespace sidera::inline SIDERA_ABI {

/// A kind of quantizer.
///
/// Syntax:    `F::make<M, U>(point)` -> an unfitted quantizer with metric M and update rule U; optionally
///            `F::finish(quantizer, x, point)`, what training ends with after `fit`
/// Semantics: reads the numbers "levels", "words" and "iterations" and the seed; equal budget means equal "words" times
///            "levels", the number of words that are stored.
/// Models:    \ref vq_family, \ref rq_family, \ref psrq_family, \ref pq_family, \ref opq_family; those of
///            refined_families.hpp and trained_families.hpp.
template <class F, class M, class U>
concept QuantizerFamily = requires(run_point const& point) {
  F::template make<M, U>(point);
};

/// What family F makes.
template <class F, class M, class U>
requires QuantizerFamily<F, M, U>
using family_quantizer_t = decltype(F::template make<M, U>(std::declval<run_point const&>()));

namespace detail {

template <class M, class U>
using family_residual_quantizer = residual_quantizer<M, U, prefix_residual>;
template <class M, class U>
using family_product_quantizer = product_quantizer<M, U, optimized_rotation>;

template <class M, class U>
[[nodiscard]] family_residual_quantizer<M, U> make_residual(run_point const& p, double weight) {
  return family_residual_quantizer<M, U>(
      {.levels = p.count("levels"), .words = p.count("words"), .iterations = p.count("iterations"), .seed = p.seed}, {},
      {}, {.weight = weight});
}
template <class M, class U>
[[nodiscard]] family_product_quantizer<M, U> make_product(run_point const& p, std::size_t rounds) {
  return family_product_quantizer<M, U>(
      {.subspaces = p.count("levels"), .words = p.count("words"), .iterations = p.count("iterations"), .seed = p.seed},
      {}, {}, {.rounds = rounds});
}

}  // namespace detail

/// One codebook with "words" times "levels" words.
struct vq_family {
  static constexpr std::string_view name = "VQ";
  template <class M, UpdateRuleFor<M> U>
  [[nodiscard]] static auto make(run_point const& p) {
    return detail::family_residual_quantizer<M, U>({.levels = 1,
                                                    .words = p.count("words") * p.count("levels"),
                                                    .iterations = p.count("iterations"),
                                                    .seed = p.seed});
  }
};
/// Residual quantization: PSRQ of weight 0, which is the same bit for bit and compiled once.
struct rq_family {
  static constexpr std::string_view name = "RQ";
  template <class M, UpdateRuleFor<M> U>
  [[nodiscard]] static auto make(run_point const& p) {
    return detail::make_residual<M, U>(p, 0);
  }
};
/// Progressive semantic residual quantization with the number "prefix weight".
struct psrq_family {
  static constexpr std::string_view name = "PSRQ";
  template <class M, UpdateRuleFor<M> U>
  [[nodiscard]] static auto make(run_point const& p) {
    return detail::make_residual<M, U>(p, p.number("prefix weight"));
  }
};
/// Product quantization: a group of columns per level.
struct pq_family {
  static constexpr std::string_view name = "PQ";
  template <class M, UpdateRuleFor<M> U>
  [[nodiscard]] static auto make(run_point const& p) {
    return detail::make_product<M, U>(p, 0);
  }
};
/// Product quantization behind a learned rotation.
struct opq_family {
  static constexpr std::string_view name = "OPQ";
  template <class M, UpdateRuleFor<M> U>
  [[nodiscard]] static auto make(run_point const& p) {
    return detail::make_product<M, U>(p, optimized_rotation{}.rounds);
  }
};

}  // namespace sidera::inline SIDERA_ABI
