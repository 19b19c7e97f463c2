// SPDX-License-Identifier: MIT
#pragma once
#include <optional>
#include <sidera/core/observer.hpp>
#include <sidera/disentangling/clip_batch.hpp>
#include <sidera/disentangling/code_model.hpp>
#include <sidera/disentangling/objective.hpp>
#include <sidera/disentangling/shared_stages.hpp>
#include <sidera/optimizers/gradient_clipping.hpp>
#include <sidera/optimizers/optimizer.hpp>
#include <sidera/optimizers/schedules.hpp>
#include <sidera/training/equal_on_ranks.hpp>

namespace sidera::inline SIDERA_ABI {

/// How a disentangling model is trained.
struct disentangling_training {
  std::size_t epochs = 60;
  std::size_t batch = 128;         ///< clips
  std::size_t bypass_epochs = 10;  ///< without codebook, which then starts from k-means of the features
  double learning_rate = 1e-3;     ///< of Adam, falls to 0 by a cosine
  double weight_decay = 0;
  double clip_norm = 1;     ///< of the gradient of all parameters together
  bool standardise = true;  ///< columns of the views: mean 0, variance 1 on the training rows
  std::uint64_t seed = 1;
};

/// What training saw in its last epoch.
struct disentangling_report {
  std::size_t steps = 0;
  std::size_t words_reset = 0;           ///< in all epochs
  std::vector<double> losses;            ///< mean total per epoch
  std::vector<objective_values> stages;  ///< of the last batch
};

/// Trains an architecture (\ref dcid, \ref hierarchical_dcid, \ref fcid) on paired views, and encodes with it. No
/// labels.
///
/// Regular. Equal data, options and seed give equal bits for any executor, and for any number of ranks where the
/// batches are shared: \code
///   model.fit(views, present, executor, watch, shared_batches{ranks, 32});
/// \endcode
/// Every rank has a model with equal options and all rows; the pieces (of 32 clips) are part of the result, see
/// \ref shared_stages. Scaling and the first words are computed by every rank.
template <class A>
class disentangling_model {
 public:
  using T = typename A::scalar_type;
  using options_type = typename A::options_type;
  using inference_type = code_model<typename A::network_type, typename A::quantizer_type>;

  explicit disentangling_model(options_type options = {}, disentangling_training training = {})
      : options_(std::move(options)), training_(training) {}

  /// Row n of every view is the same moment; views may differ in width. `present[m][n]` is 0 where row n lacks view m
  /// (its numbers are not looked at); empty: all are there. Rows are clips of options.time steps; with more than one
  /// step, no view may be missing. Needs as many rows as words. `gradient` is \ref whole_batch or \ref shared_batches;
  /// ranks with other rows than rank 0 are a value_error on every rank.
  template <class Gradient = whole_batch>
  disentangling_report fit(std::vector<matrix<T>> const& views, presence_flags const& present = {},
                           executor_ref executor = {}, observer const& watch = {}, Gradient const& gradient = {}) {
    presence_flags const flags = check(views, present);
    std::vector<matrix<T>> const x = scale(views, flags);
    if constexpr (is_shared<Gradient>) require_equal_rows(x, flags, gradient.ranks);
    std::vector<std::size_t> widths;
    for (auto const& v : x) widths.push_back(column_count(v));
    store_ = {};
    random_stream const random(training_.seed);
    model_ = A(store_, widths, options_, random.fork(1));
    disentangling_report report = run(x, flags, random.fork(2), executor, watch, gradient);
    for (auto const& stage : model_.stages()) report.stages.push_back(stage.values());
    fitted_ = true;
    return report;
  }

  /// The model without training code.
  [[nodiscard]] inference_type inference() const {
    require_fitted();
    std::vector<typename A::quantizer_type> quantizers;
    for (auto const& stage : model_.stages())
      if (stage.options().quantise) quantizers.push_back(stage.codes().quantizer(store_));
    return inference_type(options_, scaling_, store_, std::move(quantizers));
  }

