// SPDX-License-Identifier: MIT
#pragma once
#include <bit>
#include <cmath>
#include <sidera/layers/concepts.hpp>
#include <sidera/optimizers/gradient_clipping.hpp>
#include <sidera/optimizers/optimizer.hpp>
#include <sidera/training/training_progress.hpp>

namespace sidera::inline SIDERA_ABI {

/// What is minimised.
///
/// Syntax:    `f(tape, rows, pass)` -> 1 x 1 variable
/// Semantics: records the loss of the given rows of the caller's data, for example with \ref take_rows. It may move
///            state of its own (codebooks that learn by moving averages, an inner fit step) before it records.
template <class F, class T>
concept BatchLoss = std::invocable < F&,
        tape<T>
&, std::span<std::size_t const>,
    pass > &&std::same_as<std::invoke_result_t<F&, tape<T>&, std::span<std::size_t const>, pass>, variable<T>>;

/// The gradient of a batch from all its rows at once; what \ref trainer does by default. \ref shared_batches is the
/// other way.
struct whole_batch {
  template <Scalar T, class F>
  [[nodiscard]] T operator()(parameters<T>& store, tape<T>& tape, F& loss, std::span<std::size_t const> rows,
                             std::size_t step) const {
    tape.reset();
    variable<T> const l = loss(tape, rows, pass{true, step});
    T const value = l.item();
    if (!std::isfinite(value)) return value;
    store.clear_gradients();  // here, because the loss may have made an inner step on the same store
    tape.backward(l);
    return value;
  }
};

/// Trains the parameters of a store by steps on batches of rows.
/// \code
///   trainer t(store, row_count(x), {.epochs = 20, .batch = 64}, adam{.learning_rate = 1e-3});
///   auto const report = t.fit([&](auto& tape, auto rows, pass p) { return mse(model(take_rows(tape, x, rows), p),
///   ...); });
/// \endcode
/// Promises: the result depends on the store, the loss, the options and the rule, not on the executor; a step
/// allocates nothing once the largest batch has been seen; a trainer that reads the fields of another one between any
/// two steps goes on as that one would have, bit for bit. An exception of the loss or a hook leaves the state of the
/// last complete step. The store and the executor must outlive the trainer, and no parameter may be added meanwhile.
template <Scalar T, UpdateStep Rule = adam>
class trainer {
 public:
  /// For `rows` rows and the named groups of `store`, or all of them. Throws value_error for options that make no
  /// sense.
  trainer(parameters<T>& store, std::size_t rows, training_options options = {}, Rule rule = {},
          executor_ref executor = {}, std::vector<std::string> groups = {})
      : store_(store),
        options_(std::move(options)),
        order_(rows, options_.batch, options_.seed, options_.last),
        optimizer_(store, std::move(rule), std::move(groups)),
        tape_(store, executor) {
    if (!options_.schedule) throw value_error("trainer", "the schedule is empty");
    if (!(options_.max_gradient_norm >= 0))
      throw value_error("trainer", "max_gradient_norm is " + std::to_string(options_.max_gradient_norm));
    now_.report.epochs.reserve(options_.epochs);
  }

  /// Runs the epochs that are left. Throws value_error when a loss or a gradient is not finite, before it does
  /// harm.
  template <BatchLoss<T> F, class Gradient = whole_batch>
  training_report const& fit(F&& loss, training_hooks const& hooks = {}, Gradient const& gradient = {}) {
    now_.report.end = training_end::epochs_done;
    while (epoch() < options_.epochs && !stalled(hooks)) {
      while (now_.batch < order_.batches()) (void)step_on_batch(loss, gradient);
      end_epoch(hooks);
    }
    if (options_.keep_best && !now_.best.empty())
      for (std::size_t g = 0; g < now_.best.size(); ++g)
        std::copy(now_.best[g].begin(), now_.best[g].end(), store_.groups()[g].values.begin());
    return report();
  }

  /// One step on the next batch of the epoch, or of the next epoch after the last one; returns the loss. For loops of
  /// your own: `fit` goes on from here.
  template <BatchLoss<T> F, class Gradient = whole_batch>
  T step(F&& loss, Gradient const& gradient = {}) {
    if (now_.batch == order_.batches()) end_epoch({});
    return step_on_batch(loss, gradient);
  }

