// SPDX-License-Identifier: MIT
#pragma once
/// \file  Greedy training of a residual quantizer in passes over rows that are read block by block.
#include <sidera/core/observer.hpp>
#include <sidera/quantizers/residual_trainer.hpp>
#include <sidera/streaming/concepts.hpp>
#include <sidera/streaming/level_survey.hpp>
#include <sidera/streaming/row_sample.hpp>
#include <sidera/streaming/stream_checkpoint.hpp>
#include <sidera/streaming/word_passes.hpp>

namespace sidera::inline SIDERA_ABI {

/// What \ref residual_trainer and \ref codebook_trainer do, in passes: per level one to look at the rows and take the
/// initialiser's sample, one per iteration, and one more for iterations in which words died. An epoch of batches reads
/// the rows of each batch by their numbers, and then needs a pass too.
///
/// All that passes leave behind are exact sums, maxima and rows that are chosen by a total order: nothing depends on
/// blocks, threads or ranks. Every rank holds the same words at all times.
template <Scalar T, StreamedMetric M, StreamedRule U, StreamedScheme R, StreamedInitialiser I, StreamedDeadCodePolicy Z,
          RowSource<T> S, Communicator C>
class stream_trainer {
 public:
  using encoder_type = residual_encoder<T, M, R>;
  struct result {
    encoder_type encoder;
    fit_report report;
  };

  stream_trainer(residual_recipe<M, U, R, I, Z> recipe, S const& source, stream_options const& options,
                 executor_ref executor, observer const& watch, C const& ranks)
      : recipe_(recipe),
        options_(options),
        executor_(executor),
        watch_(watch),
        ranks_(ranks),
        rows_(rank_rows::of(ranks, source.rows(), source.columns())),
        inputs_(source, options, words_of(recipe.options), executor),
        encoder_(metric_on_rows_of(recipe.metric, rows_.columns), recipe.scheme, rows_.columns),
        passes_(inputs_, encoder_, recipe.options.levels, rows_, ranks_, executor) {}
  stream_trainer(stream_trainer const&) = delete;
  stream_trainer& operator=(stream_trainer const&) = delete;

  [[nodiscard]] result run() {
    check_input();
    double watchers[] = {watch_ ? 1.0 : 0.0};
    ranks_.max(watchers);  // the objective is a sum over all ranks, also when only one of them tells
    watched_ = watchers[0] > 0;
    auto position = load_checkpoint<T>(options_.checkpoint, recipe_, rows_, ranks_);
    bool const resumed = position.has_value();
    if (resumed) at_ = std::move(*position), known_rows_ = at_.rows;
    for (auto const& level : at_.done) push(level);
    std::size_t const first = at_.done.size();
    for (std::size_t l = first; l < levels(); ++l) {
      train_level(l, resumed && l == first);
      at_.done.push_back(std::move(*at_.best));
      at_.best.reset();
      push(at_.done.back());
      if (recipe_.options.restarts == 1 && running_->knows_codes()) inputs_.take_codes(l, running_->take_codes());
      running_.reset();
    }
    (void)look(std::vector<std::size_t>{});  // for the relative error of the last level
    fit_report report;
    for (auto const& level : at_.done) report.levels.push_back(level.report);
    report.codes.resize(0, static_cast<index_t>(levels()));
    return {std::move(encoder_), std::move(report)};
  }

 private:
  using state_type = typename U::template state<T>;
  static constexpr std::string_view where = "fit_stream";

  [[nodiscard]] std::size_t levels() const noexcept { return recipe_.options.levels; }
  [[nodiscard]] static std::vector<std::size_t> words_of(residual_quantizer_options const& o) {
    std::vector<std::size_t> words;
    for (std::size_t l = 0; l < o.levels; ++l) words.push_back(o.words_at(l));
    return words;
  }

  void check_input() const {
    if (recipe_.options.beam != 1)
      throw value_error(where, "beam is " + std::to_string(recipe_.options.beam) +
                                   ": streamed training is greedy; encoding may use a beam afterwards");
    if (rows_.total == 0 || rows_.columns == 0)
      throw shape_error(where, "the source is " + shape() + ", expected at least 1 x 1");
    if constexpr (LinearResidualScheme<R>)
      if (double const w = recipe_.scheme.prefix_weight(); !(w >= 0 && std::isfinite(w)))
        throw value_error(where, "the prefix weight is " + std::to_string(w) + ", expected a number of at least 0");
    for (std::size_t l = 0; l < levels(); ++l)
      if (recipe_.options.words_at(l) > rows_.total)
        throw shape_error(where, "the source is " + shape() + ": fewer rows than the " +
                                     std::to_string(recipe_.options.words_at(l)) + " words of level " +
                                     std::to_string(l));
  }
  [[nodiscard]] std::string shape() const {
    return std::to_string(rows_.total) + " x " + std::to_string(rows_.columns);
  }

