// SPDX-License-Identifier: MIT
#pragma once
#include <bit>
#include <sidera/interest/spread_samples.hpp>
#include <sidera/layers/concepts.hpp>
#include <sidera/losses/bce_with_logits.hpp>
#include <sidera/optimizers/optimizer.hpp>
#include <sidera/optimizers/require_options.hpp>
#include <sidera/training/equal_on_ranks.hpp>
#include <sidera/training/spread_batches.hpp>

namespace sidera::inline SIDERA_ABI {

/// A model that answers ranking questions.
///
/// Syntax:    `m.logits(tape, batch, pass)` -> variable, one logit per row; `m.store()` -> its parameters
/// Models:    \ref ranker, \ref feature_factorization.
template <class M>
concept RankingModel = std::copyable<M> &&
    requires(M m, M const fixed, tape<typename M::scalar_type> t, ranking_batch batch, pass p) {
  { fixed.logits(t, batch, p) } -> std::same_as<variable<typename M::scalar_type>>;
  { m.store() } -> std::same_as<parameters<typename M::scalar_type>&>;
};

/// Numbers of the training.
struct ranker_training {
  std::size_t batch = 64;
  double learning_rate = 5e-4;
  double weight_decay = 0;  ///< an L2 penalty, of the rows a step touches in tables
  std::uint64_t seed = 0;   ///< of the order of the samples and of dropout
};

/// Trains a model on labelled questions: mean binary cross-entropy, Adam, lazy on the tables.
///
/// Keeps what an epoch leaves for the next one; the model stays with the caller and has to be the same all the time.
/// Same model, samples and seed: same bits, whatever the executor.
///
/// Several ranks: every rank has a model, a trainer and samples of its own, made alike, and calls
/// \code
///   trainer.epoch(model, samples, executor, shared_batches{ranks, 16});
/// \endcode
/// All end with the same bits, for any number of ranks. The loss is a mean over questions that are scored one by one,
/// so that it is that of whole batches but for rounding. Of the tables, only the rows that a batch looks up are
/// exchanged.
///
/// With \ref spread_batches instead, `samples` are this rank's own, and no rank holds all of them. The bits are those
/// of shared_batches on all samples, rank after rank.
template <RankingModel Model>
class ranker_trainer {
 public:
  using T = typename Model::scalar_type;

  /// Throws value_error for an empty batch, and for a rate or a decay that is negative or not finite.
  explicit ranker_trainer(Model const& model, ranker_training how = {})
      : how_(checked(how)),
        optimizer_(model_store(model), adam{.learning_rate = how.learning_rate, .weight_decay = how.weight_decay}) {}

  /// One pass over the samples in a random order; gives the mean loss. `gradient` is how a batch becomes a gradient:
  /// \ref whole_batch, or \ref shared_batches among ranks. Throws what the model throws, and value_error when a loss or
  /// a gradient is not finite, before it does harm.
  template <class Gradient = whole_batch>
  double epoch(Model& model, ranking_samples const& samples, executor_ref executor = {},
               Gradient const& gradient = {}) {
    require_samples(samples, where);
    tape<T> t(model.store(), executor);
    return for_each_batch(samples.size(),
                          [&](std::span<std::size_t const> rows) { return step(t, model, samples, rows, gradient); });
  }
  /// The same where every rank has samples of its own, maybe none. Besides throws on every rank: value_error for
  /// ranks whose trainers or pieces differ, shape_error for histories of different lengths, and what the model has
  /// against the items of one rank's samples, with "rank r: " and the row among its own.
  template <Communicator C>
  double epoch(Model& model, ranking_samples const& samples, executor_ref executor, spread_batches<C> const& how) {
    require_equal_trainers(how);
    spread_samples<C> const all(samples, how.pieces.ranks, where);
    if constexpr (requires { require_batch(samples.questions, model.items(), where); })
      check_on_ranks(how.pieces.ranks, [&] { require_batch(samples.questions, model.items(), where); });
    tape<T> t(model.store(), executor);
    return for_each_batch(all.size(), [&](std::span<std::size_t const> rows) {
      return step(t, model, all.batch(rows), row_places(rows.size()), how.pieces);
    });
  }

