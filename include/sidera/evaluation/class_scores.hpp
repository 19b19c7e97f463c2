// SPDX-License-Identifier: MIT
#pragma once
/// \file  How well scores over several classes, one row of C scores per sample, find the true class in 0 .. C - 1.
#include <cmath>
#include <sidera/core/check.hpp>
#include <vector>

namespace sidera::inline SIDERA_ABI {

namespace detail {
inline void require_classes(matrix_cref<double> const& scores, std::span<code_t const> classes,
                            std::string_view function) {
  require_rows(scores, classes.size(), function, "scores");
  require_not_empty(scores, function, "scores");
  for (std::size_t i = 0; i < classes.size(); ++i)
    if (classes[i] < 0 || classes[i] >= scores.cols())
      throw value_error(function,
                        "row " + std::to_string(i) + " has class " + std::to_string(classes[i]) + ", there are " +
                            std::to_string(scores.cols()),
                        i);
  require_finite<double>(scores, function, "scores");
}
}  // namespace detail

/// The class with the largest score of each row; ties go to the lowest class.
[[nodiscard]] inline std::vector<code_t> largest_scores(matrix_cref<double> const& scores) {
  require_not_empty(scores, "largest_scores", "scores");
  std::vector<code_t> out;
  for (index_t i = 0; i < scores.rows(); ++i) {
    auto const row = row_span(scores, i);
    out.push_back(static_cast<code_t>(std::max_element(row.begin(), row.end()) - row.begin()));
  }
  return out;
}

/// The share of rows whose class is among the k largest scores; ties go to the lowest class.
[[nodiscard]] inline double top_k_accuracy(matrix_cref<double> const& scores, std::span<code_t const> classes,
                                           std::size_t k) {
  detail::require_classes(scores, classes, "top_k_accuracy");
  std::size_t hits = 0;
  for (index_t i = 0; i < scores.rows(); ++i) {
    index_t const truth = classes[static_cast<std::size_t>(i)];
    std::size_t before = 0;
    for (index_t c = 0; c < scores.cols(); ++c)
      before += scores(i, c) > scores(i, truth) || (scores(i, c) == scores(i, truth) && c < truth);
    hits += before < k;
  }
  return static_cast<double>(hits) / static_cast<double>(classes.size());
}

/// - mean ln softmax(logits)_class, in nats.
[[nodiscard]] inline double softmax_log_loss(matrix_cref<double> const& logits, std::span<code_t const> classes) {
  detail::require_classes(logits, classes, "softmax_log_loss");
  double sum = 0;
  for (index_t i = 0; i < logits.rows(); ++i) {
    double const largest = logits.row(i).maxCoeff();
    double total = 0;
    for (index_t c = 0; c < logits.cols(); ++c) total += std::exp(logits(i, c) - largest);
    sum += std::log(total) + (largest - logits(i, classes[static_cast<std::size_t>(i)]));
  }
  return sum / static_cast<double>(classes.size());
}

/// How often class r (row) was taken for class c (column).
using confusion_matrix = Eigen::Matrix<std::int64_t, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

/// Throws shape_error for different lengths, value_error for a class outside 0 .. count - 1.
[[nodiscard]] inline confusion_matrix confusion(std::span<code_t const> truth, std::span<code_t const> predicted,
                                                std::size_t count) {
  if (truth.size() != predicted.size())
    throw shape_error("confusion", "truth has " + std::to_string(truth.size()) + " rows, predicted has " +
                                       std::to_string(predicted.size()));
  auto const n = static_cast<index_t>(count);
  confusion_matrix out = confusion_matrix::Zero(n, n);
  for (std::size_t i = 0; i < truth.size(); ++i) {
    if (truth[i] < 0 || truth[i] >= n || predicted[i] < 0 || predicted[i] >= n)
      throw value_error("confusion", "row " + std::to_string(i) + " has a class outside 0 .. " + std::to_string(n - 1),
                        i);
    ++out(truth[i], predicted[i]);
  }
  return out;
}

/// The mean over classes of 2 tp / (2 tp + fp + fn); a class that neither occurs nor is predicted is left out.
[[nodiscard]] inline double macro_f1(confusion_matrix const& counts) {
  double sum = 0, present = 0;
  for (index_t c = 0; c < counts.rows(); ++c) {
    auto const whole = static_cast<double>(counts.row(c).sum() + counts.col(c).sum());
    if (whole == 0) continue;
    sum += 2 * static_cast<double>(counts(c, c)) / whole;
    ++present;
  }
  return present > 0 ? sum / present : 0;
}

/// F1 over all decisions together, which is the accuracy.
[[nodiscard]] inline double micro_f1(confusion_matrix const& counts) {
  auto const all = static_cast<double>(counts.sum());
  return all > 0 ? static_cast<double>(counts.trace()) / all : 0;
}

}  // namespace sidera::inline SIDERA_ABI