  void push(stream_attempt<T> const& level) {
    matrix<T> explained = level.book.words.leftCols(static_cast<index_t>(rows_.columns));
    encoder_.push_level({level.book, std::move(explained)});
    encoder_.prepare();
  }

  void train_level(std::size_t l, bool resumed) {
    random_stream const random = random_stream(recipe_.options.seed).fork(l);
    if (resumed)
      (void)look(std::vector<std::size_t>{});
    else
      at_.restart = 0;
    for (bool first = true; first || at_.restart + 1 < recipe_.options.restarts; first = false) {
      if (!first) ++at_.restart;
      random_stream const own = at_.restart == 0 ? random : random.fork(at_.restart + 1);
      bool const goes_on = resumed && first;
      if (!goes_on) at_.now = {first_words(l, own), {}}, at_.objective.reset(), at_.memory.clear();
      keep_better(train(l, goes_on, own.fork(1)));
    }
  }

  void keep_better(stream_attempt<T> attempt) {
    if (!at_.best || attempt.report.objective < at_.best->report.objective) at_.best = std::move(attempt);
  }

  [[nodiscard]] codebook<T> first_words(std::size_t l, random_stream random) {
    std::size_t const words = recipe_.options.words_at(l);
    initialiser_context const context{random.fork(0), l, {}, executor_};
    matrix<T> const sample = look(recipe_.init.sample(rows_.total, words, context));
    matrix_cref<T> const rows(sample);
    if constexpr (PassInitialiser<I>)
      return recipe_.init.from_passes(rows, passes_, words, encoder_.metric(), context);
    else
      return recipe_.init.from_sample(rows, words, encoder_.metric(), context);
  }

  /// A pass in front of a level: the sample of its rows, their scales, and what the levels before left over.
  [[nodiscard]] matrix<T> look(std::vector<std::size_t> const& wanted) {
    std::size_t const level = encoder_.level_count();
    bool const trains = level < levels();
    std::size_t const width = trains ? recipe_.scheme.width(rows_.columns, level) : 0;
    bool const names_rows = !options_.checkpoint.empty() && !rows_named_;
    row_sample<T> sample(wanted);
    std::vector<level_survey> seen(inputs_.worker_count(), level_survey(width));
    inputs_.for_each(encoder_, levels(),
                     [&](std::size_t first, matrix_cref<T> const& x, residual_workspace<T>& w, std::size_t worker) {
                       level_survey& s = seen[worker];
                       if (trains) {
                         if (level > 0)  // a large weight can overflow where the sample did not
                           require_finite<T>(w.query, where,
                                             "the residual scheme's query of level " + std::to_string(level));
                         s.scales.merge(column_scales(matrix_cref<T>(w.query), row_count(w.query)));
                         sample.offer(rows_.first + first, w.query);
                       }
                       for (index_t i = 0; names_rows && i < x.rows(); ++i)
                         s.rows.add<T>(row_span(x, i), rows_.first + first + static_cast<std::size_t>(i));
                       if (level == 0) return;
                       for (index_t i = 0; i < x.rows(); ++i) {
                         s.left_over.add(squared_length<T>(row_span(w.residual, i)));
                         if (level == 1) s.deviation.add(squared_deviation<T>(row_span(x, i), at_.mean));
                       }
                     });
    take(seen, level);
    if (names_rows) name_rows(seen.front().rows);
    return trains ? sample.collect(ranks_, rows_.shares, width) : matrix<T>();
  }

  void take(std::vector<level_survey>& seen, std::size_t level) {
    level_survey& all = seen.front();
    for (std::size_t w = 1; w < seen.size(); ++w) all.merge(seen[w]);
    std::vector<double> largest(all.scales.largest().begin(), all.scales.largest().end());
    ranks_.max(largest);
    scales_ = column_scales(std::move(largest), rows_.total);
    if (level == 0) return;
    if (level == 1) at_.variation = sum_over(ranks_, all.deviation);
    double const left_over = sum_over(ranks_, all.left_over);
    at_.done[level - 1].report.relative_error = at_.variation > 0 ? left_over / at_.variation : 0.0;
  }

