// SPDX-License-Identifier: MIT
#pragma once
/// \file  A linear classifier of words, trained on one view and asked about another one.
#include <sidera/autodiff/ops/dense.hpp>
#include <sidera/autodiff/ops/log_softmax.hpp>
#include <sidera/autodiff/ops/mul.hpp>
#include <sidera/autodiff/ops/scale.hpp>
#include <sidera/autodiff/ops/square.hpp>
#include <sidera/autodiff/ops/sub.hpp>
#include <sidera/autodiff/ops/sum.hpp>
#include <sidera/optimizers/optimizer.hpp>

#include "data.hpp"

namespace program {

/// What a view is for a probe: one row per clip, and the clips that have one.
struct probe_rows {
  matrix x;
  std::vector<std::uint8_t> present;
};

/// Softmax regression: 300 steps of Adam on all rows, small L2 penalty. Columns are standardised by mean and deviation
/// of the distinct training rows, each counted once: of codes these are the words in use, however often each is.
class linear_probe {
 public:
  linear_probe(probe_rows const& rows, std::vector<sidera::code_t> const& labels, std::size_t classes) {
    matrix kept, wanted;
    gather(rows, labels, classes, kept, wanted);
    mean_ = kept.colwise().mean();
    scale_ = ((kept.rowwise() - mean_).array().square().colwise().mean() + 1e-6F).sqrt().inverse().matrix();
    matrix const x = standardised(kept);
    sidera::parameters<float> store;
    auto const weight = store.add("weight", sidera::column_count(x), classes), bias = store.add("bias", 1, classes);
    sidera::optimizer<float> move(store, {.learning_rate = 0.03});
    sidera::tape<float> t(store);
    for (int step = 0; step < 300; ++step) {
      auto const scores = sidera::dense(t.refer(x), t[weight], t[bias], sidera::functions::identity{});
      auto const likelihood = sidera::sum(sidera::log_softmax(scores) * t.refer(wanted));
      t.backward(1e-3 * sidera::sum(sidera::square(t[weight])) - likelihood);
      move.step(store);
      store.clear_gradients();
      t.reset();
    }
    weight_ = store.value(weight);
    bias_ = store.value(bias);
  }

  /// The share of right answers among the rows that are there.
  [[nodiscard]] double accuracy(probe_rows const& rows, std::vector<sidera::code_t> const& labels) const {
    matrix const scores = (standardised(rows.x) * weight_).rowwise() + bias_;
    double right = 0, all = 0;
    for (std::size_t i = 0; i < labels.size(); ++i) {
      if (rows.present[i] == 0) continue;
      index_t best = 0;
      scores.row(static_cast<index_t>(i)).maxCoeff(&best);
      right += best == labels[i];
      ++all;
    }
    return all > 0 ? right / all : 0;
  }

 private:
  [[nodiscard]] matrix standardised(matrix const& x) const {
    return ((x.rowwise() - mean_).array().rowwise() * scale_.array()).matrix();
  }

  /// Equal rows (equal codes) become one row with the shares of its labels: training costs words, not rows.
  static void gather(probe_rows const& rows, std::vector<sidera::code_t> const& labels, std::size_t classes, matrix& x,
                     matrix& wanted) {
    std::map<std::vector<float>, std::vector<float>> seen;
    float all = 0;
    for (std::size_t i = 0; i < labels.size(); ++i) {
      if (rows.present[i] == 0) continue;
      auto const row = sidera::row_span(rows.x, static_cast<index_t>(i));
      auto& shares = seen[std::vector<float>(row.begin(), row.end())];
      shares.resize(classes);
      shares[static_cast<std::size_t>(labels[i])] += 1;
      ++all;
    }
    if (seen.empty()) throw sidera::value_error("--view", "a view has no training rows");
    x.resize(static_cast<index_t>(seen.size()), rows.x.cols());
    wanted.resize(x.rows(), static_cast<index_t>(classes));
    index_t at = 0;
    for (auto const& [row, shares] : seen) {
      std::copy(row.begin(), row.end(), x.row(at).data());
      for (std::size_t c = 0; c < classes; ++c) wanted(at, static_cast<index_t>(c)) = shares[c] / all;
      ++at;
    }
  }

  sidera::row_vector<float> mean_, scale_, bias_;
  matrix weight_;
};

}  // namespace program