  /// Puts everything that decides how the next epochs go: the parameters of the model, moments, the epochs behind it.
  /// Between epochs, \ref save_fields makes a checkpoint of them.
  void to_fields(field_set& f, Model const& model, std::string const& prefix = "ranker_trainer.") const {
    model_store(model).to_fields(f, prefix + "parameters.");
    optimizer_.to_fields(f, prefix + "optimizer.");
    f.put(prefix + "order", order_numbers());
    f.put(prefix + "epochs", std::vector<std::int64_t>{std::bit_cast<std::int64_t>(epochs_)});
  }
  /// Reads what to_fields wrote, into a trainer and a model that were made alike: the next epochs on the same samples
  /// leave the bits that those of the other trainer would have. Batch and seed must be the same, rates may have
  /// changed. Throws value_error or shape_error, and then nothing has changed.
  void from_fields(field_set const& f, Model& model, std::string const& prefix = "ranker_trainer.") {
    if (f.get_vector<std::int64_t>(prefix + "order") != order_numbers())
      throw value_error("ranker_trainer::from_fields", "the state is that of another batch or another seed");
    auto const epochs = std::bit_cast<std::uint64_t>(f.get_number<std::int64_t>(prefix + "epochs"));
    auto moments = optimizer_;
    moments.from_fields(f, prefix + "optimizer.");
    model.store().from_fields(f, prefix + "parameters.");
    optimizer_ = std::move(moments);
    epochs_ = epochs;
  }

 private:
  static constexpr std::string_view where = "ranker_trainer::epoch";
  [[nodiscard]] std::vector<std::int64_t> order_numbers() const {
    return {static_cast<std::int64_t>(how_.batch), std::bit_cast<std::int64_t>(how_.seed)};
  }
  static parameters<T> const& model_store(Model const& model) { return model.store(); }
  static ranker_training const& checked(ranker_training const& how) {
    if (how.batch == 0) throw value_error("ranker_trainer", "the batch is empty");
    detail::require_finite_option(how.learning_rate, "learning_rate", "ranker_trainer");
    detail::require_finite_option(how.weight_decay, "weight_decay", "ranker_trainer");
    return how;
  }

  /// Goes through `samples` rows in the order of the next epoch; gives the mean of what `loss_of` gives for a row.
  template <class F>
  double for_each_batch(std::size_t samples, F const& loss_of) {
    auto const order = random_stream(how_.seed, 0x6F726465).fork(epochs_++).permutation(samples);
    block_partition const batches{order.size(), how_.batch};
    double sum = 0;
    for (std::size_t b = 0; b < batches.count(); ++b) {
      std::span<std::size_t const> const rows(order.data() + batches.begin(b), batches.length(b));
      sum += loss_of(rows) * static_cast<double>(rows.size());
    }
    return order.empty() ? 0 : sum / static_cast<double>(order.size());
  }

  /// Ranks with other batches would ask for other rows.
  template <Communicator C>
  void require_equal_trainers(spread_batches<C> const& how) const {
    rank_message own;
    own.put(std::uint64_t{how_.batch});
    own.put(how_.learning_rate);
    own.put(how_.weight_decay);
    own.put(how_.seed);
    own.put(epochs_);
    own.put(std::uint64_t{how.pieces.piece_rows});
    require_equal_on_ranks(how.pieces.ranks, own.bytes(), where, "training options, epochs behind it or pieces");
  }

  template <class Gradient>
  double step(tape<T>& t, Model& model, ranking_samples const& samples, std::span<std::size_t const> rows,
              Gradient const& gradient) {
    auto const loss = [&](tape<T>& on, std::span<std::size_t const> some, pass p) {
      matrix<T> labels(static_cast<index_t>(some.size()), 1);
      for (std::size_t i = 0; i < some.size(); ++i)
        labels(static_cast<index_t>(i), 0) = static_cast<T>(samples.label[some[i]]);
      return bce_with_logits(model.logits(on, samples.rows(some), p), on.constant(labels));
    };
    auto const value = static_cast<double>(gradient(model.store(), t, loss, rows, optimizer_.steps()));
    if (!std::isfinite(value))
      throw value_error(where, "the loss is not finite after " + std::to_string(optimizer_.steps()) + " steps");
    optimizer_.step(model.store(), 1, t.executor());
    model.store().clear_gradients();
    return value;
  }

  ranker_training how_;
  optimizer<T, adam> optimizer_;
  std::uint64_t epochs_ = 0;
};

}  // namespace sidera::inline SIDERA_ABI
