// SPDX-License-Identifier: MIT
#pragma once
/// \file  What one wants to know of the codes that a quantizer gave.
#include <sidera/core/level_codes.hpp>
#include <sidera/evaluation/distortion.hpp>
#include <sidera/evaluation/mutual_information.hpp>
#include <sidera/evaluation/partition_agreement.hpp>
#include <sidera/evaluation/usage_statistics.hpp>
#include <sidera/quantizers/concepts.hpp>
#include <sidera/semantic_ids/collisions.hpp>

namespace sidera::inline SIDERA_ABI {

/// One entry per level unless it says otherwise.
struct code_quality {
  std::vector<double> relative_error;  ///< after this level
  std::vector<usage_statistics> usage;
  std::vector<double> nmi_labels, purity_labels;  ///< empty without labels
  std::vector<double> nmi_level1;                 ///< with the codes of level 1
  collision_report collisions;
  std::size_t missing = 0;  ///< rows without a code
};

namespace detail {

/// Relative error with the first level, with two, ...: `decode` takes codes whose deeper levels are no_code.
template <class Decode>
[[nodiscard]] std::vector<double> errors_by_level(Decode const& decode, matrix<float> const& x, code_matrix codes) {
  std::vector<double> errors(column_count(codes));
  for (index_t l = codes.cols() - 1; l >= 0; --l) {
    errors[static_cast<std::size_t>(l)] = relative_error<float>(x, decode(codes));
    codes.col(l).setConstant(no_code);
  }
  return errors;
}

/// Everything but the errors; every row has a code.
[[nodiscard]] inline code_quality statistics_of(code_matrix const& codes, std::vector<std::size_t> const& words,
                                                std::vector<std::int32_t> const& labels) {
  code_quality out;
  std::vector<code_t> const first = level_codes(codes, 0);
  for (std::size_t l = 0; l < column_count(codes); ++l) {
    std::vector<code_t> const level = level_codes(codes, l);
    out.usage.push_back(usage_of(level, words.at(l)));
    out.nmi_level1.push_back(normalized_mutual_information(first, level));
    if (labels.empty()) continue;
    out.nmi_labels.push_back(normalized_mutual_information(labels, level));
    out.purity_labels.push_back(purity(labels, level));
  }
  out.collisions = report_collisions(codes);
  return out;
}

}  // namespace detail

/// `x` are the rows that the quantizer saw, `codes` theirs; `labels` one per row or empty. Rows without a code are left
/// out of everything.
template <Quantizer Q>
[[nodiscard]] code_quality measure_codes(Q const& q, matrix<float> const& x, code_matrix const& codes,
                                         std::vector<std::int32_t> const& labels) {
  require_rows(codes, row_count(x), "measure_codes", "codes");
  std::vector<std::int32_t> kept_labels;
  std::vector<index_t> rows;
  for (index_t i = 0; i < codes.rows(); ++i) {
    if (codes(i, 0) < 0) continue;
    rows.push_back(i);
    if (!labels.empty()) kept_labels.push_back(labels.at(static_cast<std::size_t>(i)));
  }
  std::vector<std::size_t> words;
  for (std::size_t l = 0; l < column_count(codes); ++l) words.push_back(q.word_count(l));
  code_matrix const kept = codes(rows, Eigen::all);
  code_quality out = detail::statistics_of(kept, words, kept_labels);
  out.relative_error =
      detail::errors_by_level([&](code_matrix const& c) { return q.decode(c); }, x(rows, Eigen::all), kept);
  out.missing = row_count(codes) - rows.size();
  return out;
}

}  // namespace sidera::inline SIDERA_ABI
