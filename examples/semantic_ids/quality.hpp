// SPDX-License-Identifier: MIT
#pragma once
/// \file  The figures that semantic_ids reports of the codes of one view.
#include <sidera/evaluation/distortion.hpp>
#include <sidera/evaluation/mutual_information.hpp>
#include <sidera/evaluation/partition_agreement.hpp>
#include <sidera/evaluation/usage_statistics.hpp>
#include <sidera/quantizers/any_quantizer.hpp>
#include <sidera/semantic_ids/collisions.hpp>

namespace program {

/// One entry per level unless it says otherwise.
struct quality {
  std::vector<double> relative_error;  ///< after this level
  std::vector<sidera::usage_statistics> usage;
  std::vector<double> nmi_labels, purity_labels;  ///< empty without labels
  std::vector<double> nmi_level1;                 ///< with the codes of level 1
  sidera::collision_report collisions;
  std::size_t missing = 0;  ///< rows without a code
};

/// `x` are the rows that the quantizer saw, `codes` theirs. Rows without a code are left out of everything.
[[nodiscard]] inline quality measure(sidera::any_quantizer<float> const& q, sidera::matrix<float> const& x,
                                     sidera::code_matrix const& codes, std::vector<std::int32_t> const& labels) {
  quality out;
  std::vector<std::int32_t> kept_labels;
  std::vector<sidera::index_t> rows;
  for (sidera::index_t i = 0; i < codes.rows(); ++i)
    if (codes(i, 0) >= 0) rows.push_back(i);
  out.missing = static_cast<std::size_t>(codes.rows()) - rows.size();
  sidera::matrix<float> const seen = x(rows, Eigen::all);
  sidera::code_matrix partial = codes(rows, Eigen::all), all = partial;
  for (sidera::index_t const i : rows)
    if (!labels.empty()) kept_labels.push_back(labels[static_cast<std::size_t>(i)]);
  out.relative_error.resize(sidera::column_count(codes));
  for (sidera::index_t l = codes.cols() - 1; l >= 0; --l) {
    out.relative_error[static_cast<std::size_t>(l)] = sidera::relative_error<float>(seen, q.decode(partial));
    partial.col(l).setConstant(sidera::no_code);
  }
  std::vector<sidera::code_t> first;
  for (sidera::index_t l = 0; l < all.cols(); ++l) {
    std::vector<sidera::code_t> level(rows.size());
    for (std::size_t i = 0; i < level.size(); ++i) level[i] = all(static_cast<sidera::index_t>(i), l);
    if (l == 0) first = level;
    out.usage.push_back(sidera::usage_of(level, q.word_count(static_cast<std::size_t>(l))));
    out.nmi_level1.push_back(sidera::normalized_mutual_information(first, level));
    if (labels.empty()) continue;
    out.nmi_labels.push_back(sidera::normalized_mutual_information(kept_labels, level));
    out.purity_labels.push_back(sidera::purity(kept_labels, level));
  }
  out.collisions = sidera::report_collisions(all);
  return out;
}

}  // namespace program
