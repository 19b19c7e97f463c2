// SPDX-License-Identifier: MIT
#pragma once
/// \file  TOC on a trained model: which channels of the codebook are kept, and what becomes of the words.
#include <sidera/codebook_optimization/channel_count.hpp>
#include <sidera/codebook_optimization/paired_criterion.hpp>
#include <sidera/codebook_optimization/toc_criterion.hpp>
#include <sidera/core/number_text.hpp>

#include "experiment.hpp"
#include "train.hpp"

namespace program {

/// For every two views that have rows in common, the features of these rows.
[[nodiscard]] inline std::vector<std::pair<matrix, matrix>> paired_features(std::vector<coded_rows> const& coded,
                                                                            std::vector<view_rows> const& rows) {
  std::vector<std::pair<matrix, matrix>> pairs;
  for (std::size_t a = 0; a < rows.size(); ++a)
    for (std::size_t b = a + 1; b < rows.size(); ++b) {
      std::vector<index_t> both;
      for (std::size_t i = 0; i < rows[a].present.size(); ++i)
        if (rows[a].present[i] != 0 && rows[b].present[i] != 0) both.push_back(static_cast<index_t>(i));
      if (!both.empty()) pairs.emplace_back(coded[a].features(both, Eigen::all), coded[b].features(both, Eigen::all));
    }
  return pairs;
}

[[nodiscard]] inline std::vector<double> scores_of(settings const& s, trained const& t,
                                                   std::vector<view_rows> const& rows) {
  if (s.criterion == "similarity") return sidera::channel_scores(sidera::similarity_criterion{}, t.codebook);
  if (s.criterion == "variance") return sidera::channel_scores(sidera::variance_criterion{}, t.codebook);
  if (s.criterion == "toc") return sidera::channel_scores(sidera::toc_criterion{s.lambda}, t.codebook);
  std::vector<double> sum(sidera::column_count(t.codebook), 0.0);
  for (auto const& [x, y] : paired_features(t.train, rows)) {
    sidera::paired_criterion const criterion{{x.cast<double>(), y.cast<double>()}};
    auto const own = sidera::channel_scores(criterion, t.codebook);
    for (std::size_t k = 0; k < sum.size(); ++k) sum[k] += own[k];
  }
  return sum;
}

/// The smallest number of channels with which codes of paired rows agree as well as with any, over all pairs of views,
/// on rows that the model has not been trained on: `t` has seen e.train, and is looked at on e.test.
[[nodiscard]] inline std::size_t best_channel_count(settings const& s, trained const& t, experiment const& e) {
  auto const pairs = paired_features(t.test, e.test);
  if (pairs.empty()) throw sidera::value_error("cross_modal", "--keep auto: no held-out item has two views");
  auto const scores = scores_of(s, t, e.train);
  auto const reliability = [&](sidera::channel_list const& kept) {
    std::vector<sidera::estimate> of_pairs;
    for (auto const& [x, y] : pairs) of_pairs.push_back(sidera::paired_reliability(x, y, t.codebook, kept));
    return sidera::mean_estimate(of_pairs);
  };
  return sidera::choose_channel_count(std::span<double const>(scores), reliability).count;
}

/// Slices the words to so many channels, the best ones, and with "requantise" searches there first.
inline void apply_toc(settings const& s, trained& t, std::vector<view_rows> const& rows, std::size_t count) {
  auto const kept = sidera::select_channels(scores_of(s, t, rows), count);
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
}

}  // namespace program
