// SPDX-License-Identifier: MIT
#pragma once
#include <sidera/core/check.hpp>
#include <vector>

namespace sidera::inline SIDERA_ABI {

/// What the words of a codebook have in common in every channel, and how they differ.
///
/// With weights w_i that add up to one, and r = 1 - sum_i w_i^2:
///   mean        m_k = sum_i w_i e_ik,
///   variance    V_k = sum_i w_i (e_ik - m_k)^2 / r,
///   similarity  S_k = sum over i != j of w_i w_j e_ik e_jk / r.
/// The double sum is not needed: every word meets the sum of those before it, which is also r = 2 sum_(j < i) w_i w_j,
/// without a difference that cancels where one word has nearly all the weight. With equal weights 1/N these are the
/// unbiased variance and the mean product of two different words, S_k = m_k^2 - V_k / N.
struct channel_moments {
  std::vector<double> mean, variance, similarity;

  /// Equal weights. Throws shape_error for fewer than two words.
  template <Scalar T>
  [[nodiscard]] static channel_moments of(matrix_cref<T> const& words) {
    if (words.rows() < 2)
      throw shape_error("channel_moments", "words are " + shape_text(words) + ", expected at least two rows");
    std::size_t const n = row_count(words), dim = column_count(words);
    channel_moments result = with_weights<T>(words, std::vector<double>(n, 1 / static_cast<double>(n)));
    for (std::size_t k = 0; k < dim; ++k)  // cancels less than the weighted form
      result.similarity[k] = result.mean[k] * result.mean[k] - result.variance[k] / static_cast<double>(n);
    return result;
  }

  /// Weights in proportion to `counts`, one per word: words that nobody uses have no say. Throws value_error when fewer
  /// than two words are in use.
  template <Scalar T>
  [[nodiscard]] static channel_moments of(matrix_cref<T> const& words, std::span<std::int64_t const> counts) {
    if (counts.size() != row_count(words))
      throw shape_error("channel_moments",
                        std::to_string(counts.size()) + " counts are given for words that are " + shape_text(words));
    double total = 0;
    std::size_t used = 0;
    for (std::int64_t const c : counts) {
      if (c < 0) throw value_error("channel_moments", "a count is negative");
      total += static_cast<double>(c);
      used += c > 0;
    }
    if (used < 2) throw value_error("channel_moments", std::to_string(used) + " words are in use, expected at least 2");
    std::vector<double> weights;
    for (std::int64_t const c : counts) weights.push_back(static_cast<double>(c) / total);
    return with_weights<T>(words, weights);
  }

 private:
  template <Scalar T>
  [[nodiscard]] static channel_moments with_weights(matrix_cref<T> const& words, std::vector<double> const& w) {
    require_finite<T>(words, "channel_moments", "words");
    std::size_t const dim = column_count(words);
    channel_moments result{std::vector<double>(dim, 0.0), std::vector<double>(dim, 0.0), std::vector<double>(dim, 0.0)};
    double rest = 0, before = 0;
    for (std::size_t i = 0; i < w.size(); ++i) {
      if (w[i] == 0) continue;
      rest += 2 * w[i] * before;
      before += w[i];
      auto const word = row_span(words, static_cast<index_t>(i));
      for (std::size_t k = 0; k < dim; ++k) {
        double const weighted = w[i] * static_cast<double>(word[k]);
        result.similarity[k] += 2 * weighted * result.mean[k];  // the mean so far: the words before this one
        result.mean[k] += weighted;
      }
    }
    for (std::size_t i = 0; i < w.size(); ++i) {
      if (w[i] == 0) continue;
      auto const word = row_span(words, static_cast<index_t>(i));
      for (std::size_t k = 0; k < dim; ++k) {
        double const off = static_cast<double>(word[k]) - result.mean[k];
        result.variance[k] += w[i] * off * off;
      }
    }
    for (std::size_t k = 0; k < dim; ++k) {
      result.variance[k] /= rest;
      result.similarity[k] /= rest;
    }
    return result;
  }
};

}  // namespace sidera::inline SIDERA_ABI