  /// Complete epochs, and steps of the one under way.
  [[nodiscard]] std::size_t epoch() const noexcept { return report().epochs.size(); }
  [[nodiscard]] std::size_t batch() const noexcept { return now_.batch; }
  /// All steps so far.
  [[nodiscard]] std::size_t steps() const noexcept { return optimizer_.steps(); }
  [[nodiscard]] training_report const& report() const noexcept { return now_.report; }
  [[nodiscard]] training_options const& options() const noexcept { return options_; }

  /// Puts everything that decides how training goes on: parameters, moments, position, history.
  void to_fields(field_set& fields, std::string const& prefix = "trainer.") const {
    store_.to_fields(fields, prefix + "parameters.");
    optimizer_.to_fields(fields, prefix + "optimizer.");
    now_.to_fields(fields, prefix);
    fields.put(prefix + "order", order_numbers());
  }
  /// Reads what to_fields wrote. Rows, batch and seed must be the same; the other options may have changed. Throws
  /// value_error or shape_error, and then nothing has changed.
  void from_fields(field_set const& fields, std::string const& prefix = "trainer.") {
    if (fields.get_vector<std::int64_t>(prefix + "order") != order_numbers())
      throw value_error("trainer::from_fields", "the state is that of other rows, another batch or another seed");
    std::vector<std::size_t> sizes;
    for (auto const& g : store_.groups()) sizes.push_back(g.values.size());
    auto progress = training_progress<T>::from_fields(fields, prefix, sizes, order_.batches());
    progress.report.epochs.reserve(options_.epochs);
    auto moments = optimizer_;
    moments.from_fields(fields, prefix + "optimizer.");
    store_.from_fields(fields, prefix + "parameters.");
    optimizer_ = std::move(moments);
    now_ = std::move(progress);
    order_.start(epoch());
  }

 private:
  [[nodiscard]] std::vector<std::int64_t> order_numbers() const {
    return {static_cast<std::int64_t>(order_.rows()), static_cast<std::int64_t>(order_.batch()),
            std::bit_cast<std::int64_t>(order_.seed())};
  }
  [[nodiscard]] double rate_factor() const {
    return options_.schedule(options_.clock == schedule_clock::step ? steps() : epoch());
  }
  [[nodiscard]] bool stalled(training_hooks const& hooks) {
    auto const best = report().best_epoch;
    bool const stop = hooks.held_out && options_.patience > 0 && best && epoch() > *best + options_.patience;
    if (stop) now_.report.end = training_end::no_improvement;
    return stop;
  }

  template <class F, class Gradient>
  T step_on_batch(F& loss, Gradient const& gradient) {
    T const value = gradient(store_, tape_, loss, order_[now_.batch], steps());
    if (!std::isfinite(value))
      throw value_error("trainer", "the loss of epoch " + std::to_string(epoch()) + ", batch " +
                                       std::to_string(now_.batch) + " is not finite");
    if (options_.max_gradient_norm > 0)
      for (auto const& prefix : options_.clip_prefixes) clip_gradient_norm(store_, options_.max_gradient_norm, prefix);
    optimizer_.step(store_, rate_factor(), tape_.executor());
    now_.loss_sum += static_cast<double>(value);
    ++now_.batch;
    return value;
  }

  void end_epoch(training_hooks const& hooks) {
    std::optional<double> figure;
    if (hooks.held_out) figure = hooks.held_out();
    if (figure && now_.improves(*figure) && options_.keep_best) {
      now_.best.clear();
      for (auto const& g : store_.groups()) now_.best.push_back(g.values);
    }
    now_.end_epoch(order_.batches(), figure);
    order_.start(epoch());
    if (hooks.progress)
      hooks.progress({.stage = "epoch",
                      .iteration = epoch(),
                      .iterations = options_.epochs,
                      .objective = report().epochs.back().loss});
  }

  parameters<T>& store_;
  training_options options_;
  batch_order order_;
  optimizer<T, Rule> optimizer_;
  tape<T> tape_;
  training_progress<T> now_;
};

}  // namespace sidera::inline SIDERA_ABI
