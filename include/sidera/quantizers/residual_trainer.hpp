// SPDX-License-Identifier: MIT
#pragma once
/// \file  Greedy level-by-level training of a residual quantizer.
#include <optional>
#include <sidera/codebooks/initialiser.hpp>
#include <sidera/core/level_codes.hpp>
#include <sidera/metrics/column_metrics.hpp>
#include <sidera/quantizers/beam_search.hpp>
#include <sidera/quantizers/codebook_trainer.hpp>
#include <sidera/quantizers/level_rows.hpp>
#include <sidera/quantizers/residual_options.hpp>

namespace sidera::inline SIDERA_ABI {

/// Encodes all rows block by block; greedy when `beam` is 1. Throws value_error, in the name of `function`, with the
/// first row that is not finite.
template <Scalar T, Metric M, ResidualScheme R>
void encode_rows(residual_encoder<T, M, R> const& encoder, matrix_cref<T> const& x, code_matrix& out, std::size_t beam,
                 executor_ref executor, std::string_view function) {
  block_partition const blocks{row_count(x), beam == 1 ? std::size_t{512} : beam_search<T, M, R>::block_rows};
  std::vector<residual_workspace<T>> workspaces(executor.concurrency());
  std::vector<beam_search<T, M, R>> beams(beam == 1 ? 0 : executor.concurrency(), beam_search(encoder, beam));
  executor.run(blocks.count(), [&](std::size_t b, std::size_t worker) {
    block_partition const pieces{blocks.length(b), beam == 1 ? encoder.rows_at_once() : blocks.block};
    for (std::size_t p = 0; p < pieces.count(); ++p) {
      std::size_t const begin = blocks.begin(b) + pieces.begin(p);
      auto const first = static_cast<index_t>(begin), rows = static_cast<index_t>(pieces.length(p));
      if (beam == 1) {
        encoder.encode_checked(x.middleRows(first, rows), out.middleRows(first, rows), workspaces[worker], function,
                               begin);
      } else {
        require_finite<T>(x.middleRows(first, rows), function, "x", begin);  // here they come into the cache once
        beams[worker].encode(x.middleRows(first, rows), out.middleRows(first, rows));
      }
    }
  });
}

/// The policies and numbers of one residual quantizer.
template <Metric M, UpdateRule U, ResidualScheme R, Initialiser I, DeadCodePolicy Z>
struct residual_recipe {
  residual_quantizer_options const& options;
  M const& metric;
  U const& rule;
  R const& scheme;
  I const& init;
  Z const& dead;
};

template <Scalar T, Metric M, UpdateRule U, ResidualScheme R, Initialiser I, DeadCodePolicy Z>
class residual_trainer {
 public:
  using encoder_type = residual_encoder<T, M, R>;
  struct result {
    encoder_type encoder;
    fit_report report;
  };

  residual_trainer(residual_recipe<M, U, R, I, Z> recipe, executor_ref executor, observer const& watch)
      : recipe_(recipe), executor_(executor), watch_(watch) {}

  /// Trains all levels. Where `before` is given, the first `frozen` levels are taken from it, and with `warm_start` the
  /// others start from its words.
  result run(matrix_cref<T> const& x, encoder_type const* before, std::size_t frozen) {
    check_input(x, before);
    encoder_ = encoder_type(metric_on_rows_of(recipe_.metric, column_count(x)), recipe_.scheme, column_count(x));
    report_ = {};
    report_.codes.setConstant(x.rows(), static_cast<index_t>(recipe_.options.levels), no_code);
    total_ = total_variation(x);
    rows_.emplace(x, encoder_, recipe_.options.levels);
    for (std::size_t l = 0; l < recipe_.options.levels; ++l) {
      level_report level = l < frozen ? keep_level(before->level(l), l) : train_level(l, before);
      if (recipe_.options.beam > 1 && l > 0) reassign(x, l);
      level.relative_error = total_ > 0 ? left_ / total_ : 0.0;
      report_.levels.push_back(level);
    }
    encoder_.prepare();
    return {std::move(encoder_), std::move(report_)};
  }

 private:
  void check_input(matrix_cref<T> const& x, encoder_type const* before) const {
    constexpr std::string_view where = "residual_quantizer::fit";
    require_not_empty(x, where, "x");
    require_finite<T>(x, where, "x");
    if (before != nullptr) require_columns(x, before->dim(), where, "x");
    if constexpr (LinearResidualScheme<R>)
      if (double const w = recipe_.scheme.prefix_weight(); !(w >= 0 && std::isfinite(w)))
        throw value_error(where, "the prefix weight is " + std::to_string(w) + ", expected a number of at least 0");
    for (std::size_t l = 0; l < recipe_.options.levels; ++l)
      if (recipe_.options.words_at(l) > row_count(x))
        throw shape_error(where, "x is " + shape_text(x) + ": fewer rows than the " +
                                     std::to_string(recipe_.options.words_at(l)) + " words of level " +
                                     std::to_string(l));
  }

  /// Rounded once at the end, as in training from blocks or on several ranks.
  [[nodiscard]] static double total_variation(matrix_cref<T> const& x) {
    pass_statistics<T> all(1, column_scales(x, row_count(x)));
    for (index_t i = 0; i < x.rows(); ++i) all.add(row_span(x, i), 0);
    std::vector<double> const mean = mean_of_all(all);
    order_free_sum total;
    for (index_t i = 0; i < x.rows(); ++i) total.add(squared_deviation<T>(row_span(x, i), mean));
    return total.value();
  }

