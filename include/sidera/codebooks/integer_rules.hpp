// SPDX-License-Identifier: MIT
#pragma once
/// \file  The rules of the integer pass of a search.
#include <limits>
#include <sidera/codebooks/score_rules.hpp>
#include <sidera/simd/integer_panels.hpp>

namespace sidera::inline SIDERA_ABI {

/// Scores of linear metrics that are searched by integers first: single precision, where there are integer registers.
template <Scalar T, Metric M>
inline constexpr bool has_integer_pass = std::is_same_v<T, float>&& LinearMetric<M>&& simd::detail::has_integer_tile;

/// The rules of simd::word_scan for integers: those of `rules`, whose slack grows by what the integers cost.
template <LinearMetric M>
class integer_rules {
 public:
  /// `memory` has room for a row; it and the arguments must outlive the rules.
  integer_rules(score_rules<float, M> const& rules, simd::integer_panels const& panels, float* memory)
      : rules_(rules), panels_(panels), centred_(memory) {}

  [[nodiscard]] float prepare(float const* x, std::int16_t* out) const noexcept {
    double const length = rules_.centre(x, centred_);
    if (!(rules_.slack(length, 0) <= std::numeric_limits<float>::max())) {
      std::fill_n(out, panels_.row_length(), std::int16_t{0});
      return std::numeric_limits<float>::infinity();
    }
    double const row_error = panels_.load_row(centred_, out);
    return rules_.slack(length, panels_.score_error(length, row_error));
  }
  [[nodiscard]] SIDERA_ALWAYS_INLINE float lowest(float best, float slack) const noexcept {
    return rules_.lowest(best, slack);
  }

 private:
  score_rules<float, M> const& rules_;
  simd::integer_panels const& panels_;
  float* centred_;
};

}  // namespace sidera::inline SIDERA_ABI
