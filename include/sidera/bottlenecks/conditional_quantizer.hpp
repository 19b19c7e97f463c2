// SPDX-License-Identifier: MIT
#pragma once
/// \file  Residual quantization whose words depend on the levels before, after QINCo.
#include <sidera/bottlenecks/conditional_trainer.hpp>
#include <sidera/core/executor.hpp>
#include <sidera/core/level_codes.hpp>
#include <sidera/quantizers/residual_quantizer.hpp>
#include <sidera/training/batch_order.hpp>

namespace sidera::inline SIDERA_ABI {

/// The numbers of a conditional quantizer.
struct conditional_quantizer_options {
  std::size_t levels = 3;
  std::size_t words = 256;      ///< per level
  std::size_t hidden = 64;      ///< width of the network of each level but the first
  std::size_t restarts = 1;     ///< of residual k-means, whose optimum the networks start in and seldom leave
  std::size_t epochs = 20;      ///< of the networks; 0 leaves plain residual k-means
  std::size_t batch = 256;      ///< rows
  double learning_rate = 3e-3;  ///< of Adam; falls linearly to a tenth
  std::uint64_t seed = 1;
};

/// Residual quantization with \ref conditional_words: starts as residual k-means and trains words and networks from
/// there; of all epochs, the start included, the one with the lowest error on the training rows is kept, so that it is
/// never above that of residual k-means.
///
/// Promises: those of \ref residual_quantizer for equal bits on any number of threads, on one instruction set.
/// Encoding costs O(words hidden D) per row and level: every word goes through the network.
template <Scalar T = float>
class conditional_quantizer {
 public:
  using scalar_type = T;

  explicit conditional_quantizer(conditional_quantizer_options options = {}) : options_(options) {
    if (options_.levels == 0 || options_.words == 0 || options_.hidden == 0 || options_.batch == 0)
      throw value_error("conditional_quantizer_options", "levels, words, hidden and batch must be at least 1");
    if (!(options_.learning_rate > 0))
      throw value_error("conditional_quantizer_options", "learning_rate must be above 0");
  }

  /// Learns words and networks from the rows of `x` (N x D, N >= words, finite). Throws what \ref residual_quantizer
  /// throws, and value_error where the gradients of the networks leave the range of T, as for numbers near its end.
  fit_report fit(matrix_cref<T> const& x, executor_ref executor = {}, observer const& watch = {}) {
    residual_quantizer<squared_euclidean, lloyd, additive_residual, kmeans_plus_plus, relocate_far, T> start(
        {.levels = options_.levels, .words = options_.words, .restarts = options_.restarts, .seed = options_.seed});
    fit_report report = start.fit(x, executor, watch);
    std::vector<matrix<T>> words;
    for (std::size_t l = 0; l < options_.levels; ++l) words.push_back(start.level(l).explained);
    conditional_trainer<T> trainer(words, options_.hidden, options_.learning_rate, options_.seed);
    conditional_quantizer best = *this, current = *this;
    best.levels_ = trainer.levels();
    double lowest = best.error(x, executor);
    batch_order order(row_count(x), options_.batch, random_stream(options_.seed));
    for (std::size_t epoch = 0; epoch < options_.epochs; ++epoch) {
      order.start(epoch);
      double const factor = 1 - 0.9 * static_cast<double>(epoch) / static_cast<double>(options_.epochs);
      run_epoch(trainer, current, x, order, factor, executor);
      double const error = current.error(x, executor);
      if (error < lowest) lowest = error, best.levels_ = current.levels_;
      if (watch)
        watch({.stage = "epoch",
               .levels = options_.levels,
               .iteration = epoch + 1,
               .iterations = options_.epochs,
               .objective = error});
    }
    *this = std::move(best);
    complete(report, x, executor);
    return report;
  }

  /// N x levels codes, level by level the nearest word.
  [[nodiscard]] code_matrix encode(matrix_cref<T> const& x, executor_ref executor = {}) const {
    require_fitted("conditional_quantizer::encode");
    require_columns(x, dim(), "conditional_quantizer::encode", "x");
    require_finite<T>(x, "conditional_quantizer::encode", "x");
    code_matrix out(x.rows(), static_cast<index_t>(levels_.size()));
    block_partition const blocks{row_count(x), 64};
    executor.run(blocks.count(), [&](std::size_t b, std::size_t) {
      for (std::size_t i = blocks.begin(b); i < blocks.begin(b) + blocks.length(b); ++i) {
        matrix<T> const row = x.row(static_cast<index_t>(i));
        matrix<T> prefix = matrix<T>::Zero(1, x.cols());
        for (std::size_t l = 0; l < levels_.size(); ++l) {
          code_t const c = levels_[l].nearest(row - prefix, prefix);
          out(static_cast<index_t>(i), static_cast<index_t>(l)) = c;
          levels_[l].advance(c, prefix);
        }
      }
    });
    return out;
  }

  /// N x D reconstruction from the first codes.cols() levels. A row ends at its first no_code.
  [[nodiscard]] matrix<T> decode(code_matrix_cref const& codes) const {
    require_fitted("conditional_quantizer::decode");
    if (column_count(codes) > levels_.size())
      throw shape_error("conditional_quantizer::decode",
                        "codes are " + shape_text(codes) + ", the model has " + to_text(levels_.size()) + " levels");
    matrix<T> out(codes.rows(), static_cast<index_t>(dim()));
    for (index_t i = 0; i < codes.rows(); ++i) {
      matrix<T> prefix = matrix<T>::Zero(1, out.cols());
      for (index_t l = 0; l < codes.cols() && codes(i, l) >= 0; ++l) {
        auto const& level = levels_[static_cast<std::size_t>(l)];
        if (codes(i, l) >= static_cast<code_t>(level.words.rows()))
          throw value_error("conditional_quantizer::decode",
                            "codes row " + std::to_string(i) + " has code " + std::to_string(codes(i, l)) + ", level " +
                                std::to_string(l) + " has " + std::to_string(level.words.rows()) + " words",
                            static_cast<std::size_t>(i));
        level.advance(codes(i, l), prefix);
      }
      out.row(i) = prefix;
    }
    return out;
  }