  /// For those who look inside.
  [[nodiscard]] A const& architecture() const {
    require_fitted();
    return model_;
  }
  [[nodiscard]] parameters<T> const& store() const noexcept { return store_; }
  [[nodiscard]] options_type const& options() const noexcept { return options_; }
  [[nodiscard]] disentangling_training const& training() const noexcept { return training_; }

 private:
  static constexpr std::string_view where = "disentangling_model::fit";
  template <class Gradient>
  static constexpr bool is_shared = requires(Gradient const& g) {
    g.ranks.gather(std::span<std::byte const>());
  };

  void require_fitted() const {
    if (!fitted_) throw not_fitted_error("disentangling_model", "call fit first");
  }

  [[nodiscard]] presence_flags check(std::vector<matrix<T>> const& views, presence_flags const& present) const {
    if (views.size() < 2)
      throw shape_error(where, "there are " + to_text(views.size()) + " views, expected at least 2");
    if (!present.empty() && present.size() != views.size())
      throw shape_error(where, to_text(present.size()) + " masks for " + to_text(views.size()) + " views");
    if (options_.time == 0 || training_.batch < 2)
      throw value_error(where, "time must be at least 1, batch at least 2");
    std::size_t const rows = row_count(views.front());
    if (rows % options_.time != 0)
      throw shape_error(where, to_text(rows) + " rows are no clips of " + to_text(options_.time) + " steps");
    presence_flags flags(views.size());
    for (std::size_t m = 0; m < views.size(); ++m) {
      require_not_empty(views[m], where, "a view");
      require_rows(views[m], rows, where, "a view");
      if (!present.empty()) flags[m] = present[m];
      if (!flags[m].empty() && flags[m].size() != rows)
        throw shape_error(where, to_text(flags[m].size()) + " flags for " + to_text(rows) + " rows");
      if (std::find(flags[m].begin(), flags[m].end(), 0) == flags[m].end()) flags[m].clear();
      if (!flags[m].empty() && options_.time > 1)
        throw value_error(where, "rows that lack a view are allowed for clips of one step only");
      require_finite<T>(detail::flagged_rows<T>(views[m], flags[m]), where, "view " + to_text(m));
    }
    return flags;
  }

  /// Scaled views; rows that lack the view are zero.
  [[nodiscard]] std::vector<matrix<T>> scale(std::vector<matrix<T>> const& views, presence_flags const& flags) {
    scaling_.clear();
    std::vector<matrix<T>> out;
    for (std::size_t m = 0; m < views.size(); ++m) {
      matrix<T> const kept = detail::flagged_rows<T>(views[m], flags[m]);
      require_not_empty(kept, where, "view " + to_text(m) + " without the rows that lack it");
      scaling_.push_back(training_.standardise ? z_score_scaling{}.template fit<T>(kept)
                                               : no_scaling{}.template fit<T>(kept));
      matrix<T> clean = views[m];
      detail::clear_other_rows(clean, flags[m]);  // what stands there may be no number
      out.push_back(scaling_.back()(clean));
      detail::clear_other_rows(out.back(), flags[m]);
    }
    return out;
  }

  template <Communicator C>
  static void require_equal_rows(std::vector<matrix<T>> const& x, presence_flags const& flags, C const& ranks) {
    for (std::size_t m = 0; m < x.size(); ++m) {
      std::span<T const> const numbers(x[m].data(), static_cast<std::size_t>(x[m].size()));
      require_equal_on_ranks(ranks, std::as_bytes(numbers), where, "numbers in view " + to_text(m));
      require_equal_on_ranks(ranks, std::as_bytes(std::span(flags[m])), where, "flags of view " + to_text(m));
    }
  }