  /// The first pass tells whether a checkpoint belongs to these rows.
  void name_rows(rows_fingerprint const& own) {
    rows_named_ = true;
    at_.rows = own.over(ranks_);
    if (known_rows_ && *known_rows_ != at_.rows)
      throw file_error(options_.checkpoint, "fit_stream: the checkpoint was made with rows of fingerprint " +
                                                to_text(*known_rows_) + ", the source has rows of fingerprint " +
                                                to_text(at_.rows) + ": the same shape, other values or another order");
  }

  /// Goes on from the words of the position, which a checkpoint may have `resumed`.
  [[nodiscard]] stream_attempt<T> train(std::size_t l, bool resumed, random_stream random) {
    if constexpr (requires { recipe_.rule.batch_size; })
      if (recipe_.rule.batch_size != 0 && recipe_.rule.batch_size < rows_.total) return train_by_batches(l, random);
    return train_by_passes(l, resumed);
  }

  /// As \ref codebook_trainer trains in full passes.
  [[nodiscard]] stream_attempt<T> train_by_passes(std::size_t l, bool resumed) {
    codebook<T>& book = at_.now.book;
    level_report& report = at_.now.report;
    running_.emplace(book.size(), scales_, inputs_.worker_count(), inputs_.rows(), inputs_.has_room());
    pass_summary<T> seen(0, scales_);
    bool repeated = false, measured = false;
    auto const assign = [&](bool measure) {
      measured = measure;
      seen = pass(book, measure);
    };
    if (!resumed) {
      assign(wants_distances(report));
      if (l == 0) at_.mean = mean_of_all(seen.statistics());
    }
    state_type state = state_of_position();
    while (resumed || report.iterations < recipe_.options.iterations) {
      if (!std::exchange(resumed, false)) {
        ++report.iterations;
        codebook<T> const before = book;
        state.update(book, seen.statistics());
        if (repeated && book.words == before.words) {
          report.stopped = stop_reason::codes_repeat;
          if (!measured) assign(true);  // a fixed point: the pass before was the last one
          if (watch_) tell(l, report, seen, seen.mean_distance());
          break;
        }
        at_.revived = revive(before, state, seen);
        at_.fingerprint = seen.fingerprint();
        save(state);
      }
      assign(wants_distances(report));
      repeated = seen.fingerprint() == at_.fingerprint && !at_.revived;
      if (done(l, report, seen, seen.mean_distance())) break;
    }
    return finish(seen);
  }

  /// As \ref codebook_trainer trains in epochs of batches: in the same order, whose rows are read by their numbers.
  [[nodiscard]] stream_attempt<T> train_by_batches(std::size_t l, random_stream random) {
    codebook<T>& book = at_.now.book;
    level_report& report = at_.now.report;
    running_.emplace(book.size(), scales_, inputs_.worker_count(), inputs_.rows(), inputs_.has_room());
    state_type state = state_of_position();
    at_.fingerprint = 0;
    std::optional<pass_summary<T>> seen;  // of the words as they are now
    while (report.iterations < recipe_.options.iterations && report.stopped != stop_reason::tolerance) {
      run_epoch(state, random.fork(report.iterations));
      ++report.iterations;
      codebook<T> const before = book;
      bool const measures = wants_distances(report);
      seen = pass(book, measures);
      if (l == 0) at_.mean = mean_of_all(seen->statistics());
      at_.revived = revive(before, state, *seen);
      (void)done(l, report, *seen, at_.revived && measures ? passes_.distance_to(before, book) : seen->mean_distance());
      save(state);
      if (at_.revived || !measures) seen.reset();
    }
    if (!seen) seen = pass(book, true);
    if (l == 0) at_.mean = mean_of_all(seen->statistics());
    return finish(*seen);
  }

