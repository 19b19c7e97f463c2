// SPDX-License-Identifier: MIT
#pragma once
/// \file  TOC on a trained model: which channels of the codebook are kept, and what becomes of the words.
#include <sidera/codebook_optimization/channel_count.hpp>
#include <sidera/codebook_optimization/paired_criterion.hpp>
#include <sidera/codebook_optimization/toc_criterion.hpp>
#include <sidera/core/number_text.hpp>

#include "train.hpp"

namespace program {

/// The training rows of views a and b that have both.
[[nodiscard]] inline std::pair<matrix, matrix> paired_features(trained const& t, std::vector<view_rows> const& rows,
                                                               std::size_t a, std::size_t b) {
  std::vector<index_t> both;
  for (std::size_t i = 0; i < rows[a].present.size(); ++i)
    if (rows[a].present[i] != 0 && rows[b].present[i] != 0) both.push_back(static_cast<index_t>(i));
  return {t.train[a].features(both, Eigen::all), t.train[b].features(both, Eigen::all)};
}

[[nodiscard]] inline std::vector<double> scores_of(settings const& s, trained const& t,
                                                   std::vector<view_rows> const& rows) {
  if (s.criterion == "similarity") return sidera::channel_scores(sidera::similarity_criterion{}, t.codebook);
  if (s.criterion == "variance") return sidera::channel_scores(sidera::variance_criterion{}, t.codebook);
  if (s.criterion == "toc") return sidera::channel_scores(sidera::toc_criterion{s.lambda}, t.codebook);
  std::vector<double> sum(sidera::column_count(t.codebook), 0.0);
  for (std::size_t a = 0; a < rows.size(); ++a)
    for (std::size_t b = a + 1; b < rows.size(); ++b) {
      auto const [x, y] = paired_features(t, rows, a, b);
      if (x.rows() == 0) continue;
      sidera::paired_criterion const criterion{{x.cast<double>(), y.cast<double>()}};
      auto const own = sidera::channel_scores(criterion, t.codebook);
      for (std::size_t k = 0; k < sum.size(); ++k) sum[k] += own[k];
    }
  return sum;
}

/// The kept channels. "auto": the smallest number with which codes of paired training rows agree as well as with any.
[[nodiscard]] inline sidera::channel_list keep_channels(settings const& s, trained const& t,
                                                        std::vector<view_rows> const& rows) {
  auto const scores = scores_of(s, t, rows);
  if (s.keep != "auto")
    return sidera::select_channels(scores, sidera::from_text<std::size_t>(s.keep, "cross_modal: --keep"));
  auto const pair = paired_features(t, rows, 0, 1);
  auto const choice =
      sidera::choose_channel_count(std::span<double const>(scores), [&](sidera::channel_list const& kept) {
        return sidera::paired_reliability(pair.first, pair.second, t.codebook, kept);
      });
  return sidera::select_channels(scores, choice.count);
}

/// Slices the words to the kept channels, and with "requantise" searches there first. Returns how many were kept.
inline std::size_t apply_toc(settings const& s, trained& t, std::vector<view_rows> const& rows) {
  if (s.toc == "none") return 0;
  auto const kept = keep_channels(s, t, rows);
  matrix const small = sidera::slice_words(t.codebook, kept);
  for (auto* part : {&t.train, &t.test})
    for (coded_rows& view : *part) {
      if (s.toc == "requantise") {
        auto const codes = sidera::requantise(view.features, t.codebook, kept);
        std::copy(codes.begin(), codes.end(), view.codes.data());
      }
      view.words.resize(view.codes.rows(), small.cols());
      for (index_t i = 0; i < view.codes.rows(); ++i) view.words.row(i) = small.row(view.codes(i, 0));
    }
  return kept.size();
}

}  // namespace program
