// SPDX-License-Identifier: MIT
#pragma once
/// \file  What word_search does with one block of rows: brute force, or the fused kernel with a proof for every row.
#include <numeric>
#include <sidera/core/check.hpp>
#include <sidera/metrics/concepts.hpp>
#include <sidera/simd/nearest.hpp>
#include <vector>

namespace sidera::inline SIDERA_ABI {

namespace detail {

/// A word and its distance; smaller is nearer, ties go to the lower index.
struct ranked_word {
  double distance;
  code_t word;
  [[nodiscard]] bool operator<(ranked_word const& o) const noexcept {
    return distance < o.distance || (distance == o.distance && word < o.word);
  }
};

}  // namespace detail

/// Memory of one worker. It grows to the largest block it has seen; then searching allocates nothing.
template <Scalar T>
struct word_search_workspace {
  simd::search_workspace<T> kernel;
  std::vector<simd::row_best<T>> best;
  std::vector<detail::ranked_word> candidates;
  std::vector<T> sorted;
};

/// Any metric: every word is compared with every row.
template <Scalar T, Metric M>
class search_index {
 public:
  using workspace = word_search_workspace<T>;

  search_index(matrix_cref<T> const& words, M metric) : words_(words), metric_(std::move(metric)) {
    require_not_empty(words_, "word_search", "words");
  }

  [[nodiscard]] std::size_t block_rows() const noexcept { return 64; }
  [[nodiscard]] std::size_t score_rows() const noexcept { return 64; }

  void nearest(matrix_cref<T> const& x, std::span<code_t> out, workspace& w) const {
    for (std::size_t i = 0; i < out.size(); ++i) {
      rank(row_span(x, static_cast<index_t>(i)), w.candidates);
      out[i] = std::min_element(w.candidates.begin(), w.candidates.end())->word;
    }
  }

  void nearest_k(matrix_cref<T> const& x, code_matrix_ref out, workspace& w) const {
    for (index_t i = 0; i < out.rows(); ++i) {
      rank(row_span(x, i), w.candidates);
      std::partial_sort(w.candidates.begin(), w.candidates.begin() + out.cols(), w.candidates.end());
      for (index_t k = 0; k < out.cols(); ++k) out(i, k) = w.candidates[static_cast<std::size_t>(k)].word;
    }
  }

  [[nodiscard]] double distance_to(std::span<T const> x, code_t j) const {
    return exact_distance(metric_, x, std::span<T const>(row_span(words_, j)));
  }
  [[nodiscard]] matrix<T> const& words() const noexcept { return words_; }
  [[nodiscard]] M const& metric() const noexcept { return metric_; }

 private:
  void rank(std::span<T const> x, std::vector<detail::ranked_word>& w) const {
    w.resize(row_count(words_));
    for (std::size_t j = 0; j < w.size(); ++j) w[j] = {distance_to(x, static_cast<code_t>(j)), static_cast<code_t>(j)};
  }

  matrix<T> words_;
  [[no_unique_address]] M metric_;
};

/// A linear metric: the fused kernel finds the best two scores of a row. When they are further apart than the rounding
/// errors of both, the best word is proven. Otherwise all words that could be the best are compared by exact_distance.
template <Scalar T, LinearMetric M>
class search_index<T, M> {
 public:
  using workspace = word_search_workspace<T>;

  search_index(matrix_cref<T> const& words, M metric) : words_(words), metric_(std::move(metric)) {
    require_not_empty(words_, "word_search", "words");
    std::vector<double> directions(static_cast<std::size_t>(words_.size())), biases(row_count(words_));
    std::size_t const dim = column_count(words_);
    for (std::size_t j = 0; j < biases.size(); ++j)
      biases[j] = metric_.linear_form(std::span<T const>(row_span(words_, static_cast<index_t>(j))),
                                      std::span(directions).subspan(j * dim, dim));
    row_vector<T> const centre = words_.template cast<double>().colwise().mean().template cast<T>();
    panels_ = simd::word_panels<T>(directions, biases, std::span<T const>(centre.data(), dim));
    for (double const v : directions) largest_direction_ = std::max(largest_direction_, std::abs(v));
    centre_length_ = std::sqrt(centre.template cast<double>().squaredNorm());
    word_length_ = std::sqrt(words_.template cast<double>().rowwise().squaredNorm().maxCoeff());
    largest_direction_ *= std::sqrt(static_cast<double>(dim));
  }

  [[nodiscard]] std::size_t block_rows() const noexcept { return simd::search_block_rows(panels_); }
  [[nodiscard]] std::size_t score_rows() const noexcept { return 16 * simd::detail::tile_rows; }

