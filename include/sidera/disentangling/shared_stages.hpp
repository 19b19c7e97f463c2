// SPDX-License-Identifier: MIT
#pragma once
/// \file  A batch of a disentangling model whose pieces are shared out among ranks.
#include <sidera/disentangling/disentangling_stage.hpp>
#include <sidera/training/piece_messages.hpp>
#include <sidera/training/shared_batches.hpp>

namespace sidera::inline SIDERA_ABI {

/// \ref shared_batches for an architecture whose stages have a state of their own: codebooks that follow the features
/// of a batch, and decouplers that learn inside the loss.
///
///   1. Survey, where decouplers learn (CLUB): the features of all pieces are exchanged, and every rank fits its
///      decouplers to those of the whole batch.
///   2. Gradient of the losses by shared_batches. Losses that compare rows (InfoNCE, Cross-CPC, CMCM, CLUB's bound) see
///      a piece at a time; the losses are means over the rows of a piece, weighted by the clips of the pieces.
///   3. The codes and queries of all pieces are exchanged, so that every stage's `update` is that of the whole batch.
///
/// All ranks end with the same bits, for any number of ranks. What is done by every rank for all rows: the steps of
/// CLUB's predictors and the update of the words. The survey costs one more pass through the encoders. So more ranks
/// pay where encoders and decoders are most of the work, which those of the default sizes are not.
template <class A, Communicator C>
class shared_stages {
 public:
  using T = typename A::scalar_type;

  shared_stages(A& model, shared_batches<C> const& how) : model_(model), how_(how) {}

  /// As \ref shared_batches, for a loss that calls the architecture's once. The stages then have what `update` needs.
  template <class F>
  [[nodiscard]] T operator()(parameters<T>& store, tape<T>& tape, F& loss, std::span<std::size_t const> clips,
                             std::size_t step) const {
    survey(tape, loss, clips, step);
    start(batch_part::piece);
    std::vector<rank_message> left;
    std::vector<order_free_sum> values(model_.stages().size() * members.size());
    auto const watched = [&](auto& on, std::span<std::size_t const> piece, pass p) {
      variable<T> const l = loss(on, piece, p);
      left.emplace_back();
      for (std::size_t s = 0; s < model_.stages().size(); ++s) {
        put_rows(left.back(), model_.stages()[s].rows());
        for (std::size_t v = 0; v < members.size(); ++v)
          values[s * members.size() + v].add(model_.stages()[s].values().*members[v] *
                                             static_cast<double>(piece.size()) / static_cast<double>(clips.size()));
      }
      return l;
    };
    T const value = how_(store, tape, watched, clips, step);
    if (!std::isfinite(value)) return value;
    auto pieces = exchange_pieces(how_.ranks, std::move(left));
    for (auto& stage : model_.stages()) {
      stage.start(batch_part::piece);
      stage.batch().rows = rows_of(pieces);
    }
    set_values(sum_over(how_.ranks, std::move(values)));
    return value;
  }

 private:
  using stage_type = typename A::stage_type;
  static constexpr std::array members{
      &objective_values::reconstruct, &objective_values::commit, &objective_values::align, &objective_values::decouple,
      &objective_values::match,       &objective_values::words,  &objective_values::total};

  void start(batch_part part) const {
    for (auto& stage : model_.stages()) stage.start(part);
  }

  template <class F>
  void survey(tape<T>& tape, F& loss, std::span<std::size_t const> clips, std::size_t step) const {
    auto& stages = model_.stages();
    if (std::none_of(stages.begin(), stages.end(), wants_survey)) return;
    block_partition const pieces{clips.size(), how_.piece_rows};
    std::vector<rank_message> found;
    for (std::size_t p = how_.ranks.rank(); p < pieces.count(); p += how_.ranks.size()) {
      tape.reset();
      start(batch_part::survey);
      (void)loss(tape, clips.subspan(pieces.begin(p), pieces.length(p)), pass{true, (step << 20) + p});
      found.emplace_back();
      for (auto& stage : stages) put_matrices(found.back(), stage.batch().surveyed);
    }
    auto all = exchange_pieces(how_.ranks, std::move(found));
    for (auto& stage : stages) fit_decouplers(stage, matrices_of(all), tape.executor());
  }

  /// Whether the decouplers of a stage learn from the features of whole batches.
  [[nodiscard]] static bool wants_survey(stage_type const& stage) {
    return detail::fits_on_batches<typename stage_type::decoupler_type, T> && stage.options().terms.decouple &&
           stage.options().weights.decouple != 0;
  }
  /// Lets them learn from what the surveys of all pieces have found, or nothing.
  static void fit_decouplers(stage_type& stage, std::vector<matrix<T>> const& features, executor_ref executor) {
    if constexpr (detail::fits_on_batches<typename stage_type::decoupler_type, T>)
      for (std::size_t m = 0; 2 * m < features.size(); ++m)
        if (features[2 * m].rows() > 0) stage.decouplers()[m].fit(features[2 * m], features[2 * m + 1], executor);
  }

  static void put_matrices(rank_message& to, std::vector<matrix<T>> const& all) {
    to.put(std::uint64_t{all.size()});
    for (matrix<T> const& m : all) to.put(m);
  }
  /// Of every matrix, the rows of all pieces.
  [[nodiscard]] static std::vector<matrix<T>> matrices_of(std::vector<rank_message>& pieces) {
    std::vector<matrix<T>> all;
    for (rank_message& piece : pieces) append_matrices(all, piece);
    return all;
  }
  static void append_matrices(std::vector<matrix<T>>& all, rank_message& piece) {
    all.resize(std::max<std::size_t>(all.size(), piece.number()));
    for (matrix<T>& m : all) append(m, piece.template matrix_of<matrix<T>>());
  }
  template <class Matrix>
  static void append(Matrix& to, Matrix const& more) {
    to.conservativeResize(to.rows() + more.rows(), more.cols());
    to.bottomRows(more.rows()) = more;
  }

  static void put_rows(rank_message& to, std::vector<bottleneck_rows<T>> const& rows) {
    to.put(std::uint64_t{rows.size()});
    for (auto const& of : rows) {
      to.put(of.z);
      to.put(of.codes);
      put_matrices(to, of.queries);
    }
  }
  [[nodiscard]] static std::vector<bottleneck_rows<T>> rows_of(std::vector<rank_message>& pieces) {
    std::vector<bottleneck_rows<T>> all;
    for (rank_message& piece : pieces) {
      all.resize(std::max<std::size_t>(all.size(), piece.number()));
      for (auto& of : all) {
        append(of.z, piece.template matrix_of<matrix<T>>());
        append(of.codes, piece.template matrix_of<code_matrix>());
        append_matrices(of.queries, piece);
      }
    }
    return all;
  }

  void set_values(std::vector<double> const& all) const {
    for (std::size_t s = 0; s < model_.stages().size(); ++s) {
      objective_values& values = model_.stages()[s].batch().values;
      for (std::size_t v = 0; v < members.size(); ++v) values.*members[v] = all[s * members.size() + v];
    }
  }

  A& model_;
  shared_batches<C> const& how_;
};

}  // namespace sidera::inline SIDERA_ABI
