// SPDX-License-Identifier: MIT
#pragma once
/// \file  How well scores tell ones from zeros. `target` holds 0 or 1 per row; scores must not be NaN.
#include <algorithm>
#include <cmath>
#include <numeric>
#include <sidera/core/error.hpp>
#include <sidera/core/scalar.hpp>
#include <span>
#include <string>
#include <vector>

namespace sidera::inline SIDERA_ABI {

namespace detail {

/// Row numbers by descending score; equal scores keep their order.
[[nodiscard]] inline std::vector<std::size_t> descending_order(std::span<double const> scores) {
  std::vector<std::size_t> order(scores.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(),
            [&](std::size_t a, std::size_t b) { return scores[a] > scores[b] || (scores[a] == scores[b] && a < b); });
  return order;
}

/// Throws value_error with the first row whose number is outside [0, 1].
inline void require_probabilities(std::span<double const> probability, std::string_view function) {
  for (std::size_t i = 0; i < probability.size(); ++i)
    if (!(probability[i] >= 0 && probability[i] <= 1))
      throw value_error(function, "row " + std::to_string(i) + " is no probability", i);
}

inline void require_scores(std::size_t targets, std::span<double const> scores, std::string_view function) {
  if (targets != scores.size())
    throw shape_error(function,
                      "target has " + std::to_string(targets) + " rows, score has " + std::to_string(scores.size()));
  if (targets == 0) throw shape_error(function, "there are no rows");
  for (std::size_t i = 0; i < scores.size(); ++i)
    if (std::isnan(scores[i])) throw value_error(function, "score of row " + std::to_string(i) + " is a NaN", i);
}

/// Checks both and returns the number of ones.
inline std::size_t count_ones(std::span<code_t const> target, std::span<double const> scores,
                              std::string_view function) {
  require_scores(target.size(), scores, function);
  std::size_t ones = 0;
  for (std::size_t i = 0; i < target.size(); ++i) {
    if (target[i] != 0 && target[i] != 1)
      throw value_error(function, "target of row " + std::to_string(i) + " is " + std::to_string(target[i]), i);
    ones += target[i] == 1;
  }
  return ones;
}

}  // namespace detail

/// The chance that a random one scores higher than a random zero; ties count half. Exact: pairs are counted in
/// integers. Throws value_error where there are only ones or only zeros.
[[nodiscard]] inline double roc_auc(std::span<code_t const> target, std::span<double const> scores) {
  std::size_t const ones = detail::count_ones(target, scores, "roc_auc"), zeros = target.size() - ones;
  if (ones == 0 || zeros == 0)
    throw value_error("roc_auc", std::string("target has only ") + (ones == 0 ? "zeros" : "ones"));
  auto const order = detail::descending_order(scores);
  std::uint64_t doubled = 0, ones_above = 0;
  for (std::size_t begin = 0; begin < order.size();) {
    std::uint64_t tied_ones = 0, tied_zeros = 0;
    std::size_t end = begin;
    for (; end < order.size() && scores[order[end]] == scores[order[begin]]; ++end)
      ++(target[order[end]] == 1 ? tied_ones : tied_zeros);
    doubled += tied_zeros * (2 * ones_above + tied_ones);
    ones_above += tied_ones;
    begin = end;
  }
  return static_cast<double>(doubled) / 2 / (static_cast<double>(ones) * static_cast<double>(zeros));
}

/// sum_n (R_n - R_(n-1)) P_n over the distinct thresholds, highest first: the area under precision over recall without
/// interpolation. Throws value_error where there are no ones. Its mean over queries is mAP.
[[nodiscard]] inline double average_precision(std::span<code_t const> target, std::span<double const> scores) {
  std::size_t const ones = detail::count_ones(target, scores, "average_precision");
  if (ones == 0) throw value_error("average_precision", "target has only zeros");
  auto const order = detail::descending_order(scores);
  double sum = 0;
  std::size_t found = 0, before = 0;
  for (std::size_t i = 0; i < order.size(); ++i) {
    found += target[order[i]] == 1;
    if (i + 1 < order.size() && scores[order[i + 1]] == scores[order[i]]) continue;
    sum += static_cast<double>(found - before) * static_cast<double>(found) / static_cast<double>(i + 1);
    before = found;
  }
  return sum / static_cast<double>(ones);
}

/// - mean(y ln p + (1 - y) ln(1 - p)), with p kept within [2^-52, 1 - 2^-52]. Throws value_error for p outside [0, 1].
[[nodiscard]] inline double log_loss(std::span<code_t const> target, std::span<double const> probability) {
  static_cast<void>(detail::count_ones(target, probability, "log_loss"));
  detail::require_probabilities(probability, "log_loss");
  double sum = 0;
  for (std::size_t i = 0; i < target.size(); ++i) {
    double const p = std::clamp(probability[i], 0x1p-52, 1 - 0x1p-52);
    sum -= target[i] == 1 ? std::log(p) : std::log1p(-p);
  }
  return sum / static_cast<double>(target.size());
}

/// Probabilities at another base rate: p' = r p / (r p + 1 - p), that is logit p' = logit p + ln r, where the odds of a
/// one are r times those of the data that the probabilities were fitted to, and the classes themselves are the same
/// (Elkan 2001, theorem 2). A model trained with one negative per positive and asked with four has r = 1/4. Order and
/// AUC stay. Throws value_error for p outside [0, 1] and for r that is not positive.
[[nodiscard]] inline std::vector<double> at_base_rate(std::span<double const> probability, double odds_ratio) {
  constexpr std::string_view where = "at_base_rate";
  if (!(odds_ratio > 0) || !std::isfinite(odds_ratio))
    throw value_error(where, "odds_ratio is " + std::to_string(odds_ratio) + ", expected a positive number");
  detail::require_probabilities(probability, where);
  std::vector<double> out(probability.begin(), probability.end());
  for (double& p : out) p = odds_ratio * p / (odds_ratio * p + (1 - p));
  return out;
}

/// mean (p - y)^2 (Brier 1950). Throws value_error for p outside [0, 1].
[[nodiscard]] inline double brier_score(std::span<code_t const> target, std::span<double const> probability) {
  static_cast<void>(detail::count_ones(target, probability, "brier_score"));
  detail::require_probabilities(probability, "brier_score");
  double sum = 0;
  for (std::size_t i = 0; i < target.size(); ++i) {
    double const difference = probability[i] - static_cast<double>(target[i]);
    sum += difference * difference;
  }
  return sum / static_cast<double>(target.size());
}

/// What a threshold on the score gets right and wrong.
struct binary_counts {
  std::size_t true_positive = 0, false_positive = 0, true_negative = 0, false_negative = 0;

