// SPDX-License-Identifier: MIT
#pragma once
/// \file  Two kinds of paired data: one that TOC is made for, and one on which it fails.
#include <array>
#include <set>

#include "paired_world.hpp"

namespace toc {

/// 48 informative channels, 48 redundant ones (large common mean, hardly any variance between classes, one nuisance per
/// row that all of them share, an offset per modality) and 32 of nuisance alone. `strength` scales both nuisances and
/// the offsets.
struct redundant_world {
  static constexpr index_t redundant = 48, nuisance = 32, dim = informative + redundant + nuisance;

  redundant_world(double strength, std::uint64_t seed) : w(dim, seed), offset{row(strength), row(strength)} {
    for (index_t k = 0; k < redundant; ++k) {
      sign[static_cast<std::size_t>(k)] = w.uniform() < 0.5 ? -1 : 1;
      double const common = sign[static_cast<std::size_t>(k)] * (1 + 2 * w.uniform());
      for (index_t c = 0; c < classes; ++c) w.class_means()(c, informative + k) = common + 0.05 * w.normal();
    }
    auto const disturb = [&](row_vector<double>& x, int modality) {
      double const shared = strength * w.normal();
      for (index_t k = 0; k < redundant; ++k)
        x(informative + k) += offset[modality](k) + shared * sign[static_cast<std::size_t>(k)];
      for (index_t k = informative + redundant; k < dim; ++k) x(k) += strength * w.normal();
    };
    train = w.draw(40, disturb);
    test = w.draw(20, disturb);
    held_out = w.draw(20, disturb);
    auto const order = w.permutation(sidera::row_count(train.a));
    matrix<float> start(words, dim);
    for (index_t j = 0; j < words; ++j)
      start.row(j) = train.a.row(static_cast<index_t>(order[static_cast<std::size_t>(j)]));
    book = learn(train, start, 0.5, w);
  }

  paired_world w;
  row_vector<double> offset[2];
  std::array<double, redundant> sign{};
  pairs train, test, held_out;
  matrix<float> book;

 private:
  [[nodiscard]] row_vector<double> row(double strength) {
    row_vector<double> r(redundant);
    for (index_t k = 0; k < redundant; ++k) r(k) = strength * w.normal();
    return r;
  }
};

/// 48 informative channels and 80 that hold nothing but the modality: +u in one, -u in the other. With a cross weight
/// of 0, each modality moves its own words, and the codebook splits.
struct gap_world {
  static constexpr index_t gap = 80, dim = informative + gap;

  gap_world(double cross_weight, std::uint64_t seed) : w(dim, seed) {
    row_vector<double> u(gap);
    for (index_t k = 0; k < gap; ++k) u(k) = 3 * w.normal();
    auto const disturb = [&](row_vector<double>& x, int modality) { x.tail(gap) += modality == 0 ? u : -u; };
    train = w.draw(40, disturb);
    test = w.draw(20, disturb);
    matrix<float> start(words, dim);
    auto const order = w.permutation(sidera::row_count(train.a));
    for (index_t j = 0; j < words; ++j)  // half of the words from each modality
      start.row(j) = (j < words / 2 ? train.a : train.b).row(static_cast<index_t>(order[static_cast<std::size_t>(j)]));
    book = learn(train, start, 1 - cross_weight, w);
  }

  /// Share of the words that rows of both modalities choose.
  [[nodiscard]] double words_of_both() const {
    auto const a = sidera::requantise(test.a, book, all_channels(dim));
    auto const b = sidera::requantise(test.b, book, all_channels(dim));
    std::set<code_t> const in_a(a.begin(), a.end()), in_b(b.begin(), b.end());
    return static_cast<double>(std::count_if(in_a.begin(), in_a.end(), [&](code_t c) { return in_b.contains(c); })) /
           words;
  }

  paired_world w;
  pairs train, test;
  matrix<float> book;
};

}  // namespace toc
