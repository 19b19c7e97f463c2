// SPDX-License-Identifier: MIT
#pragma once
/// \file  Two views of some of the digits that ship with the library, and how well codes carry labels from one to the
/// other.
#include <doctest/doctest.h>

#include <sidera/core/random.hpp>
#include <sidera/io/load.hpp>

namespace digits {

using sidera::index_t;
using sidera::matrix;

struct data {
  std::vector<matrix<float>> train, test;  ///< per view
  std::vector<std::int32_t> train_labels, test_labels;
};

/// `rows` rows in random order, three quarters of them for training.
inline data load(std::vector<std::string> const& views, std::size_t rows) {
  std::string const folder = std::string(SIDERA_SOURCE_DIR) + "/examples/data/digits/";
  auto const labels = sidera::load_labels(folder + "labels.npy");
  auto const order = sidera::random_stream(5).permutation(labels.size());
  std::size_t const cut = rows * 3 / 4;
  data d;
  for (std::string const& v : views) {
    matrix<float> const x = sidera::load_matrix<float>(folder + v + ".npy");
    matrix<float> a(static_cast<index_t>(cut), x.cols()), b(static_cast<index_t>(rows - cut), x.cols());
    for (std::size_t i = 0; i < rows; ++i) {
      auto const from = static_cast<index_t>(order[i]);
      if (i < cut)
        a.row(static_cast<index_t>(i)) = x.row(from);
      else
        b.row(static_cast<index_t>(i - cut)) = x.row(from);
    }
    d.train.push_back(a);
    d.test.push_back(b);
  }
  for (std::size_t i = 0; i < rows; ++i) (i < cut ? d.train_labels : d.test_labels).push_back(labels[order[i]]);
  return d;
}

/// Every code of the first level stands for its most frequent label in `from`; the share of right labels in `to`.
inline double transfer(sidera::code_matrix const& from, std::vector<std::int32_t> const& from_labels,
                       sidera::code_matrix const& to, std::vector<std::int32_t> const& to_labels) {
  matrix<double> votes = matrix<double>::Zero(std::max(from.col(0).maxCoeff(), to.col(0).maxCoeff()) + 1, 10);
  for (index_t i = 0; i < from.rows(); ++i) votes(from(i, 0), from_labels[static_cast<std::size_t>(i)]) += 1;
  double right = 0;
  for (index_t i = 0; i < to.rows(); ++i) {
    index_t label = 0;
    votes.row(to(i, 0)).maxCoeff(&label);
    right += label == to_labels[static_cast<std::size_t>(i)];
  }
  return right / static_cast<double>(to.rows());
}

}  // namespace digits
