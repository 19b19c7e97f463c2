// SPDX-License-Identifier: MIT
#pragma once
#include <sidera/evaluation/confidence.hpp>
#include <sidera/io/markup.hpp>

namespace sidera::inline SIDERA_ABI {

/// "0.793 ± 0.012": the mean and half the width of its interval, or the mean alone of a single value, which has none.
/// `signs` puts a plus before what is not negative, for differences.
[[nodiscard]] inline std::string interval_text(interval_estimate const& e, int decimals = 3, bool signs = false) {
  std::string text = fixed_text(e.mean, decimals);
  if (signs && std::isfinite(e.mean) && text.front() != '-') text.insert(text.begin(), '+');
  return e.count < 2 ? text : text + " \u00b1 " + fixed_text(e.half_width(), decimals);
}

}  // namespace sidera::inline SIDERA_ABI