  void nearest(matrix_cref<T> const& x, std::span<code_t> out, workspace& w) const {
    w.best.resize(out.size());
    simd::find_best(panels_, x.data(), stride(x), out.size(), w.best.data(), w.kernel);
    for (std::size_t i = 0; i < out.size(); ++i) {
      auto const& best = w.best[i];
      double const error = decision_error(best.length);
      bool const proven = panels_.in_range(best.length) &&
                          static_cast<double>(best.score) - static_cast<double>(best.runner_up) > 2 * error;
      out[i] = proven ? static_cast<code_t>(best.word) : decide(x, static_cast<index_t>(i), best, error, w);
    }
  }

  void nearest_k(matrix_cref<T> const& x, code_matrix_ref out, workspace& w) const {
    std::size_t const row_stride = simd::all_scores(panels_, x.data(), stride(x), row_count(x), w.kernel);
    auto const k = static_cast<std::size_t>(out.cols());
    for (index_t i = 0; i < out.rows() && k > 0; ++i) {
      std::span<T const> const scores(w.kernel.scores.data() + static_cast<std::size_t>(i) * row_stride,
                                      row_count(words_));
      double const length = w.kernel.lengths.data()[i];
      double threshold = -std::numeric_limits<double>::infinity();
      if (panels_.in_range(length)) {
        w.sorted.assign(scores.begin(), scores.end());
        std::nth_element(w.sorted.begin(), w.sorted.begin() + static_cast<std::ptrdiff_t>(k - 1), w.sorted.end(),
                         std::greater<>());
        threshold = static_cast<double>(w.sorted[k - 1]) - 2 * decision_error(length);
      }
      gather(x, i, scores, threshold, w);
      std::partial_sort(w.candidates.begin(), w.candidates.begin() + out.cols(), w.candidates.end());
      for (std::size_t j = 0; j < k; ++j) out(i, static_cast<index_t>(j)) = w.candidates[j].word;
    }
  }

  [[nodiscard]] double distance_to(std::span<T const> x, code_t j) const {
    return exact_distance(metric_, x, std::span<T const>(row_span(words_, j)));
  }
  [[nodiscard]] matrix<T> const& words() const noexcept { return words_; }
  [[nodiscard]] M const& metric() const noexcept { return metric_; }

 private:
  [[nodiscard]] static std::size_t stride(matrix_cref<T> const& x) noexcept {
    return static_cast<std::size_t>(x.outerStride());
  }

  /// The error of a score, and what exact_distance itself may be off by, in units of a score: it adds up D terms of at
  /// most (|x| + |word|)^2 (squared distance), |x| |direction| (products) in double.
  [[nodiscard]] double decision_error(double length) const noexcept {
    double const x = length + centre_length_, all = x + word_length_;
    double const in_double = 4 * (static_cast<double>(panels_.dim()) + 8) * 0x1p-53;
    return panels_.score_error(length) + in_double * (all * all + all * largest_direction_);
  }

  [[nodiscard]] code_t decide(matrix_cref<T> const& x, index_t i, simd::row_best<T> const& best, double error,
                              workspace& w) const {
    std::span<T const> scores;
    double threshold = -std::numeric_limits<double>::infinity();
    if (panels_.in_range(best.length)) {
      (void)simd::all_scores(panels_, x.data() + i * x.outerStride(), stride(x), 1, w.kernel);
      scores = {w.kernel.scores.data(), row_count(words_)};
      threshold = static_cast<double>(best.score) - 2 * error;
    }
    gather(x, i, scores, threshold, w);
    return std::min_element(w.candidates.begin(), w.candidates.end())->word;
  }

  /// The words whose score reaches the threshold, with their distances; without a threshold all words.
  void gather(matrix_cref<T> const& x, index_t i, std::span<T const> scores, double threshold, workspace& w) const {
    bool const all = threshold == -std::numeric_limits<double>::infinity();
    w.candidates.clear();
    for (std::size_t j = 0; j < row_count(words_); ++j)
      if (all || static_cast<double>(scores[j]) >= threshold)
        w.candidates.push_back({distance_to(row_span(x, i), static_cast<code_t>(j)), static_cast<code_t>(j)});
  }

  matrix<T> words_;
  [[no_unique_address]] M metric_;
  simd::word_panels<T> panels_;
  double largest_direction_ = 0, centre_length_ = 0, word_length_ = 0;
};

}  // namespace sidera::inline SIDERA_ABI
