// SPDX-License-Identifier: MIT
#pragma once
#include "paired_world.hpp"

namespace toc {

/// Softmax regression on the words of codes: trained on one modality, asked about the other. Rows with equal codes are
/// one point, so it works on at most one point per word.
class word_probe {
 public:
  word_probe(matrix<float> const& book, std::vector<code_t> const& codes, std::vector<int> const& labels)
      : weights_(matrix<double>::Zero(book.cols(), classes)), bias_(row_vector<double>::Zero(classes)) {
    matrix<double> target = matrix<double>::Zero(book.rows(), classes);  // share of rows with this word and class
    for (std::size_t n = 0; n < codes.size(); ++n)
      target(codes[n], labels[n]) += 1.0 / static_cast<double>(codes.size());
    Eigen::VectorXd const mass = target.rowwise().sum();
    points_ = book.cast<double>();
    row_vector<double> const mean = mass.transpose() * points_;
    points_.rowwise() -= mean;
    row_vector<double> const scale = ((mass.transpose() * points_.cwiseAbs2()).array().sqrt() + 1e-6).matrix();
    points_.array().rowwise() /= scale.array();
    for (int step = 0; step < 300; ++step) {
      matrix<double> left = predictions();
      left = mass.asDiagonal() * left - target;
      weights_ -= 0.5 * (points_.transpose() * left + 1e-4 * weights_);
      bias_ -= 0.5 * left.colwise().sum();
    }
  }

  [[nodiscard]] double accuracy(std::vector<code_t> const& codes, std::vector<int> const& labels) const {
    matrix<double> const p = predictions();
    double right = 0;
    for (std::size_t n = 0; n < codes.size(); ++n) {
      index_t best = 0;
      p.row(codes[n]).maxCoeff(&best);
      right += best == labels[n];
    }
    return right / static_cast<double>(codes.size());
  }

 private:
  [[nodiscard]] matrix<double> predictions() const {
    matrix<double> p = (points_ * weights_).rowwise() + bias_;
    p.colwise() -= p.rowwise().maxCoeff().eval();
    p = p.array().exp().matrix().eval();
    p.array().colwise() /= p.rowwise().sum().eval().array();
    return p;
  }

  matrix<double> points_, weights_;
  row_vector<double> bias_;
};

/// How well codes carry labels from modality a to modality b.
struct figures {
  double accuracy = 0;   ///< probe trained on a, asked about b
  double agreement = 0;  ///< pairs with equal codes
};

/// Codes by the channels `search`, words as `kept` for the probe.
[[nodiscard]] inline figures evaluate(matrix<float> const& book, pairs const& train, pairs const& test,
                                      sidera::channel_list const& search, sidera::channel_list const& kept) {
  auto const codes = [&](matrix<float> const& x) { return sidera::requantise(x, book, search); };
  word_probe const probe(sidera::slice_words(book, kept), codes(train.a), train.label);
  auto const a = codes(test.a), b = codes(test.b);
  double equal = 0;
  for (std::size_t n = 0; n < a.size(); ++n) equal += a[n] == b[n];
  return {probe.accuracy(b, test.label), equal / static_cast<double>(a.size())};
}

}  // namespace toc
