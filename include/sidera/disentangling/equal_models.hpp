// SPDX-License-Identifier: MIT
#pragma once
/// \file  Ranks that train one model together must have been given the same one.
#include <sidera/core/rank_message.hpp>
#include <sidera/disentangling/disentangling_training.hpp>
#include <sidera/disentangling/paired_views.hpp>
#include <sidera/training/equal_on_ranks.hpp>

namespace sidera::inline SIDERA_ABI {
namespace detail {

template <class... Numbers>
void put_each(rank_message& to, Numbers... numbers) {
  (to.put(numbers), ...);
}

/// All members, by structured bindings: a new one does not compile until it is listed here.
[[nodiscard]] inline rank_message numbers_of(disentangling_training const& training) {
  auto const& [epochs, batch, bypass_epochs, rate, decay, clip_norm, standardise, seed, checkpoint, every] = training;
  rank_message all;
  put_each(all, epochs, batch, bypass_epochs, rate, decay, clip_norm, standardise, seed, !checkpoint.empty(), every);
  return all;
}
[[nodiscard]] inline rank_message numbers_of(objective_options const& options) {
  auto const& [words, levels, terms, weights, alignment, temperature, reset, repeats, decoder, quantise] = options;
  rank_message all;
  put_each(all, words, levels, temperature, repeats, quantise);
  for (std::size_t const width : decoder) all.put(width);
  {
    auto const& [mm_ema, cross, align, decouple, match, resets, reconstruct] = terms;
    put_each(all, mm_ema, cross, align, decouple, match, resets, reconstruct);
  }
  {
    auto const& [reconstruct, align, decouple, match, of_words, commitment] = weights;
    put_each(all, reconstruct, align, decouple, match, of_words, commitment.own, commitment.cross);
  }
  {
    auto const& [softmax, cpc, layers, across] = alignment;
    put_each(all, softmax, cpc.cross_weight, cpc.own_weight, static_cast<int>(cpc.candidates), layers, across);
  }
  auto const& [after, active_below, noise, sticky, hit_by_all, enabled] = reset;
  put_each(all, after, active_below, noise, sticky, hit_by_all, enabled);
  return all;
}
/// Those of all objectives of a model.
template <class Stage>
[[nodiscard]] rank_message numbers_of(std::vector<Stage> const& stages) {
  rank_message all;
  for (auto const& stage : stages) all.put(numbers_of(stage.options()));
  return all;
}

}  // namespace detail

/// Throws value_error, on every rank, unless all have equal numbers of the training, clips and pieces.
template <Communicator C>
void require_equal_training(C const& ranks, disentangling_training const& training, std::size_t time,
                            std::size_t piece_rows, std::string_view where) {
  rank_message own = detail::numbers_of(training);
  detail::put_each(own, time, piece_rows);
  require_equal_on_ranks(ranks, own.bytes(), where, "training options, steps per clip or pieces");
}

/// Throws value_error, on every rank, unless all hold the same rows.
template <Scalar T, Communicator C>
void require_equal_rows(C const& ranks, paired_views<T> const& all, std::string_view where) {
  for (std::size_t m = 0; m < all.x.size(); ++m) {
    std::span<T const> const numbers(all.x[m].data(), static_cast<std::size_t>(all.x[m].size()));
    require_equal_on_ranks(ranks, std::as_bytes(numbers), where, "numbers in view " + to_text(m));
    require_equal_on_ranks(ranks, std::as_bytes(std::span(all.flags[m])), where, "flags of view " + to_text(m));
  }
}

/// Throws value_error, on every rank, unless all have parameters of equal names, shapes and values, and stages with
/// equal objectives. What leaves no trace in these (a dropout, the steps of a decoupler) is not compared.
template <Scalar T, class Stages, Communicator C>
void require_equal_models(C const& ranks, parameters<T> const& store, Stages const& stages, std::string_view where) {
  std::string layout;
  for (std::size_t p = 0; p < store.size(); ++p) layout += store.name({p}) + "\n" + shape_text(store.value({p})) + "\n";
  require_equal_on_ranks(ranks, std::as_bytes(std::span(layout)), where, "parameters (names or shapes)");
  for (auto const& group : store.groups())
    require_equal_on_ranks(ranks, std::as_bytes(std::span(group.values)), where, "first values of the parameters");
  require_equal_on_ranks(ranks, detail::numbers_of(stages).bytes(), where, "objective options");
}

}  // namespace sidera::inline SIDERA_ABI
