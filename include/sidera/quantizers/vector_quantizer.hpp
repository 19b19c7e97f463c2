// SPDX-License-Identifier: MIT
#pragma once
/// \file  Vector quantization: one codebook, one code per row.
#include <sidera/core/rename_errors.hpp>
#include <sidera/quantizers/concepts.hpp>
#include <sidera/quantizers/residual_quantizer.hpp>

namespace sidera::inline SIDERA_ABI {

/// The numbers of a vector quantizer; see \ref residual_quantizer_options.
struct vector_quantizer_options {
  std::size_t words = 256;
  std::size_t iterations = 25;
  std::size_t restarts = 1;
  double tolerance = 0;
  std::uint64_t seed = 1;
  bool warm_start = false;
};

/// One codebook: k-means and its relatives. The first level of a residual quantizer, with the promises of
/// \ref residual_quantizer.
template <Metric M = squared_euclidean, UpdateRule U = default_rule_t<M>, Initialiser I = kmeans_plus_plus,
          DeadCodePolicy Z = relocate_far, Scalar T = float>
requires UpdateRuleFitsMetric<U, M>
class vector_quantizer {
 public:
  using scalar_type = T;
  using metric_type = M;

  explicit vector_quantizer(vector_quantizer_options o = {}, M metric = {}, U rule = {}, I init = {}, Z dead = {})
      : level_(named([&] {
          return level_type({.levels = 1,
                             .words = o.words,
                             .iterations = o.iterations,
                             .restarts = o.restarts,
                             .tolerance = o.tolerance,
                             .seed = o.seed,
                             .warm_start = o.warm_start},
                            std::move(metric), std::move(rule), {}, std::move(init), std::move(dead));
        })) {}

  /// Learns the words from the rows of `x` (N x D, N >= words, finite).
  fit_report fit(matrix_cref<T> const& x, executor_ref executor = {},
                 observer const& watch = {}) requires Divergence<M> {
    return named([&] { return level_.fit(x, executor, watch); });
  }

  /// N x 1 codes: the nearest word of every row.
  [[nodiscard]] code_matrix encode(matrix_cref<T> const& x, executor_ref executor = {}) const {
    return named([&] { return level_.encode(x, executor); });
  }

  /// N x count codes: the nearest words of every row, nearest first.
  [[nodiscard]] code_matrix nearest_words(matrix_cref<T> const& x, std::size_t count,
                                          executor_ref executor = {}) const {
    if (!fitted()) throw not_fitted_error("vector_quantizer::nearest_words", "call fit or load first");
    if (count > word_count())
      throw value_error("vector_quantizer::nearest_words",
                        std::to_string(count) + " words are asked for, there are " + std::to_string(word_count()));
    require_columns(x, dim(), "vector_quantizer::nearest_words", "x");
    require_finite<T>(x, "vector_quantizer::nearest_words", "x");
    code_matrix out(x.rows(), static_cast<index_t>(count));
    level_.encoder().search(0).nearest_k(x, out, executor);
    return out;
  }

  /// N x D: the word of every code.
  [[nodiscard]] matrix<T> decode(code_matrix_cref const& codes) const {
    return named([&] { return level_.decode(codes); });
  }

  /// K x D. Throws not_fitted_error.
  [[nodiscard]] matrix<T> const& words() const {
    return named([&]() -> matrix<T> const& { return level_.level(0).search.words; });
  }
  [[nodiscard]] std::size_t level_count() const noexcept { return level_.level_count(); }
  /// Throws not_fitted_error.
  [[nodiscard]] std::size_t word_count(std::size_t level = 0) const {
    return named([&] { return level_.word_count(level); });
  }
  [[nodiscard]] std::size_t dim() const noexcept { return level_.dim(); }
  [[nodiscard]] bool fitted() const noexcept { return level_.fitted(); }
  [[nodiscard]] field_set fields() const {
    return named([&] { return level_.fields(); });
  }
  void load(field_set const& f) {
    named([&] { level_.load(f); });
  }

  /// What it is trained with; valid as long as this model is not changed.
  [[nodiscard]] residual_recipe<M, U, additive_residual, I, Z> recipe() const noexcept { return level_.recipe(); }
  [[nodiscard]] vector_quantizer_options options() const {
    residual_quantizer_options const& o = level_.options();
    return {.words = o.words_at(0),
            .iterations = o.iterations,
            .restarts = o.restarts,
            .tolerance = o.tolerance,
            .seed = o.seed,
            .warm_start = o.warm_start};
  }

  /// A model of given words; throws shape_error when there are none, value_error for one with a NaN or an infinity.
  void set_words(matrix<T> words) {
    require_not_empty(words, "vector_quantizer::set_words", "words");
    require_finite<T>(words, "vector_quantizer::set_words", "words");
    std::size_t const dim = column_count(words);
    matrix<T> explained = words;
    level_.set_levels({{{std::move(words)}, std::move(explained)}}, dim);
  }

 private:
  using level_type = residual_quantizer<M, U, additive_residual, I, Z, T>;

  template <class F>
  static decltype(auto) named(F&& f) {
    return rename_errors("residual_quantizer", "vector_quantizer", std::forward<F>(f));
  }

  level_type level_;
};
static_assert(Quantizer<vector_quantizer<>>);

}  // namespace sidera::inline SIDERA_ABI
