// SPDX-License-Identifier: MIT
#pragma once
/// \file  Residual quantizers that search or train more carefully, as kinds of quantizers in a grid.
#include <sidera/codebooks/progressive_dimensions.hpp>
#include <sidera/experiments/quantizer_family.hpp>
#include <sidera/quantizers/refine_jointly.hpp>

namespace sidera::inline SIDERA_ABI {
namespace detail {

[[nodiscard]] inline residual_quantizer_options residual_options_at(run_point const& p, std::size_t beam) {
  return {.levels = p.count("levels"),
          .words = p.count("words"),
          .iterations = p.count("iterations"),
          .beam = beam,
          .seed = p.seed};
}

inline constexpr std::size_t family_beam = 5, family_refits = 3;

/// Least squares of all levels' words at once, in turn with encoding; see \ref refine_jointly.
struct refitted_family {
  template <class Q>
  static void finish(Q& quantizer, matrix<float> const& x, run_point const&) {
    (void)refine_jointly(quantizer, x, family_refits);
  }
};

}  // namespace detail

/// RQ that keeps five hypotheses per row, in training and in encoding; the same type as RQ.
struct rq_beam_family {
  static constexpr std::string_view name = "RQ+beam";
  template <class M, UpdateRuleFor<M> U>
  [[nodiscard]] static auto make(run_point const& p) {
    return detail::family_residual_quantizer<M, U>(detail::residual_options_at(p, detail::family_beam), {}, {},
                                                   {.weight = 0});
  }
};
/// RQ whose k-means start in few principal directions.
struct rq_progressive_family {
  static constexpr std::string_view name = "RQ+progressive";
  template <class M, UpdateRuleFor<M> U>
  [[nodiscard]] static auto make(run_point const& p) {
    return residual_quantizer<M, U, additive_residual, progressive_dimensions>(detail::residual_options_at(p, 1));
  }
};
/// RQ, then three rounds of joint least squares.
struct rq_refit_family : detail::refitted_family {
  static constexpr std::string_view name = "RQ+refit";
  template <std::same_as<squared_euclidean> M, UpdateRuleFor<M> U>
  [[nodiscard]] static auto make(run_point const& p) {
    return residual_quantizer<M, U, additive_residual>(detail::residual_options_at(p, 1));
  }
};
/// Both: a beam, then joint least squares.
struct rq_beam_refit_family : detail::refitted_family {
  static constexpr std::string_view name = "RQ+beam+refit";
  template <std::same_as<squared_euclidean> M, UpdateRuleFor<M> U>
  [[nodiscard]] static auto make(run_point const& p) {
    return residual_quantizer<M, U, additive_residual>(detail::residual_options_at(p, detail::family_beam));
  }
};

}  // namespace sidera::inline SIDERA_ABI
