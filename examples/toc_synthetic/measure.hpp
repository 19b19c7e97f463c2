// SPDX-License-Identifier: MIT
#pragma once
/// \file  One seed of either world: what each choice of channels is worth.
#include <sidera/codebook_optimization/channel_count.hpp>
#include <sidera/codebook_optimization/paired_criterion.hpp>
#include <sidera/codebook_optimization/toc_criterion.hpp>

#include "word_probe.hpp"
#include "worlds.hpp"

namespace toc {

/// Channels kept are searched too, but for `slice`, which leaves the codes as they are.
struct redundant_figures {
  figures all, slice, requantised, random, worst, known, variance, similarity;
  figures by_source, by_pairs;  ///< the number of channels chosen on held-out pairs without labels
  double informative_share = 0, source_count = 0, pairs_count = 0;
};

struct gap_figures {
  figures all, by_words, by_pairs, known;  ///< by_words: TOC; by_pairs: the paired criterion
  double words_hits = 0, pairs_hits = 0;   ///< share of informative channels among the kept ones
  double words_of_both = 0;
};

[[nodiscard]] inline double share_of_informative(sidera::channel_list const& kept) {
  double hits = 0;
  for (index_t const k : kept) hits += k < informative;
  return hits / static_cast<double>(kept.size());
}

template <class C>
[[nodiscard]] sidera::channel_list best_channels(C const& criterion, matrix<float> const& book) {
  return sidera::select_channels(sidera::channel_scores(criterion, book), informative);
}

[[nodiscard]] inline sidera::channel_list random_channels(redundant_world& world) {
  sidera::channel_list some;
  for (std::size_t const k : world.w.permutation(static_cast<std::size_t>(world.dim)))
    some.push_back(static_cast<index_t>(k));
  some.resize(informative);
  return some;
}

[[nodiscard]] inline redundant_figures measure_redundant(double strength, std::uint64_t seed) {
  redundant_world world(strength, seed);
  auto const everything = all_channels(world.dim);
  auto const scores = sidera::channel_scores(sidera::toc_criterion{}, world.book);
  auto const kept = sidera::select_channels(scores, informative);
  auto const at = [&](sidera::channel_list const& channels) {
    return evaluate(world.book, world.train, world.test, channels, channels);
  };
  redundant_figures f;
  f.all = at(everything);
  f.slice = evaluate(world.book, world.train, world.test, everything, kept);
  f.requantised = at(kept);
  f.random = at(random_channels(world));
  f.worst = at(sidera::select_channels(scores, informative, {0, 1}));
  f.known = at(all_channels(informative));
  f.variance = at(best_channels(sidera::variance_criterion{}, world.book));
  f.similarity = at(best_channels(sidera::similarity_criterion{}, world.book));
  f.informative_share = share_of_informative(kept);
  auto const& unseen = world.held_out;
  auto const by_source = sidera::choose_channel_count(
      scores, [&](auto const& k) { return sidera::split_half_reliability(unseen.a, world.book, k); });
  auto const by_pairs = sidera::choose_channel_count(
      scores, [&](auto const& k) { return sidera::paired_reliability(unseen.a, unseen.b, world.book, k); });
  f.by_source = at(sidera::select_channels(scores, by_source.count));
  f.by_pairs = at(sidera::select_channels(scores, by_pairs.count));
  f.source_count = static_cast<double>(by_source.count);
  f.pairs_count = static_cast<double>(by_pairs.count);
  return f;
}

[[nodiscard]] inline gap_figures measure_gap(double cross_weight, std::uint64_t seed) {
  gap_world const world(cross_weight, seed);
  auto const by_words = best_channels(sidera::toc_criterion{}, world.book);
  auto const by_pairs = best_channels(
      sidera::paired_criterion{.modalities = {world.train.a.cast<double>(), world.train.b.cast<double>()}}, world.book);
  auto const at = [&](sidera::channel_list const& channels) {
    return evaluate(world.book, world.train, world.test, channels, channels);
  };
  return {at(all_channels(world.dim)),
          at(by_words),
          at(by_pairs),
          at(all_channels(informative)),
          share_of_informative(by_words),
          share_of_informative(by_pairs),
          world.words_of_both()};
}

}  // namespace toc
