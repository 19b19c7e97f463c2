// SPDX-License-Identifier: MIT
#pragma once
/// \file  The checkpoint of a streamed training: what it belongs to, and when it is to be gone on from.
#include <sidera/io/load_on_ranks.hpp>
#include <sidera/quantizers/residual_trainer.hpp>
#include <sidera/streaming/rank_rows.hpp>
#include <sidera/streaming/stream_position.hpp>

namespace sidera::inline SIDERA_ABI {

namespace detail {

/// What the policies of a training hold: numbers as text, arrays by the hash of their bytes.
template <class... Policies>
[[nodiscard]] checkpoint_identity parameter_identity(Policies const&... policies) {
  field_set parameters;
  (save_parameters(policies, parameters), ...);
  checkpoint_identity id;
  for (auto const& [name, text] : parameters.metadata) id["parameter " + name] = text;
  for (auto const& [name, values] : parameters.tensors) {
    field_set alone;
    alone.tensors[name] = values;
    id["parameter " + name] = fields_fingerprint(alone);
  }
  return id;
}

}  // namespace detail

/// What must be the same for a checkpoint to be gone on from. Not blocks, threads and ranks: they change nothing.
template <Scalar T, class M, class U, class R, class I, class Z>
[[nodiscard]] checkpoint_identity stream_identity(residual_recipe<M, U, R, I, Z> const& recipe, rank_rows const& rows) {
  residual_quantizer_options const& o = recipe.options;
  checkpoint_identity id{
      {"rows", to_text(rows.total)},         {"columns", to_text(rows.columns)},
      {"levels", to_text(o.levels)},         {"seed", to_text(o.seed)},
      {"iterations", to_text(o.iterations)}, {"restarts", to_text(o.restarts)},
      {"tolerance", to_text(o.tolerance)},   {"scalar", std::is_same_v<T, float> ? "float" : "double"},
      {"metric", policy_name<M>()},          {"update_rule", policy_name<U>()},
      {"residual_scheme", policy_name<R>()}, {"initialiser", policy_name<I>()},
      {"dead_code_policy", policy_name<Z>()}};
  std::string& words = id["words"];
  for (std::size_t l = 0; l < o.levels; ++l) words += (l == 0 ? "" : ",") + to_text(o.words_at(l));
  id.merge(detail::parameter_identity(recipe.metric, recipe.scheme, recipe.rule, recipe.init, recipe.dead));
  return id;
}

/// Throws shape_error for a position that the recipe could not have come to.
template <Scalar T, class M, class U, class R, class I, class Z>
void check_position(stream_position<T> const& p, residual_recipe<M, U, R, I, Z> const& recipe, rank_rows const& rows) {
  std::size_t const levels = recipe.options.levels;
  bool fits = p.done.size() < levels && p.restart < recipe.options.restarts && p.mean.size() == rows.columns &&
              p.best.has_value() == (p.restart > 0);
  auto const check = [&](stream_attempt<T> const& a, std::size_t l) {
    fits = fits && a.book.size() == recipe.options.words_at(l) && a.book.dim() == recipe.scheme.width(rows.columns, l);
  };
  for (std::size_t l = 0; fits && l < p.done.size(); ++l) check(p.done[l], l);
  if (fits) check(p.now, p.done.size());
  if (fits && p.best) check(*p.best, p.done.size());
  if constexpr (detail::state_is_numbers<U, T>)
    fits = fits && typename U::template state<T>(recipe.rule, p.now.book).numbers().size() == p.memory.size();
  if (!fits) throw shape_error("fit_stream", "the checkpoint's words do not fit the options");
}

/// Rank 0 reads the checkpoint and hands it to all. None when `path` is empty or names no file. Throws file_error for
/// one that belongs to another training.
template <Scalar T, class M, class U, class R, class I, class Z, Communicator C>
[[nodiscard]] std::optional<stream_position<T>> load_checkpoint(std::string const& path,
                                                                residual_recipe<M, U, R, I, Z> const& recipe,
                                                                rank_rows const& rows, C const& ranks) {
  auto const fields = load_on_ranks(path, ranks);
  if (!fields) return {};
  try {
    auto p = position_of<T>(*fields, stream_identity<T>(recipe, rows));
    check_position(p, recipe, rows);
    return p;
  } catch (argument_error const& e) {
    throw file_error(path, e.what());
  }
}

/// Rank 0 writes the position; the file appears whole or not at all. Does nothing when `path` is empty.
template <Scalar T, class M, class U, class R, class I, class Z, Communicator C>
void save_checkpoint(std::string const& path, stream_position<T> const& p, residual_recipe<M, U, R, I, Z> const& recipe,
                     rank_rows const& rows, C const& ranks) {
  if (!path.empty() && ranks.rank() == 0) save_fields(path, position_fields(p, stream_identity<T>(recipe, rows)));
}

}  // namespace sidera::inline SIDERA_ABI