  level_report keep_level(residual_level<T> const& level, std::size_t l) {
    encoder_.push_level(level);
    std::vector<code_t> codes(row_count(report_.codes));
    encoder_.search(l).nearest(rows_->queries(), codes, executor_);
    take_codes(codes, l);
    code_usage usage(level.search.size());
    usage.add(codes);
    return {
        .iterations = 0, .stopped = stop_reason::frozen, .perplexity = usage.perplexity(), .dead_words = usage.dead()};
  }

  /// One trained codebook with the codes that training left.
  struct attempt {
    codebook<T> book;
    std::vector<code_t> codes;
    level_report report;
  };

  level_report train_level(std::size_t l, encoder_type const* before) {
    matrix_cref<T> const queries = rows_->queries();
    if (l > 0)  // a large weight or a user's own scheme can overflow where the sample did not
      require_finite<T>(queries, "residual_quantizer::fit",
                        "the residual scheme's query of level " + std::to_string(l));
    random_stream const random = random_stream(recipe_.options.seed).fork(l);
    attempt best = train_once(queries, l, before, random);
    for (std::size_t r = 1; r < recipe_.options.restarts; ++r)
      if (attempt next = train_once(queries, l, before, random.fork(r + 1));
          next.report.objective < best.report.objective)
        best = std::move(next);
    matrix<T> explained = what_words_explain(best.book, best.codes);
    encoder_.push_level({std::move(best.book), std::move(explained)});
    take_codes(best.codes, l);
    return best.report;
  }

  [[nodiscard]] attempt train_once(matrix_cref<T> const& rows, std::size_t l, encoder_type const* before,
                                   random_stream random) const {
    codebook<T> book = first_words(rows, l, before, random.fork(0));
    codebook_training const how{.iterations = recipe_.options.iterations,
                                .tolerance = recipe_.options.tolerance,
                                .random = random.fork(1),
                                .executor = executor_,
                                .watch = &watch_,
                                .level = l,
                                .levels = recipe_.options.levels};
    codebook_trainer<T, M, U, Z> trainer(book, rows, encoder_.metric(), recipe_.rule, recipe_.dead, how);
    level_report const report = trainer.run();
    std::vector<code_t> codes(trainer.codes().begin(), trainer.codes().end());
    return {std::move(book), std::move(codes), report};
  }

  [[nodiscard]] codebook<T> first_words(matrix_cref<T> const& rows, std::size_t l, encoder_type const* before,
                                        random_stream random) const {
    std::size_t const words = recipe_.options.words_at(l);
    if (recipe_.options.warm_start && before != nullptr && l < before->level_count() &&
        before->level(l).search.size() == words && before->level(l).search.words.cols() == rows.cols())
      return before->level(l).search;
    std::vector<code_t> const previous = l > 0 ? level_codes(report_.codes, l - 1) : std::vector<code_t>{};
    return recipe_.init(rows, words, encoder_.metric(), {random, l, previous, executor_});
  }

  /// The first columns of the words where they are points of the sample space, else the members' mean residual.
  [[nodiscard]] matrix<T> what_words_explain(codebook<T> const& book, std::span<code_t const> codes) const {
    matrix_cref<T> const residual = rows_->residual();
    constexpr bool words_are_points =
        !explains_by_mean<R> && !std::same_as<typename M::representative_type, representative::normalized_mean>;
    if constexpr (words_are_points) {
      return book.words.leftCols(residual.cols());
    } else {
      auto const members = pass_statistics<T>::of(residual, codes, book.size());
      matrix<T> explained = matrix<T>::Zero(book.words.rows(), residual.cols());
      for (std::size_t j = 0; j < book.size(); ++j)
        if (members.counts()[j] > 0) members.mean(j, row_span(explained, static_cast<index_t>(j)));
      return explained;
    }
  }

  void take_codes(std::span<code_t const> codes, std::size_t l) {
    for (std::size_t i = 0; i < codes.size(); ++i)
      report_.codes(static_cast<index_t>(i), static_cast<index_t>(l)) = codes[i];
    left_ = rows_->advance(codes);
  }

  /// With a beam, the next level trains on what the best whole hypothesis of each row leaves over.
  void reassign(matrix_cref<T> const& x, std::size_t l) {
    code_matrix codes(x.rows(), static_cast<index_t>(l + 1));
    encoder_.prepare();
    encode_rows(encoder_, x, codes, recipe_.options.beam, executor_, "residual_quantizer::fit");
    rows_->restart();
    for (std::size_t k = 0; k <= l; ++k) {
      report_.codes.col(static_cast<index_t>(k)) = codes.col(static_cast<index_t>(k));
      left_ = rows_->advance(level_codes(report_.codes, k));
    }
  }

  residual_recipe<M, U, R, I, Z> recipe_;
  executor_ref executor_;
  observer const& watch_;
  encoder_type encoder_;
  std::optional<level_rows<T, M, R>> rows_;
  fit_report report_;
  double total_ = 0, left_ = 0;  ///< squared deviations of all rows, and what the levels so far leave
};

}  // namespace sidera::inline SIDERA_ABI