  template <class Gradient>
  disentangling_report run(std::vector<matrix<T>> const& x, presence_flags const& flags, random_stream random,
                           executor_ref executor, observer const& watch, Gradient const& gradient) {
    std::size_t const clips = row_count(x.front()) / options_.time;
    std::size_t const batches = std::max<std::size_t>(1, clips / training_.batch);
    optimizer<T> move(store_, {.learning_rate = training_.learning_rate, .weight_decay = training_.weight_decay},
                      {"main"});
    cosine_decay const schedule{training_.epochs * batches};
    std::size_t const bypass = std::min(training_.bypass_epochs, training_.epochs);
    disentangling_report report;
    tape<T> t(store_, executor);
    if (bypass == 0) start_words(x, flags, executor);
    for (std::size_t epoch = 0; epoch < training_.epochs; ++epoch) {
      auto const order = random.fork(epoch).permutation(clips);
      double sum = 0;
      for (std::size_t b = 0; b < batches; ++b) {
        std::size_t const from = b * clips / batches, to = (b + 1) * clips / batches;
        auto const clips_of_batch = std::span(order).subspan(from, to - from);
        double const progress = static_cast<double>(move.steps()) / static_cast<double>(schedule.steps);
        sum += gradient_of(t, x, flags, clips_of_batch, epoch < bypass, move.steps(), progress, gradient);
        report.words_reset += step(move, schedule(move.steps()), executor);
      }
      report.losses.push_back(sum / static_cast<double>(batches));
      if (epoch + 1 == bypass) start_words(x, flags, executor);
      if (watch)
        watch({.stage = "epoch",
               .iteration = epoch + 1,
               .iterations = training_.epochs,
               .objective = report.losses.back()});
    }
    report.steps = move.steps();
    return report;
  }

  /// Leaves the gradient of a batch in the store and what the stages learn from in the stages; gives the loss.
  template <class Gradient>
  double gradient_of(tape<T>& t, std::vector<matrix<T>> const& x, presence_flags const& flags,
                     std::span<std::size_t const> clips, bool bypass, std::size_t steps, double progress,
                     Gradient const& gradient) {
    std::optional<clip_batch<T>> batch;
    auto const loss = [&](tape<T>& on, std::span<std::size_t const> some, pass p) {
      batch.emplace(on, x, flags, some, options_.time);
      return model_.loss(batch->x(), batch->present(), batch->shape(), p.step, bypass, progress);
    };
    T value = 0;
    if constexpr (is_shared<Gradient>)
      value = shared_stages(model_, gradient)(store_, t, loss, clips, steps);
    else
      value = gradient(store_, t, loss, clips, steps);
    if (!std::isfinite(value)) throw value_error(where, "the loss is no number after " + to_text(steps) + " steps");
    return static_cast<double>(value);
  }

  /// Moves words and parameters; returns the number of words that were reset.
  std::size_t step(optimizer<T>& move, double factor, executor_ref executor) {
    (void)clip_gradient_norm(store_, training_.clip_norm);
    std::size_t reset = 0;
    for (auto& stage : model_.stages()) reset += stage.update(store_, executor);
    move.step(store_, factor, executor);
    store_.clear_gradients();
    return reset;
  }

  /// Words from k-means of the features of all modalities together.
  void start_words(std::vector<matrix<T>> const& x, presence_flags const& flags, executor_ref executor) {
    std::vector<std::vector<matrix<T>>> features(A::network_type::codebooks);
    for (std::size_t m = 0; m < x.size(); ++m) {
      tape<T> t(std::as_const(store_), executor);
      auto const found = model_.network()(m, t.refer(x[m]), {{row_count(x[m]) / options_.time, options_.time}});
      for (std::size_t c = 0; c < found.size(); ++c)
        features[c].push_back(detail::flagged_rows<T>(found[c].value(), flags[m]));
    }
    std::size_t c = 0;
    for (auto& stage : model_.stages()) {
      if (!stage.options().quantise) continue;
      index_t rows = 0, at = 0;
      for (auto const& f : features[c]) rows += f.rows();
      matrix<T> all(rows, features[c].front().cols());
      for (auto const& f : features[c]) all.middleRows(at, f.rows()) = f, at += f.rows();
      stage.codes().start(store_, all, executor);
      ++c;
    }
  }

  options_type options_;
  disentangling_training training_;
  parameters<T> store_;
  A model_;
  std::vector<view_transform<T>> scaling_;
  bool fitted_ = false;
};

}  // namespace sidera::inline SIDERA_ABI
