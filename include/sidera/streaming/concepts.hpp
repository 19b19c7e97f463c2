// SPDX-License-Identifier: MIT
#pragma once
/// \file  Which quantizers can be trained on data that do not fit into memory.
#include <sidera/codebooks/dead_codes.hpp>
#include <sidera/codebooks/row_passes.hpp>
#include <sidera/residual_schemes/concepts.hpp>
#include <sidera/update_rules/concepts.hpp>
#include <type_traits>

namespace sidera::inline SIDERA_ABI {

/// Words are the means of their members, which are points of the sample space.
template <class M>
concept StreamedMetric = Divergence<M> && std::same_as<typename M::representative_type, representative::mean>;

namespace detail {

/// The rule gives rows words by itself, and has to see all of them at once for it.
template <class U>
concept assigns_rows = requires(typename U::template state<float> const& state, codebook<float> const& book,
                                matrix_cref<float> const& x, std::span<code_t> codes) {
  state.assign(book, squared_euclidean{}, x, codes, executor_ref{});
};
/// What the rule remembers can be saved between two updates.
template <class U>
concept memory_is_known = std::is_empty_v<typename U::template state<float>> || state_is_numbers<U, float>;

/// Says, in one sentence each, why a rule cannot be trained from a stream.
template <class U>
consteval bool explain_streamed_rule() {
  static_assert(state_updates_from_statistics<U, float>,
                "streamed training keeps sums and counts per word, and this update rule needs the members themselves: "
                "train it in memory, or take lloyd, mini_batch or ema");
  static_assert(!assigns_rows<U>,
                "this update rule assigns rows by itself, for which it compares all rows with one another (balanced "
                "cells): train it in memory, for example on a sample, or take lloyd, mini_batch or ema");
  static_assert(memory_is_known<U>,
                "a checkpoint must hold what this update rule remembers: give its state numbers() and set_numbers()");
  return true;
}

}  // namespace detail

/// A rule that needs sums and counts of rows and nothing else: those of all rows, or of batches. Not one that assigns
/// rows by itself (\ref balanced).
template <class U>
concept StreamedRule = UpdateRule<U> && detail::state_updates_from_statistics<U, float> && detail::memory_is_known<U> &&
    !detail::assigns_rows<U>;

/// An initialiser that looks at a sample, or goes through all rows in passes.
template <class I>
concept StreamedInitialiser = SamplingInitialiser<I> || PassInitialiser<I>;

/// A scheme whose words explain their own first columns.
template <class R>
concept StreamedScheme = ResidualScheme<R> && !explains_by_mean<R>;

/// A policy that looks at far rows alone; see \ref DeadCodePolicy.
template <class Z>
concept StreamedDeadCodePolicy = DeadCodePolicy<Z> && Z::sees_extremes_only;

}  // namespace sidera::inline SIDERA_ABI
