// SPDX-License-Identifier: MIT
/// \file  What TOC does and does not do, on paired data whose informative, redundant and nuisance channels are known.
/// The worlds and figures are those of the program toc_synthetic.
#include "../../../examples/toc_synthetic/measure.hpp"

#include <doctest/doctest.h>

namespace {

constexpr std::uint64_t toy_seeds = 5;

/// One entry per seed.
std::vector<toc::redundant_figures> redundant(double strength) {
  std::vector<toc::redundant_figures> all;
  for (std::uint64_t seed = 1; seed <= toy_seeds; ++seed) all.push_back(toc::measure_redundant(strength, seed));
  return all;
}
std::vector<toc::gap_figures> gap(double cross_weight) {
  std::vector<toc::gap_figures> all;
  for (std::uint64_t seed = 1; seed <= toy_seeds; ++seed) all.push_back(toc::measure_gap(cross_weight, seed));
  return all;
}

/// The mean of get(figures of a seed), and its smallest value: an ordering by a margin in every seed.
template <class F, class Get>
double mean_of(std::vector<F> const& all, Get get) {
  double sum = 0;
  for (F const& f : all) sum += get(f);
  return sum / static_cast<double>(all.size());
}
template <class F, class Get>
double least_of(std::vector<F> const& all, Get get) {
  double least = get(all.front());
  for (F const& f : all) least = std::min<double>(least, get(f));
  return least;
}

template <class F>
double accuracy(std::vector<F> const& all, toc::figures F::*of) {
  return mean_of(all, [&](F const& f) { return (f.*of).accuracy; });
}

using seen = toc::redundant_figures;
using split = toc::gap_figures;

}  // namespace

TEST_CASE("TOC toy, no nuisance: nothing to gain, nothing lost") {
  auto const t = redundant(0);
  double const full = accuracy(t, &seen::all);
  CHECK(full > 0.93);
  CHECK(std::abs(accuracy(t, &seen::slice) - full) < 0.02);
  CHECK(std::abs(accuracy(t, &seen::requantised) - full) < 0.02);
  CHECK(mean_of(t, [](seen const& f) { return f.informative_share; }) > 0.95);
  CHECK(accuracy(t, &seen::worst) < 0.1);
  CHECK(accuracy(t, &seen::random) < full - 0.05);
  CHECK(accuracy(t, &seen::by_pairs) > full - 0.03);
  CHECK(accuracy(t, &seen::by_source) > full - 0.03);
}

TEST_CASE("TOC toy, nuisance 1: requantising lifts the accuracy to that of the known channels, slicing does nothing") {
  auto const t = redundant(1);
  double const full = accuracy(t, &seen::all);
  CHECK(full < 0.9);
  CHECK(full > 0.7);
  CHECK(std::abs(accuracy(t, &seen::slice) - full) < 0.03);
  for (seen const& f : t) CHECK(f.slice.agreement == f.all.agreement);  // indices never change
  CHECK(accuracy(t, &seen::requantised) > 0.97);
  CHECK(least_of(t, [](seen const& f) { return f.requantised.accuracy - f.all.accuracy; }) > 0.1);
  CHECK(least_of(t, [](seen const& f) { return f.requantised.agreement - f.all.agreement; }) > 0.1);
  CHECK(accuracy(t, &seen::known) > 0.97);
  CHECK(accuracy(t, &seen::variance) > 0.97);  // on this data the similarity term adds nothing
  CHECK(accuracy(t, &seen::similarity) < accuracy(t, &seen::requantised) - 0.03);
  CHECK(accuracy(t, &seen::random) < full);
  CHECK(accuracy(t, &seen::worst) < 0.1);
  CHECK(mean_of(t, [](seen const& f) { return f.informative_share; }) > 0.95);
  // The number of channels chosen without labels: well by pairs; by one modality alone not so well, since the nuisance
  // that its redundant channels share looks like meaning.
  double const by_pairs = mean_of(t, [](seen const& f) { return f.pairs_count; });
  CHECK(accuracy(t, &seen::by_pairs) > 0.97);
  CHECK(std::abs(by_pairs - toc::informative) <= 8);
  CHECK(accuracy(t, &seen::by_source) > full + 0.1);
  CHECK(mean_of(t, [](seen const& f) { return f.source_count; }) > by_pairs);
}

TEST_CASE("TOC toy, nuisance 2: the same, more so") {
  auto const t = redundant(2);
  double const full = accuracy(t, &seen::all), requantised = accuracy(t, &seen::requantised);
  CHECK(full < 0.55);
  CHECK(std::abs(accuracy(t, &seen::slice) - full) < 0.03);
  CHECK(requantised > 0.9);
  CHECK(least_of(t, [](seen const& f) { return f.requantised.accuracy - f.all.accuracy; }) > 0.3);
  CHECK(accuracy(t, &seen::known) > requantised - 0.01);
  CHECK(accuracy(t, &seen::similarity) < requantised - 0.1);
  CHECK(accuracy(t, &seen::worst) < 0.1);
  CHECK(mean_of(t, [](seen const& f) { return f.informative_share; }) > 0.7);
  CHECK(accuracy(t, &seen::by_pairs) > 0.9);
  CHECK(std::abs(mean_of(t, [](seen const& f) { return f.pairs_count; }) - toc::informative) <= 16);
  CHECK(accuracy(t, &seen::by_source) > full + 0.1);
}

TEST_CASE("TOC fails on a codebook that split by modality; the paired criterion repairs it") {
  auto const t = gap(0);
  for (split const& f : t) {
    CHECK(f.words_of_both == 0);  // no word serves both modalities
    CHECK(f.words_hits == 0);     // exactly the wrong channels
  }
  CHECK(accuracy(t, &split::all) < 0.1);  // chance is 1/32
  CHECK(accuracy(t, &split::by_words) < 0.1);
  CHECK(mean_of(t, [](split const& f) { return f.pairs_hits; }) > 0.99);  // from pairs without labels
  CHECK(accuracy(t, &split::by_pairs) > 0.8);
  CHECK(least_of(t, [](split const& f) { return f.by_pairs.accuracy - f.by_words.accuracy; }) > 0.6);
  CHECK(std::abs(accuracy(t, &split::by_pairs) - accuracy(t, &split::known)) < 0.01);
}

TEST_CASE("With cross-modal averages the words stay together and TOC finds the informative channels") {
  auto const t = gap(0.5);
  CHECK(mean_of(t, [](split const& f) { return f.words_hits; }) > 0.99);
  CHECK(least_of(t, [](split const& f) { return f.by_words.agreement - f.all.agreement; }) > 0.1);
  CHECK(mean_of(t, [](split const& f) { return f.by_words.agreement - f.all.agreement; }) > 0.2);
}
