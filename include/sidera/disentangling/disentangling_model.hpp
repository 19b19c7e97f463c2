// SPDX-License-Identifier: MIT
#pragma once
#include <optional>
#include <sidera/communicators/check_on_ranks.hpp>
#include <sidera/core/observer.hpp>
#include <sidera/disentangling/code_model.hpp>
#include <sidera/disentangling/disentangling_checkpoint.hpp>
#include <sidera/disentangling/equal_models.hpp>
#include <sidera/disentangling/shared_stages.hpp>
#include <sidera/disentangling/spread_views.hpp>
#include <sidera/optimizers/gradient_clipping.hpp>
#include <sidera/optimizers/optimizer.hpp>
#include <sidera/optimizers/schedules.hpp>

namespace sidera::inline SIDERA_ABI {

/// Trains an architecture (\ref dcid, \ref hierarchical_dcid, \ref fcid) on paired views, and encodes with it. No
/// labels.
///
/// Regular. Equal data, options and seed give equal bits for any executor, and for any number of ranks where the
/// batches are shared: \code
///   model.fit(views, present, executor, watch, shared_batches{ranks, 32});
/// \endcode
/// Every rank has a model with equal options and all rows; the pieces (of 32 clips) are part of the result, see
/// \ref shared_stages. Scaling and the first words are computed by every rank.
///
/// With \ref spread_batches instead, `views` and `present` are this rank's own rows, a whole number of clips or none
/// (then `views` may be empty). No rank holds all rows; the result is that of shared_batches on the rows of all ranks,
/// rank after rank, bit for bit. Where words start from k-means, every rank holds the features of all rows for that
/// time, twice while they are exchanged: rows x views x codebooks of `dim` numbers. Exchanged besides: two sums of 568
/// bytes per column for the scaling, and per step the scaled rows of the batch.
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
  /// step, no view may be missing. Needs as many rows as words. `gradient` is \ref whole_batch, \ref shared_batches or
  /// \ref spread_batches.
  ///
  /// Throws shape_error or value_error, with the view and the row; among ranks also, on every rank, when they were
  /// given other options (see \ref require_equal_models), with shared_batches other rows, and with spread_batches other
  /// widths. With spread_batches, data of one rank that cannot be trained on is that error on every rank, with "rank
  /// r:" in front and the row among the rank's own. After an exception, of the observer too, the model is as before.
  ///
  /// With training.checkpoint, the state is saved after every so many epochs; the next call with the same options and
  /// rows, on any number of ranks, goes on from the file and ends with the same bits. The file stays when training is
  /// complete. One of another training is refused with file_error, which says what differs; what leaves no trace in
  /// the first parameters and the objectives (a dropout, the steps of a decoupler, the weight of a second stage) is not
  /// compared.
  template <class Gradient = whole_batch>
  disentangling_report fit(std::vector<matrix<T>> const& views, presence_flags const& present = {},
                           executor_ref executor = {}, observer const& watch = {}, Gradient const& gradient = {}) {
    disentangling_model next(options_, training_);
    disentangling_report report = next.fit_new(views, present, executor, watch, gradient);
    *this = std::move(next);
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

  template <class Gradient>
  disentangling_report fit_new(std::vector<matrix<T>> const& views, presence_flags const& present,
                               executor_ref executor, observer const& watch, Gradient const& gradient) {
    if constexpr (spreads_rows<Gradient>)
      return train(spread(views, present, gradient.pieces), executor, watch, gradient.pieces);
    else
      return train(hold(views, present, gradient), executor, watch, gradient);
  }

  void require_fitted() const {
    if (!fitted_) throw not_fitted_error("disentangling_model", "call fit first");
  }

  void check_options() const {
    if (options_.time == 0 || training_.batch < 2)
      throw value_error(where, "time must be at least 1, batch at least 2");
    if (training_.checkpoint_every == 0) throw value_error(where, "checkpoint_every is 0, expected at least 1");
    if (training_.epochs > 0 && training_.bypass_epochs >= training_.epochs)
      throw value_error(where, "bypass_epochs is " + to_text(training_.bypass_epochs) + " of " +
                                   to_text(training_.epochs) + " epochs: the codebook would not be trained with");
  }

  /// Rows that are all here. Among ranks they are scaled by the sums that \ref spread has too.
  template <class Gradient>
  [[nodiscard]] held_views<T> hold(std::vector<matrix<T>> const& views, presence_flags const& present,
                                   Gradient const& gradient) {
    check_options();
    presence_flags flags = detail::checked_flags(views, present, options_.time, where);
    for (std::size_t m = 0; m < views.size(); ++m) detail::require_rows_with_view(flags[m], m, where);
    paired_views<T> x = scale(views, std::move(flags), [](matrix<T> const& kept) {
      if constexpr (is_shared<Gradient>)
        return z_scores_over(serial_communicator{}, kept);
      else
        return z_score_scaling{}.template fit<T>(kept);
    });
    if constexpr (is_shared<Gradient>) {
      require_equal_rows(gradient.ranks, x, where);
      require_equal_training(gradient.ranks, training_, options_.time, gradient.piece_rows, where);
    }
    return {std::move(x), options_.time};
  }

  /// Rows of one rank among several, scaled as those of all ranks together.
  template <Communicator C>
  [[nodiscard]] spread_views<T, C> spread(std::vector<matrix<T>> const& views, presence_flags const& present,
                                          shared_batches<C> const& how) {
    bool const none = std::all_of(views.begin(), views.end(), [](matrix<T> const& v) { return v.rows() == 0; });
    presence_flags flags;
    check_on_ranks(how.ranks, [&] {
      check_options();
      if (!none) flags = detail::checked_flags(views, present, options_.time, where);
    });
    require_equal_training(how.ranks, training_, options_.time, how.piece_rows, where);
    view_survey survey(how.ranks, views, flags, none ? 0 : row_count(views.front()), options_.time, where);
    auto const z_scores = [&](matrix<T> const& kept) { return z_scores_over(how.ranks, kept); };
    paired_views<T> x = none ? scale(survey.template no_rows<T>(), presence_flags(survey.views()), z_scores)
                             : scale(views, std::move(flags), z_scores);
    return {std::move(x), std::move(survey), options_.time, how.ranks};
  }

  /// Gives the scaling of the rows that have a view.
  template <class F>
  [[nodiscard]] paired_views<T> scale(std::vector<matrix<T>> const& views, presence_flags flags, F const& z_scores) {
    auto const fit = [&](matrix<T> const& kept) {
      return training_.standardise ? z_scores(kept) : no_scaling{}.template fit<T>(kept);
    };
    scaling_.clear();
    return detail::scaled_views(views, std::move(flags), fit, scaling_);
  }

  /// `rows` are \ref held_views or \ref spread_views.
  template <class Rows, class Gradient>
  disentangling_report train(Rows const& rows, executor_ref executor, observer const& watch, Gradient const& gradient) {
    random_stream const random(training_.seed);
    make_model(rows, random.fork(1), gradient);
    require_enough_rows(rows);
    disentangling_report report = run(rows, random.fork(2), executor, watch, gradient);
    for (auto const& stage : model_.stages()) report.stages.push_back(stage.values());
    fitted_ = true;
    return report;
  }

  /// K-means would refuse fewer, but only after the epochs without codebook. Rows that lack a view still count here.
  template <class Rows>
  void require_enough_rows(Rows const& rows) const {
    std::size_t const features = rows.clips() * options_.time * rows.own().x.size();
    for (auto const& stage : model_.stages())
      if (stage.options().quantise && features < stage.options().words)
        throw shape_error(where, "all views together have fewer rows than the " + to_text(stage.options().words) +
                                     " words: " + to_text(features));
  }

  template <class Rows, class Gradient>
  void make_model(Rows const& rows, random_stream random, Gradient const& gradient) {
    auto const make = [&] {
      std::vector<std::size_t> widths;
      for (auto const& v : rows.own().x) widths.push_back(column_count(v));
      store_ = {};
      model_ = A(store_, widths, options_, random);
    };
    if constexpr (is_shared<Gradient>) {
      check_on_ranks(gradient.ranks, make);
      require_equal_models(gradient.ranks, store_, model_.stages(), where);
    } else {
      make();
    }
  }

  template <class Rows, class Gradient>
  disentangling_report run(Rows const& rows, random_stream random, executor_ref executor, observer const& watch,
                           Gradient const& gradient) {
    std::size_t const clips = rows.clips();
    std::size_t const batches = std::max<std::size_t>(1, clips / training_.batch);
    optimizer<T> move(store_, {.learning_rate = training_.learning_rate, .weight_decay = training_.weight_decay},
                      {"main"});
    cosine_decay const schedule{training_.epochs * batches};
    std::size_t const bypass = training_.epochs == 0 ? 0 : training_.bypass_epochs;
    disentangling_report report;
    auto const& ranks = ranks_of(gradient);
    disentangling_checkpoint const checkpoint(training_, ranks, [&] { return identity(rows, gradient); });
    disentangling_position<T, typename A::stage_type> const position{store_, model_.stages(), move, report};
    checkpoint.resume(position);
    tape<T> t(store_, executor);
    if (bypass == 0 && report.losses.empty()) start_words(rows, executor);
    for (std::size_t epoch = report.losses.size(); epoch < training_.epochs; ++epoch) {
      auto const order = random.fork(epoch).permutation(clips);
      double sum = 0;
      for (std::size_t b = 0; b < batches; ++b) {
        std::size_t const from = b * clips / batches, to = (b + 1) * clips / batches;
        auto const clips_of_batch = std::span(order).subspan(from, to - from);
        double const progress = static_cast<double>(move.steps()) / static_cast<double>(schedule.steps);
        sum += gradient_of(t, rows.batch(clips_of_batch), epoch < bypass, move.steps(), progress, gradient);
        report.words_reset += step(move, schedule(move.steps()), executor);
      }
      report.losses.push_back(sum / static_cast<double>(batches));
      if (epoch + 1 == bypass) start_words(rows, executor);
      checkpoint.epoch_is_done(position);
      if (watch)
        watch({.stage = "epoch",
               .iteration = epoch + 1,
               .iterations = training_.epochs,
               .objective = report.losses.back()});
    }
    report.steps = move.steps();
    return report;
  }

  template <class Gradient>
  [[nodiscard]] static auto const& ranks_of(Gradient const& gradient) noexcept {
    if constexpr (is_shared<Gradient>) {
      return gradient.ranks;
    } else {
      static constexpr serial_communicator alone;
      return alone;
    }
  }
  template <class Rows, class Gradient>
  [[nodiscard]] checkpoint_identity identity(Rows const& rows, Gradient const& gradient) const {
    std::size_t piece_rows = 0;
    if constexpr (is_shared<Gradient>) piece_rows = gradient.piece_rows;
    return disentangling_identity<A>(training_, options_.time, piece_rows, store_, model_.stages(), rows.fingerprint());
  }

  /// Leaves the gradient of a batch in the store and what the stages learn from in the stages; gives the loss.
  template <class Batch, class Gradient>
  double gradient_of(tape<T>& t, Batch const& of, bool bypass, std::size_t steps, double progress,
                     Gradient const& gradient) {
    std::optional<clip_batch<T>> batch;
    auto const loss = [&](tape<T>& on, std::span<std::size_t const> some, pass p) {
      batch.emplace(on, of.views.x, of.views.flags, some, options_.time);
      return model_.loss(batch->x(), batch->present(), batch->shape(), p.step, bypass, progress);
    };
    T value = 0;
    if constexpr (is_shared<Gradient>)
      value = shared_stages(model_, gradient)(store_, t, loss, of.clips, steps);
    else
      value = gradient(store_, t, loss, of.clips, steps);
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
  template <class Rows>
  void start_words(Rows const& rows, executor_ref executor) {
    auto const& [x, flags] = rows.own();
    std::vector<std::vector<matrix<T>>> features(A::network_type::codebooks);
    for (std::size_t m = 0; m < x.size(); ++m) {
      tape<T> t(std::as_const(store_), executor);
      auto const found = model_.network()(m, t.refer(x[m]), {{row_count(x[m]) / options_.time, options_.time}});
      for (std::size_t c = 0; c < found.size(); ++c)
        features[c].push_back(rows.together(detail::flagged_rows<T>(found[c].value(), flags[m])));
    }
    std::size_t c = 0;
    for (auto& stage : model_.stages()) {
      if (!stage.options().quantise) continue;
      index_t count = 0, at = 0;
      for (auto const& f : features[c]) count += f.rows();
      matrix<T> all(count, features[c].front().cols());
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
