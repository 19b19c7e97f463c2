// SPDX-License-Identifier: MIT
#pragma once
/// \file  Two modalities of the same items whose channels are known, and a codebook learnt from them.
#include <algorithm>
#include <numeric>
#include <sidera/codebook_optimization/requantise.hpp>
#include <sidera/core/random.hpp>
#include <sidera/update_rules/cross_modal_ema.hpp>
#include <vector>

namespace toc {

using sidera::code_t;
using sidera::index_t;
template <class T>
using matrix = sidera::matrix<T>;
template <class T>
using row_vector = sidera::row_vector<T>;

inline constexpr index_t classes = 32, words = 64, informative = 48;

struct pairs {
  matrix<float> a, b;
  std::vector<int> label;
};

/// Draws pairs: class means in the informative channels, unit noise everywhere, and what `disturb` adds to a row.
class paired_world {
 public:
  paired_world(index_t dim, std::uint64_t seed) : random_(seed), class_means_(matrix<double>::Zero(classes, dim)) {
    for (index_t c = 0; c < classes; ++c)
      for (index_t k = 0; k < informative; ++k) class_means_(c, k) = normal();
  }
  [[nodiscard]] double normal() { return random_.normal(next_++); }
  [[nodiscard]] double uniform() { return random_.uniform(next_++); }
  [[nodiscard]] matrix<double>& class_means() { return class_means_; }
  [[nodiscard]] std::vector<std::size_t> permutation(std::size_t n) { return random_.fork(next_++).permutation(n); }

  template <class Disturb>
  [[nodiscard]] pairs draw(index_t per_class, Disturb disturb) {
    pairs p{matrix<float>(classes * per_class, class_means_.cols()), {}, {}};
    p.b.resizeLike(p.a);
    for (std::size_t const i : permutation(sidera::row_count(p.a))) p.label.push_back(static_cast<int>(i) % classes);
    for (int modality = 0; modality < 2; ++modality)
      for (index_t n = 0; n < p.a.rows(); ++n) {
        row_vector<double> row = class_means_.row(p.label[static_cast<std::size_t>(n)]);
        for (index_t k = 0; k < row.size(); ++k) row(k) += normal();
        disturb(row, modality);
        (modality == 0 ? p.a : p.b).row(n) = row.cast<float>();
      }
    return p;
  }

 private:
  sidera::random_stream random_;
  std::uint64_t next_ = 0;
  matrix<double> class_means_;
};

[[nodiscard]] inline sidera::channel_list all_channels(index_t dim) {
  sidera::channel_list all(static_cast<std::size_t>(dim));
  std::iota(all.begin(), all.end(), index_t{0});
  return all;
}

/// A codebook learnt with MM-EMA: 40 epochs of batches of 160 pairs.
[[nodiscard]] inline matrix<float> learn(pairs const& train, matrix<float> start, double own_weight, paired_world& w) {
  sidera::codebook<float> book{std::move(start)};
  sidera::cross_modal_ema::state<float> state({.decay = 0.9, .own_weight = own_weight}, book);
  auto const everything = all_channels(train.a.cols());
  for (int epoch = 0; epoch < 40; ++epoch) {
    auto const order = w.permutation(sidera::row_count(train.a));
    for (std::size_t first = 0; first < order.size(); first += 160) {
      std::vector<index_t> const rows(order.begin() + static_cast<std::ptrdiff_t>(first),
                                      order.begin() + static_cast<std::ptrdiff_t>(std::min(first + 160, order.size())));
      matrix<float> const a = train.a(rows, Eigen::all), b = train.b(rows, Eigen::all);
      auto const code_a = sidera::requantise(a, book.words, everything);
      auto const code_b = sidera::requantise(b, book.words, everything);
      sidera::matrix_cref<float> const ref_a(a), ref_b(b);
      sidera::modality_batch<float> const batch[] = {{ref_a, code_a}, {ref_b, code_b}};
      state.update(book, std::span<sidera::modality_batch<float> const>(batch));
    }
  }
  return book.words;
}

}  // namespace toc