  [[nodiscard]] bool fitted() const noexcept { return !levels_.empty(); }
  [[nodiscard]] std::size_t dim() const noexcept { return fitted() ? column_count(levels_.front().words) : 0; }
  [[nodiscard]] std::size_t level_count() const noexcept { return levels_.size(); }
  /// Of level `l`; throws as \ref level.
  [[nodiscard]] std::size_t word_count(std::size_t l) const { return row_count(level(l).words); }
  /// Throws not_fitted_error, and value_error where there is no such level.
  [[nodiscard]] conditional_words<T> const& level(std::size_t l) const {
    require_fitted("conditional_quantizer::level");
    require_index(l, level_count(), "conditional_quantizer::level", "level");
    return levels_[l];
  }

  [[nodiscard]] field_set fields() const {
    require_fitted("conditional_quantizer::fields");
    field_set f;
    f.metadata = {{"model", "conditional_quantizer"}, {"levels", to_text(levels_.size())}};
    for (std::size_t l = 0; l < levels_.size(); ++l) {
      std::string const name = "level_" + to_text(l);
      f.put(name + ".words", levels_[l].words);
      if (l == 0) continue;
      f.put(name + ".from_word", levels_[l].from_word);
      f.put(name + ".from_prefix", levels_[l].from_prefix);
      f.put(name + ".bias", levels_[l].bias);
      f.put(name + ".out", levels_[l].out);
    }
    return f;
  }
  void load(field_set const& f) {
    constexpr std::string_view where = "conditional_quantizer::load";
    f.require_model("conditional_quantizer", where);
    auto const count = from_text<std::size_t>(f.get_text("levels"), where);
    if (count == 0) throw value_error(where, "the model has no levels");
    std::vector<conditional_words<T>> levels;
    for (std::size_t l = 0; l < count; ++l) {
      std::string const name = "level_" + to_text(l);
      conditional_words<T>& level = levels.emplace_back();
      level.words = f.get_matrix<T>(name + ".words");
      if (l > 0) {
        level.from_word = f.get_matrix<T>(name + ".from_word"),
        level.from_prefix = f.get_matrix<T>(name + ".from_prefix");
        level.bias = f.get_matrix<T>(name + ".bias"), level.out = f.get_matrix<T>(name + ".out");
        require_not_empty(level.from_word, where, name + ".from_word");
      }
      level.check(where);
      require_columns(level.words, column_count(levels.front().words), where, name + ".words");
    }
    levels_ = std::move(levels);
  }

 private:
  void require_fitted(std::string_view function) const {
    if (!fitted()) throw not_fitted_error(function, "call fit or load first");
  }

  /// Mean squared difference per entry.
  [[nodiscard]] double error(matrix_cref<T> const& x, executor_ref executor) const {
    matrix<T> const back = decode(encode(x, executor));
    double sum = 0;
    for (index_t i = 0; i < x.rows(); ++i)
      for (index_t d = 0; d < x.cols(); ++d)
        sum += std::pow(static_cast<double>(x(i, d)) - static_cast<double>(back(i, d)), 2);
    return sum / static_cast<double>(x.size());
  }

  /// All rows once, in this order; leaves the trained levels in `current`.
  static void run_epoch(conditional_trainer<T>& trainer, conditional_quantizer& current, matrix_cref<T> const& x,
                        batch_order const& order, double factor, executor_ref executor) {
    current.levels_ = trainer.levels();
    for (std::size_t b = 0; b < order.batches(); ++b) {
      matrix<T> const rows = x(order[b], Eigen::all);
      try {
        trainer.step(rows, current.encode(rows, executor), factor, executor);
      } catch (value_error const& e) {
        throw value_error("conditional_quantizer::fit",
                          std::string("the networks cannot be trained on numbers of this size (") + e.what() +
                              "): scale x, or ask for 0 epochs");
      }
      current.levels_ = trainer.levels();
    }
  }

  /// Replaces what the start reported by what the model does.
  void complete(fit_report& report, matrix_cref<T> const& x, executor_ref executor) const {
    report.codes = encode(x, executor);
    matrix<double> const wide = x.template cast<double>();
    double const total = (wide.rowwise() - row_vector<double>(wide.colwise().mean())).squaredNorm();
    for (std::size_t l = 0; l < levels_.size(); ++l) {
      auto const columns = static_cast<index_t>(l + 1);
      matrix<double> const left = wide - decode(report.codes.leftCols(columns)).template cast<double>();
      code_usage usage(word_count(l));
      usage.add(level_codes(report.codes, l));
      level_report& r = report.levels[l];
      r.objective = left.squaredNorm() / static_cast<double>(x.rows());
      r.relative_error = total > 0 ? left.squaredNorm() / total : 0;
      r.perplexity = usage.perplexity(), r.dead_words = usage.dead();
    }
  }

  conditional_quantizer_options options_;
  std::vector<conditional_words<T>> levels_;
};
static_assert(Quantizer<conditional_quantizer<>>);

}  // namespace sidera::inline SIDERA_ABI
