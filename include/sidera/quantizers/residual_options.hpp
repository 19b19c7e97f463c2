// SPDX-License-Identifier: MIT
#pragma once
#include <cstdint>
#include <limits>
#include <sidera/core/error.hpp>
#include <sidera/core/scalar.hpp>
#include <string>
#include <vector>

namespace sidera::inline SIDERA_ABI {

/// The numbers of a residual quantizer; what changes code is a policy.
struct residual_quantizer_options {
  std::size_t levels = 3;
  std::size_t words = 256;                        ///< per level
  std::vector<std::size_t> words_per_level = {};  ///< one entry per level; overrides `words` where not empty
  std::size_t iterations = 25;                    ///< per level; with batches: epochs
  std::size_t restarts = 1;  ///< trainings per level from different first words; the lowest objective stays
  double tolerance = 0;      ///< stop when the objective falls by less than this share
  std::size_t beam = 1;      ///< hypotheses kept in training and encoding; 1 is greedy
  std::uint64_t seed = 1;
  bool warm_start = false;  ///< a second `fit` starts from the words there are, not from the initialiser

  [[nodiscard]] std::size_t words_at(std::size_t level) const {
    return words_per_level.empty() ? words : words_per_level.at(level);
  }
};

/// Throws value_error for numbers that make no model.
inline void check(residual_quantizer_options const& o) {
  constexpr std::string_view where = "residual_quantizer_options";
  if (o.levels == 0) throw value_error(where, "levels is 0, expected at least 1");
  if (!o.words_per_level.empty() && o.words_per_level.size() != o.levels)
    throw value_error(where, "words_per_level has " + std::to_string(o.words_per_level.size()) + " entries for " +
                                 std::to_string(o.levels) + " levels");
  for (std::size_t l = 0; l < o.levels; ++l)
    if (o.words_at(l) == 0 || o.words_at(l) > static_cast<std::size_t>(std::numeric_limits<code_t>::max()))
      throw value_error(where, "level " + std::to_string(l) + " has " + std::to_string(o.words_at(l)) +
                                   " words, expected 1 to 2^31 - 1");
  if (o.restarts == 0) throw value_error(where, "restarts is 0, expected at least 1");
  if (o.beam == 0) throw value_error(where, "beam is 0, expected at least 1");
  if (!(o.tolerance >= 0)) throw value_error(where, "tolerance must not be negative");
}

}  // namespace sidera::inline SIDERA_ABI
