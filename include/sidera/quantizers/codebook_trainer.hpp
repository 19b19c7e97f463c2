// SPDX-License-Identifier: MIT
#pragma once
/// \file  The training loop of one codebook: assign, update, revive, until nothing changes.
#include <optional>
#include <sidera/codebooks/bounded_search.hpp>
#include <sidera/codebooks/dead_codes.hpp>
#include <sidera/codebooks/usage.hpp>
#include <sidera/codebooks/word_search.hpp>
#include <sidera/core/observer.hpp>
#include <sidera/core/order_free_sum.hpp>
#include <sidera/quantizers/fit_report.hpp>
#include <sidera/update_rules/concepts.hpp>

namespace sidera::inline SIDERA_ABI {

struct codebook_training {
  std::size_t iterations = 25;
  double tolerance = 0;  ///< stop when the objective falls by less than this share; 0: only when codes repeat
  random_stream random;
  executor_ref executor;
  observer const* watch = nullptr;
  std::size_t level = 0, levels = 1;  ///< for the observer
};

/// Trains the words of one codebook on the rows of `x`; the words it starts from are in `book`.
///
/// Rules without `batch_size` see all rows at once: one iteration is an assignment and an update, as in scikit-learn,
/// and the codes at the end belong to the last words. Rules with it see shuffled batches: one iteration is one epoch.
template <Scalar T, Divergence M, UpdateRuleFor<M> U, DeadCodePolicy Z>
class codebook_trainer {
 public:
  codebook_trainer(codebook<T>& book, matrix_cref<T> const& x, M const& metric, U const& rule, Z const& dead,
                   codebook_training const& how)
      : book_(book),
        x_(x),
        metric_(metric),
        rule_(rule),
        dead_(dead),
        how_(how),
        state_(rule, book),
        codes_(row_count(x)) {
    if constexpr (takes_unit_rows) {
      unit_rows_ = x;
      for (index_t i = 0; i < x.rows(); ++i) representative_type::from_mean(row_span(unit_rows_, i));
    }
  }

  /// Runs to the end; `codes()` are then those of the final words.
  level_report run() {
    std::size_t const batch = batch_size();
    return batch == 0 || batch >= row_count(x_) ? run_full_passes() : run_epochs(batch);
  }

  [[nodiscard]] std::span<code_t const> codes() const noexcept { return codes_; }

 private:
  using state_type = typename U::template state<T>;
  using representative_type = typename M::representative_type;
  /// The normalised mean minimises the summed cosine distance of rows of unit length; a long row has no more say.
  static constexpr bool takes_unit_rows = std::same_as<representative_type, representative::normalized_mean>;
  static constexpr bool has_bounded_search = std::same_as<M, squared_euclidean> && has_integer_pass<T, M>;
  static constexpr bool keeps_statistics = detail::state_updates_from_statistics<U, T>;

  [[nodiscard]] std::size_t batch_size() const noexcept {
    if constexpr (requires { rule_.batch_size; })
      return rule_.batch_size;
    else
      return 0;
  }

  level_report run_full_passes() {
    level_report report;
    assign(codes_);
    std::vector<code_t> next(codes_.size());
    double objective = std::numeric_limits<double>::infinity();
    bool repeated = false;
    while (report.iterations < how_.iterations) {
      ++report.iterations;
      matrix<T> const before = repeated ? book_.words : matrix<T>();
      update_all();
      // Equal codes are no fixed point of a rule with a memory: its words may still be on their way.
      if (repeated && book_.words == before) {
        report.stopped = stop_reason::codes_repeat;
        if (watched()) tell(report, mean_distance());
        break;
      }
      bool const revived = revive();
      assign(next);
      repeated = next == codes_ && !revived;
      codes_.swap(next);
      previous_ = next;
      if (done(report, objective)) break;
    }
    return finish(report);
  }

  level_report run_epochs(std::size_t batch) {
    level_report report;
    double objective = std::numeric_limits<double>::infinity();
    while (report.iterations < how_.iterations) {
      run_epoch(how_.random.fork(report.iterations).permutation(row_count(x_)), batch);
      ++report.iterations;
      assign(codes_);
      (void)revive();
      if (done(report, objective)) break;
    }
    assign(codes_);
    return finish(report);
  }

  void run_epoch(std::vector<std::size_t> const& order, std::size_t batch) {
    matrix<T> rows;
    std::vector<code_t> codes;
    block_partition const batches{order.size(), batch};
    for (std::size_t b = 0; b < batches.count(); ++b) {
      rows.resize(static_cast<index_t>(batches.length(b)), x_.cols());
      for (std::size_t i = 0; i < batches.length(b); ++i)
        rows.row(static_cast<index_t>(i)) = rule_rows().row(static_cast<index_t>(order[batches.begin(b) + i]));
      codes.resize(batches.length(b));
      word_search<T, M>(book_.words, metric_).nearest(rows, codes, how_.executor);
      state_.update(book_, rows, codes);
    }
  }

  /// The rows that the rule takes means of.
  [[nodiscard]] auto const& rule_rows() const noexcept {
    if constexpr (takes_unit_rows)
      return unit_rows_;
    else
      return x_;
  }

