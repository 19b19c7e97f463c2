// SPDX-License-Identifier: MIT
#pragma once
#include <sidera/core/matrix.hpp>
#include <string_view>
#include <vector>

namespace sidera::inline SIDERA_ABI {

/// Why the training of a codebook ended.
enum class stop_reason {
  codes_repeat,  ///< no row changed its word: a fixed point
  tolerance,     ///< the objective fell by less than the tolerance
  iterations,    ///< the number of iterations was used up
  frozen,        ///< the level was not trained
};

[[nodiscard]] constexpr std::string_view to_string(stop_reason reason) noexcept {
  switch (reason) {
    case stop_reason::codes_repeat:
      return "codes repeat";
    case stop_reason::tolerance:
      return "tolerance";
    case stop_reason::iterations:
      return "iterations";
    case stop_reason::frozen:
      return "frozen";
  }
  return "";
}

/// What training one codebook ended with, on the training rows.
struct level_report {
  std::size_t iterations = 0;
  stop_reason stopped = stop_reason::iterations;
  double objective = 0;       ///< mean metric between a row of this level's input and its word
  double relative_error = 0;  ///< sum of squared residuals after this level / sum of squared deviations from the mean
  double perplexity = 0;      ///< of the codes
  std::size_t dead_words = 0;
};

/// What `fit` ended with.
struct fit_report {
  std::vector<level_report> levels;
  code_matrix codes;  ///< of the training rows, N x L, as training left them
};

}  // namespace sidera::inline SIDERA_ABI
