// SPDX-License-Identifier: MIT
#pragma once
/// \file  TOC on a trained model: which channels of a codebook are kept, and what becomes of the words.
#include <numeric>
#include <sidera/codebook_optimization/channel_count.hpp>
#include <sidera/codebook_optimization/paired_criterion.hpp>
#include <sidera/codebook_optimization/toc_criterion.hpp>
#include <sidera/core/number_text.hpp>

#include "experiment.hpp"
#include "train.hpp"

namespace program {

/// For every two views that have rows in common, the features of these rows that codebook `c` searches.
[[nodiscard]] inline std::vector<std::pair<matrix, matrix>> paired_features(std::vector<coded_rows> const& coded,
                                                                            std::vector<view_rows> const& rows,
                                                                            std::size_t c) {
  std::vector<std::pair<matrix, matrix>> pairs;
  for (std::size_t a = 0; a < rows.size(); ++a)
    for (std::size_t b = a + 1; b < rows.size(); ++b) {
      std::vector<index_t> both;
      for (std::size_t i = 0; i < rows[a].present.size(); ++i)
        if (rows[a].present[i] != 0 && rows[b].present[i] != 0) both.push_back(static_cast<index_t>(i));
      if (!both.empty())
        pairs.emplace_back(coded[a].features[c](both, Eigen::all), coded[b].features[c](both, Eigen::all));
    }
  return pairs;
}

[[nodiscard]] inline std::vector<double> scores_of(settings const& s, trained const& t,
                                                   std::vector<view_rows> const& rows, std::size_t c) {
  matrix const& words = t.codebooks[c];
  if (s.criterion == "similarity") return sidera::channel_scores(sidera::similarity_criterion{}, words);
  if (s.criterion == "variance") return sidera::channel_scores(sidera::variance_criterion{}, words);
  if (s.criterion == "toc") return sidera::channel_scores(sidera::toc_criterion{s.lambda}, words);
  std::vector<double> sum(sidera::column_count(words), 0.0);
  for (auto const& [x, y] : paired_features(t.train, rows, c)) {
    sidera::paired_criterion const criterion{{x.cast<double>(), y.cast<double>()}};
    auto const own = sidera::channel_scores(criterion, words);
    for (std::size_t k = 0; k < sum.size(); ++k) sum[k] += own[k];
  }
  return sum;
}

/// The smallest number of channels of codebook `c` with which codes of paired rows agree as well as with any, over all
/// pairs of views, on rows that the model has not been trained on: `t` has seen e.train, and is looked at on e.test.
[[nodiscard]] inline std::size_t best_channel_count(settings const& s, trained const& t, experiment const& e,
                                                    std::size_t c) {
  auto const pairs = paired_features(t.test, e.test, c);
  if (pairs.empty()) throw sidera::value_error("--keep auto", "no held-out item has two views");
  auto const scores = scores_of(s, t, e.train, c);
  auto const reliability = [&](sidera::channel_list const& kept) {
    std::vector<sidera::estimate> of_pairs;
    for (auto const& [x, y] : pairs) of_pairs.push_back(sidera::paired_reliability(x, y, t.codebooks[c], kept));
    return sidera::mean_estimate(of_pairs);
  };
  return sidera::choose_channel_count(std::span<double const>(scores), reliability).count;
}

/// The words of codebook `c` in the kept channels, in the columns from `at` on; with "requantise" searched there first.
inline void keep_channels(settings const& s, coded_rows& view, matrix const& words, sidera::channel_list const& kept,
                          std::size_t c, index_t at) {
  auto codes = view.codes.col(static_cast<index_t>(c));
  if (s.toc == "requantise") {
    auto const found = sidera::requantise(view.features[c], words, kept);
    for (index_t i = 0; i < codes.size(); ++i) codes(i) = found[static_cast<std::size_t>(i)];
  }
  matrix const small = sidera::slice_words(words, kept);
  for (index_t i = 0; i < codes.size(); ++i) view.words.row(i).segment(at, small.cols()) = small.row(codes(i));
}

/// Slices the words of every codebook to so many channels, its best ones.
inline void apply_toc(settings const& s, trained& t, std::vector<view_rows> const& rows,
                      std::vector<std::size_t> const& counts) {
  auto const channels = std::accumulate(counts.begin(), counts.end(), std::size_t{0});
  for (auto* part : {&t.train, &t.test})
    for (coded_rows& view : *part) view.words.resize(view.codes.rows(), static_cast<index_t>(channels));
  for (std::size_t c = 0, at = 0; c < counts.size(); at += counts[c], ++c) {
    auto const kept = sidera::select_channels(scores_of(s, t, rows, c), counts[c]);
    for (auto* part : {&t.train, &t.test})
      for (coded_rows& view : *part) keep_channels(s, view, t.codebooks[c], kept, c, static_cast<index_t>(at));
  }
}

}  // namespace program