  void assign(std::vector<code_t>& codes) {
    if constexpr (requires { state_.assign(book_, metric_, x_, std::span<code_t>(codes), how_.executor); })
      state_.assign(book_, metric_, x_, std::span<code_t>(codes), how_.executor);
    else if constexpr (has_bounded_search)
      search_by_bounds(codes);
    else
      search_plainly(codes);
  }

  void search_plainly(std::vector<code_t>& codes) const {
    word_search<T, M> search(book_.words, metric_);
    search.prepare_for(row_count(x_));
    search.nearest(x_, codes, how_.executor);
  }

  void search_by_bounds(std::vector<code_t>& codes) {
    if (!simd::first_pass_panels::pays(book_.dim())) return search_plainly(codes);
    if (!search_) search_.emplace(x_, bounded_search::fits(book_.size(), book_.dim()));
    search_->nearest(book_.words, codes, how_.executor);
  }

  void update_all() {
    if constexpr (keeps_statistics) {
      if (partial_.empty()) start_statistics();
      move_rows();
      state_.update(book_, partial_.front());
    } else {
      state_.update(book_, rule_rows(), codes_);
    }
  }

  void start_statistics() {
    column_scales const scales(matrix_cref<T>(rule_rows()), row_count(x_));
    partial_.assign(how_.executor.concurrency(), pass_statistics<T>(book_.size(), scales));
    previous_.assign(codes_.size(), no_code);
  }

  /// Moves every row whose code changed from its old word's sum to the new one's. Sums are exact, so which worker adds
  /// a row does not matter.
  void move_rows() {
    block_partition const blocks{codes_.size(), 4096};
    how_.executor.run(blocks.count(), [&](std::size_t b, std::size_t worker) {
      for (std::size_t i = blocks.begin(b); i < blocks.begin(b) + blocks.length(b); ++i) {
        if (codes_[i] == previous_[i]) continue;
        auto const row = row_span(rule_rows(), static_cast<index_t>(i));
        partial_[worker].remove(row, previous_[i]);
        partial_[worker].add(row, codes_[i]);
      }
    });
    for (std::size_t w = 1; w < partial_.size(); ++w) {
      partial_.front().merge(partial_[w]);
      partial_[w].clear();
    }
  }

  /// Lets the dead-code policy move words without rows. True when any was moved.
  bool revive() {
    if constexpr (std::same_as<Z, keep_dead>) return false;
    code_usage usage(book_.size());
    usage.add(codes_);
    if (usage.dead() == 0) return false;
    std::vector<double> const distances = row_distances();
    auto const moved = dead_(book_, assignment_view<T>{x_, codes_, distances, usage.counts()});
    if constexpr (detail::state_resets_words<U, T>)
      for (std::size_t const j : moved) state_.reset_word(book_, j);
    return !moved.empty();
  }

  [[nodiscard]] std::vector<double> row_distances() const {
    std::vector<double> distances(codes_.size());
    block_partition const blocks{codes_.size(), 1024};
    how_.executor.run(blocks.count(), [&](std::size_t b, std::size_t) {
      for (std::size_t i = blocks.begin(b); i < blocks.begin(b) + blocks.length(b); ++i)
        distances[i] = exact_distance(metric_, std::span<T const>(row_span(x_, static_cast<index_t>(i))),
                                      std::span<T const>(row_span(book_.words, codes_[i])));
    });
    return distances;
  }

  [[nodiscard]] double mean_distance() const {
    order_free_sum total;  // as training from blocks or on several ranks adds them up
    for (double const distance : row_distances()) total.add(distance);
    return total.value() / static_cast<double>(codes_.size());
  }

  [[nodiscard]] bool watched() const noexcept { return how_.watch != nullptr && *how_.watch; }

  /// Tells the observer about the iteration and decides whether the tolerance ends the training.
  bool done(level_report& report, double& objective) {
    if (!watched() && how_.tolerance <= 0) return false;
    double const now = mean_distance();
    if (watched()) tell(report, now);
    bool const first = objective == std::numeric_limits<double>::infinity();
    bool const enough = how_.tolerance > 0 && !first && objective - now <= how_.tolerance * objective;
    if (enough) report.stopped = stop_reason::tolerance;
    objective = now;
    return enough;
  }

  void tell(level_report const& report, double objective) const {
    code_usage usage(book_.size());
    usage.add(codes_);
    (*how_.watch)({.stage = "codebook",
                   .level = how_.level,
                   .levels = how_.levels,
                   .iteration = report.iterations,
                   .iterations = how_.iterations,
                   .objective = objective,
                   .dead_words = usage.dead(),
                   .perplexity = usage.perplexity()});
  }

  [[nodiscard]] level_report finish(level_report report) const {
    code_usage usage(book_.size());
    usage.add(codes_);
    report.objective = mean_distance();
    report.perplexity = usage.perplexity();
    report.dead_words = usage.dead();
    return report;
  }

  codebook<T>& book_;
  matrix_cref<T> const& x_;
  M const& metric_;
  U const& rule_;
  Z const& dead_;
  codebook_training const& how_;
  state_type state_;
  matrix<T> unit_rows_;  ///< empty where the rule takes the rows as they are
  std::vector<code_t> codes_, previous_;
  std::optional<bounded_search> search_;
  std::vector<pass_statistics<T>> partial_;  ///< one per worker; the first holds the total
};

}  // namespace sidera::inline SIDERA_ABI