  /// All rows once, in the order of `random`. Who has a row finds its word; sums and counts of a batch are exact, and
  /// so the same whoever that is. Memory: a number for every row of all ranks.
  void run_epoch(state_type& state, random_stream random) {
    auto const order = random.permutation(rows_.total);
    block_partition const batches{order.size(), recipe_.rule.batch_size};
    auto const own = [&](std::size_t b) {  // may run on the thread that reads ahead
      std::vector<std::size_t> rows;
      for (std::size_t i = 0; i < batches.length(b); ++i)
        if (std::size_t const row = order[batches.begin(b) + i] - rows_.first; row < inputs_.rows())
          rows.push_back(row);
      std::sort(rows.begin(), rows.end());
      return rows;
    };
    passes_.for_each_batch(at_.now.book, batches, own,
                           [&](pass_statistics<T> const& batch) { state.update(at_.now.book, batch); });
  }

  /// The state of the rule as the position remembers it, a new one where that remembers nothing.
  [[nodiscard]] state_type state_of_position() const {
    state_type state(recipe_.rule, at_.now.book);
    if constexpr (detail::state_is_numbers<U, T>)
      if (!at_.memory.empty()) state.set_numbers(at_.memory);
    return state;
  }
  void save(state_type const& state) {
    if constexpr (detail::state_is_numbers<U, T>) at_.memory = state.numbers();
    save_checkpoint(options_.checkpoint, at_, recipe_, rows_, ranks_);
  }

  [[nodiscard]] stream_attempt<T> finish(pass_summary<T> const& seen) {
    level_report& report = at_.now.report;
    report.objective = seen.mean_distance();
    report.perplexity = seen.usage().perplexity();
    report.dead_words = seen.usage().dead();
    return std::move(at_.now);
  }

  /// In every pass when somebody is told the objective or stops by it, otherwise in the last one alone.
  [[nodiscard]] bool wants_distances(level_report const& report) const {
    return watched_ || recipe_.options.tolerance > 0 || report.iterations == recipe_.options.iterations;
  }

  [[nodiscard]] pass_summary<T> pass(codebook<T> const& book, bool with_distances) {
    return passes_.assign(book, *running_, with_distances);
  }

  /// Lets the dead-code policy move words without rows, in a pass of its own. True when any was moved.
  bool revive(codebook<T> const& before, state_type& state, pass_summary<T> const& seen) {
    if constexpr (std::same_as<Z, keep_dead>) return false;
    std::size_t const dead = seen.usage().dead();
    if (dead == 0) return false;
    codebook<T>& book = at_.now.book;
    extreme_rows<T> const extremes = passes_.far_rows(before, book, dead);
    auto const rows = extremes.rows(book.dim());
    matrix_cref<T> const x(rows.x);
    auto const moved =
        recipe_.dead(book, assignment_view<T>{x, rows.codes, rows.distances, seen.statistics().counts()});
    if constexpr (detail::state_resets_words<U, T>)
      for (std::size_t const j : moved) state.reset_word(book, j);
    return !moved.empty();
  }

  /// Tells the observer about the iteration, whose objective is `now`, and decides whether the tolerance ends the
  /// training.
  bool done(std::size_t l, level_report& report, pass_summary<T> const& seen, double now) {
    if (!watch_ && recipe_.options.tolerance <= 0) return false;
    if (watch_) tell(l, report, seen, now);
    bool const enough = recipe_.options.tolerance > 0 && at_.objective &&
                        *at_.objective - now <= recipe_.options.tolerance * *at_.objective;
    if (enough) report.stopped = stop_reason::tolerance;
    at_.objective = now;
    return enough;
  }

  void tell(std::size_t l, level_report const& report, pass_summary<T> const& seen, double objective) const {
    watch_({.stage = "codebook",
            .level = l,
            .levels = levels(),
            .iteration = report.iterations,
            .iterations = recipe_.options.iterations,
            .objective = objective,
            .dead_words = seen.usage().dead(),
            .perplexity = seen.usage().perplexity()});
  }

  residual_recipe<M, U, R, I, Z> recipe_;
  stream_options const& options_;
  executor_ref executor_;
  observer const& watch_;
  [[no_unique_address]] C ranks_;
  rank_rows rows_;
  level_inputs<T, M, R, S> inputs_;
  encoder_type encoder_;
  word_passes<T, M, R, S, C> passes_;
  column_scales scales_{std::vector<double>{}, 0};  ///< of the queries of the level under way
  stream_position<T> at_;
  std::optional<running_pass<T>> running_;   ///< of the training under way
  std::optional<std::uint64_t> known_rows_;  ///< fingerprint of those that the checkpoint was made with
  bool rows_named_ = false;
  bool watched_ = false;  ///< on any rank
};

}  // namespace sidera::inline SIDERA_ABI
