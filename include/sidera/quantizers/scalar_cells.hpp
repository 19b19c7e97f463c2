// SPDX-License-Identifier: MIT
#pragma once
#include <algorithm>
#include <cmath>
#include <sidera/core/check.hpp>
#include <sidera/core/number_text.hpp>
#include <vector>

namespace sidera::inline SIDERA_ABI {

/// A scalar quantizer: cells between thresholds, each with a word.
template <Scalar T>
struct scalar_cells {
  std::vector<T> thresholds;  ///< ascending, one fewer than words
  std::vector<T> words;

  /// The number of thresholds below x: on a threshold the lower code.
  [[nodiscard]] code_t code(T x) const noexcept {
    return static_cast<code_t>(std::lower_bound(thresholds.begin(), thresholds.end(), x) - thresholds.begin());
  }
};

/// The cells of finite scalar quantization: round tanh u to the nearest of -1, -1 + 2 / (L - 1), ..., 1; Mentzer et
/// al., "Finite scalar quantization" (ICLR 2024), scaled to [-1, 1]. Thresholds are numbers u, words are
/// roundings of tanh u. With L = 2 it is the sign. Even L are symmetric around 0 too, where the paper's code
/// moves the grid by half a step so that 0 is a word.
template <Scalar T>
[[nodiscard]] scalar_cells<T> tanh_cells(std::size_t levels) {
  if (levels < 2) throw value_error("tanh_cells", "levels is " + to_text(levels) + ", expected at least 2");
  scalar_cells<T> cells;
  double const steps = static_cast<double>(levels - 1);
  for (std::size_t k = 0; k < levels; ++k) {
    double const word = (2 * static_cast<double>(k) - steps) / steps;
    cells.words.push_back(static_cast<T>(word));
    if (k + 1 < levels) cells.thresholds.push_back(static_cast<T>(std::atanh(word + 1 / steps)));
  }
  return cells;
}

}  // namespace sidera::inline SIDERA_ABI