  [[nodiscard]] double accuracy() const noexcept {
    return ratio(true_positive + true_negative, true_positive + false_positive + true_negative + false_negative);
  }
  /// 0 where nothing is predicted to be a one.
  [[nodiscard]] double precision() const noexcept { return ratio(true_positive, true_positive + false_positive); }
  /// 0 where there are no ones.
  [[nodiscard]] double recall() const noexcept { return ratio(true_positive, true_positive + false_negative); }
  /// The harmonic mean of the two; 0 without a true positive.
  [[nodiscard]] double f1() const noexcept {
    return ratio(2 * true_positive, 2 * true_positive + false_positive + false_negative);
  }

 private:
  [[nodiscard]] static double ratio(std::size_t part, std::size_t whole) noexcept {
    return whole > 0 ? static_cast<double>(part) / static_cast<double>(whole) : 0;
  }
};

/// Predicts one where score >= threshold.
[[nodiscard]] inline binary_counts count_at_threshold(std::span<code_t const> target, std::span<double const> scores,
                                                      double threshold = .5) {
  static_cast<void>(detail::count_ones(target, scores, "count_at_threshold"));
  binary_counts counts;
  for (std::size_t i = 0; i < target.size(); ++i) {
    bool const one = scores[i] >= threshold;
    ++(target[i] == 1 ? (one ? counts.true_positive : counts.false_negative)
                      : (one ? counts.false_positive : counts.true_negative));
  }
  return counts;
}

}  // namespace sidera::inline SIDERA_ABI
