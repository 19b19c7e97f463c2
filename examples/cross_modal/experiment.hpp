// SPDX-License-Identifier: MIT
#pragma once
#include "data.hpp"

namespace program {

/// Everything that one seed needs beside the model.
struct experiment {
  std::vector<view_rows> train, test;
  std::vector<sidera::code_t> train_labels, test_labels;
  std::size_t classes = 0, steps = 1;  ///< steps: rows per label

  experiment() = default;
  experiment(paired_data const& d, settings const& s, std::uint64_t seed)
      : classes(d.classes), steps(d.rows_per_label()) {
    partition const parts = split_clips(d, seed);
    train = take_all(d, parts.train, s.time), test = take_all(d, parts.test, s.time);
    train_labels = labels_of(d, parts.train), test_labels = labels_of(d, parts.test);
  }

  [[nodiscard]] double chance() const {
    std::vector<double> votes(classes, 0.0);
    for (auto const l : train_labels) ++votes[static_cast<std::size_t>(l)];
    auto const most = std::max_element(votes.begin(), votes.end()) - votes.begin();
    return static_cast<double>(std::count(test_labels.begin(), test_labels.end(), static_cast<sidera::code_t>(most))) /
           static_cast<double>(test_labels.size());
  }

  /// The training items alone, a quarter of them in the place of the test: where settings are chosen.
  [[nodiscard]] experiment held_out(std::size_t time, std::uint64_t seed) const {
    std::size_t const clips = sidera::row_count(train.front().x) / time, labels = time / steps;
    auto const order = sidera::random_stream(seed).fork(78).permutation(clips);
    auto const cut = order.begin() + static_cast<std::ptrdiff_t>(clips * 3 / 4);
    experiment inner;
    inner.classes = classes, inner.steps = steps;
    auto const fill = [&](std::vector<std::size_t> const& part, auto& views, auto& answers) {
      for (view_rows const& v : train) views.push_back(take(v, part, time));
      for (std::size_t const c : part)
        for (std::size_t t = 0; t < labels; ++t) answers.push_back(train_labels[c * labels + t]);
    };
    fill({order.begin(), cut}, inner.train, inner.train_labels);
    fill({cut, order.end()}, inner.test, inner.test_labels);
    return inner;
  }
};

}  // namespace program
