// SPDX-License-Identifier: MIT
/// \file  How cross_modal chooses the number of channels: on which rows, and on which views.
#include <doctest/doctest.h>

#include "../../examples/cross_modal/channels.hpp"

namespace {

using program::matrix;

constexpr sidera::index_t channels = 16, disturbed = 4;
constexpr std::size_t least = 2;  // the smallest number that is tried

/// Eight words that every channel tells apart, the first channels by the largest variance.
matrix words() {
  matrix w(8, channels);
  for (sidera::index_t j = 0; j < w.rows(); ++j)
    for (sidera::index_t k = 0; k < channels; ++k)
      w(j, k) = (2 - .05F * static_cast<float>(k)) * static_cast<float>((j * (2 * k + 1)) % 8);
  return w;
}

/// The words in turn, with noise of this size in the first channels, which is a view's own.
program::coded_rows rows(float noise, std::uint64_t view) {
  matrix x(400, channels);
  matrix const w = words();
  sidera::random_stream const random(view);
  for (sidera::index_t i = 0; i < x.rows(); ++i) {
    x.row(i) = w.row(i % 8);
    for (sidera::index_t k = 0; k < disturbed; ++k)
      x(i, k) += noise * static_cast<float>(random.normal(static_cast<std::size_t>(channels * i + k)));
  }
  return {{x}, {}, {}};
}

/// What is chosen where views have this noise on training rows and on held-out rows.
std::size_t chosen(std::vector<float> const& training, std::vector<float> const& held_out) {
  program::settings how;
  how.criterion = "variance";
  program::trained model;
  program::experiment data;
  model.codebooks = {words()};
  for (std::size_t m = 0; m < training.size(); ++m) {
    model.train.push_back(rows(training[m], m));
    model.test.push_back(rows(held_out[m], 10 + m));
    for (auto* views : {&data.train, &data.test}) views->push_back({{}, std::vector<std::uint8_t>(400, 1)});
  }
  return program::best_channel_count(how, model, data, 0);
}

}  // namespace

TEST_CASE("cross_modal --keep auto looks at held-out rows, not at those that the model was trained on") {
  CHECK(chosen({0, 0}, {0, 0}) == least);
  CHECK(chosen({0, 0}, {9, 9}) > least);
  CHECK(chosen({9, 9}, {0, 0}) == least);
}

TEST_CASE("cross_modal --keep auto looks at all pairs of views") {
  CHECK(chosen({0, 0, 0}, {0, 0, 9}) > least);
  CHECK(chosen({0, 0, 0}, {0, 0, 0}) == least);
}

TEST_CASE("cross_modal --toc: every codebook by its own channels, the words side by side") {
  program::settings how;
  how.criterion = "variance", how.toc = "requantise";
  program::trained model;
  matrix const reversed = words().rowwise().reverse();
  model.codebooks = {words(), reversed};
  program::coded_rows view = rows(0, 0);
  view.features.push_back(view.features.front().rowwise().reverse());
  view.codes = sidera::code_matrix::Zero(400, 2);
  model.train = {view}, model.test = {view};
  std::vector<program::view_rows> const data{{{}, std::vector<std::uint8_t>(400, 1)}};
  apply_toc(how, model, data, {3, 2});
  for (auto const* part : {&model.train, &model.test}) {
    program::coded_rows const& coded = part->front();
    REQUIRE(coded.words.cols() == 5);
    for (sidera::index_t i = 0; i < 400; ++i) {
      CHECK(coded.codes(i, 0) == i % 8);
      CHECK(coded.codes(i, 1) == i % 8);
      CHECK(coded.words.row(i).head(3) == words().row(i % 8).head(3));
      CHECK(coded.words.row(i).tail(2) == words().row(i % 8).head(2));  // the best channel comes first
    }
  }
  how.toc = "slice";
  model.train.front().codes.setConstant(5);
  apply_toc(how, model, data, {3, 2});
  CHECK(model.train.front().codes == sidera::code_matrix::Constant(400, 2, 5));
  CHECK(model.train.front().words.row(7).head(3) == words().row(5).head(3));
}
