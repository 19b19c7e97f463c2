// SPDX-License-Identifier: MIT
#pragma once
/// \file  One seed: split, train, encode, probe. Labels are seen by the probe alone, on training rows of one view.
#include <sidera/bottlenecks/code_sharing.hpp>
#include <sidera/core/level_codes.hpp>
#include <sidera/evaluation/usage_statistics.hpp>
#include <sidera/quantizers/vector_quantizer.hpp>

#include "cca.hpp"
#include "channels.hpp"
#include "probe.hpp"

namespace program {

/// The share of a word's rows below which its use by a view counts as stray, as in the figures of DCID's paper.
inline constexpr double fair_share = 0.2;

struct seed_result {
  settings how = {};                 ///< with one entry of each list
  sidera::matrix<double> accuracy;   ///< (a, b): probe trained on view a, tested on b; the diagonal is the ceiling of b
  double chance = 0;                 ///< of always answering the most frequent training label
  std::vector<double> sharing;       ///< share of the used words that 1, 2, ... views use, on test rows
  std::vector<double> fair_sharing;  ///< the same where a view needs \ref fair_share of a word's rows to use it
  std::vector<double> perplexity;    ///< per view, on test rows
  double agreement = 0;              ///< of the codes of paired test rows, mean over pairs of views
  std::size_t kept = 0;              ///< channels of all codebooks, with TOC
  double alarms = 0;                 ///< of CLUB: share of the modalities whose specific features say nothing
  double seconds = 0;                ///< of training
};

struct variant {
  std::string name;
  settings how;
  std::vector<seed_result> seeds;
};

/// One row per label: the mean over its `time` steps.
[[nodiscard]] inline probe_rows labelled_rows(matrix const& x, std::vector<std::uint8_t> const& present,
                                              std::size_t time) {
  probe_rows out{matrix::Zero(x.rows() / static_cast<index_t>(time), x.cols()), {}};
  for (index_t i = 0; i < out.x.rows(); ++i) {
    out.x.row(i) = x.middleRows(i * static_cast<index_t>(time), static_cast<index_t>(time)).colwise().mean();
    out.present.push_back(present[static_cast<std::size_t>(i) * time]);
  }
  return out;
}

inline void measure_codes(seed_result& r, trained const& t, experiment const& e, std::size_t words) {
  std::vector<sidera::code_usage> usage;
  std::vector<std::vector<sidera::code_t>> codes;
  for (std::size_t m = 0; m < t.test.size(); ++m) {
    codes.push_back(sidera::level_codes(t.test[m].codes, 0));
    for (std::size_t i = 0; i < codes[m].size(); ++i)
      if (e.test[m].present[i] == 0) codes[m][i] = sidera::no_code;
    usage.emplace_back(words);
    usage.back().add(codes[m]);
    r.perplexity.push_back(usage.back().perplexity());
  }
  r.sharing = sidera::code_sharing(usage);
  r.fair_sharing = sidera::code_sharing(usage, {.least_share = fair_share});
  double equal = 0, all = 0;
  for (std::size_t a = 0; a < codes.size(); ++a)
    for (std::size_t b = a + 1; b < codes.size(); ++b)
      for (std::size_t i = 0; i < codes[a].size(); ++i)
        if (codes[a][i] >= 0 && codes[b][i] >= 0) equal += codes[a][i] == codes[b][i], ++all;
  r.agreement = all > 0 ? equal / all : 0;
}

[[nodiscard]] inline trained train_model(experiment const& e, settings const& s, std::uint64_t seed,
                                         sidera::executor_ref executor) {
  train_function* const train = s.model == "fcid"    ? train_fcid
                                : s.model == "hdcid" ? train_hierarchical_dcid
                                                     : train_dcid;
  return train(s, e.train, e.test, seed, executor);
}

/// --keep, for each of the codebooks; "auto" trains a model on three quarters of the training items and looks at the
/// other quarter.
[[nodiscard]] inline std::vector<std::size_t> channels_to_keep(experiment const& e, settings const& s,
                                                               std::size_t codebooks, std::uint64_t seed,
                                                               sidera::executor_ref executor) {
  if (s.keep != "auto") return std::vector<std::size_t>(codebooks, sidera::from_text<std::size_t>(s.keep, "--keep"));
  experiment const inner = e.held_out(s.time, seed);
  trained const model = train_model(inner, s, seed, executor);
  std::vector<std::size_t> counts;
  for (std::size_t c = 0; c < codebooks; ++c) counts.push_back(best_channel_count(s, model, inner, c));
  return counts;
}

[[nodiscard]] inline seed_result measure_model(experiment const& e, settings const& s, std::uint64_t seed,
                                               sidera::executor_ref executor) {
  trained t = train_model(e, s, seed, executor);
  seed_result r;
  r.seconds = t.seconds;
  r.chance = e.chance();
  r.alarms = t.alarms;
  if (s.toc != "none") {
    auto const counts = channels_to_keep(e, s, t.codebooks.size(), seed, executor);
    r.kept = std::accumulate(counts.begin(), counts.end(), std::size_t{0});
    apply_toc(s, t, e.train, counts);
  }
  measure_codes(r, t, e, s.codes);
  auto const n = static_cast<index_t>(e.train.size());
  r.accuracy.resize(n, n);
  for (std::size_t a = 0; a < e.train.size(); ++a) {
    linear_probe const probe(labelled_rows(t.train[a].words, e.train[a].present, e.steps), e.train_labels, e.classes);
    for (std::size_t b = 0; b < e.train.size(); ++b)
      r.accuracy(static_cast<index_t>(a), static_cast<index_t>(b)) =
          probe.accuracy(labelled_rows(t.test[b].words, e.test[b].present, e.steps), e.test_labels);
  }
  return r;
}

/// CCA of every pair of views; the probe sees the projections, or the words of k-means on those of both views.
[[nodiscard]] inline seed_result measure_cca(experiment const& e, settings const& s, std::uint64_t seed, bool quantise,
                                             sidera::executor_ref executor) {
  seed_result r;
  r.chance = e.chance();
  auto const n = static_cast<index_t>(e.train.size());
  r.accuracy = sidera::matrix<double>::Zero(n, n);
  for (index_t a = 0; a < n; ++a)
    for (index_t b = a + 1; b < n; ++b) {
      view_rows const& x = e.train[static_cast<std::size_t>(a)];
      view_rows const& y = e.train[static_cast<std::size_t>(b)];
      std::vector<index_t> both;
      for (std::size_t i = 0; i < x.present.size(); ++i)
        if (x.present[i] != 0 && y.present[i] != 0) both.push_back(static_cast<index_t>(i));
      canonical_correlation const cca(x.x(both, Eigen::all), y.x(both, Eigen::all), s.directions, s.ridge);
      matrix train[2] = {cca.first(x.x), cca.second(y.x)};
      matrix test[2] = {cca.first(e.test[static_cast<std::size_t>(a)].x),
                        cca.second(e.test[static_cast<std::size_t>(b)].x)};
      if (quantise) {
        sidera::vector_quantizer<> words({.words = s.codes, .seed = seed});
        matrix all(train[0].rows() * 2, train[0].cols());
        all << train[0], train[1];
        (void)words.fit(all, executor);
        for (auto* rows : {&train[0], &train[1], &test[0], &test[1]})
          *rows = words.decode(words.encode(*rows, executor));
      }
      index_t const view[2] = {a, b};
      for (int from : {0, 1}) {
        linear_probe const probe(
            labelled_rows(train[from], e.train[static_cast<std::size_t>(view[from])].present, e.steps), e.train_labels,
            e.classes);
        for (int to : {0, 1}) {
          double const right = probe.accuracy(
              labelled_rows(test[to], e.test[static_cast<std::size_t>(view[to])].present, e.steps), e.test_labels);
          if (from != to)
            r.accuracy(view[from], view[to]) = right;
          else  // a view has as many ceilings as partners: the best of them
            r.accuracy(view[from], view[from]) = std::max(r.accuracy(view[from], view[from]), right);
        }
      }
    }
  return r;
}

}  // namespace program
