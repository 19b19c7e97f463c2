// SPDX-License-Identifier: MIT
#pragma once
/// \file  Which quantizers can be trained on data that do not fit into memory.
#include <sidera/codebooks/dead_codes.hpp>
#include <sidera/codebooks/initialiser.hpp>
#include <sidera/residual_schemes/concepts.hpp>
#include <sidera/update_rules/concepts.hpp>
#include <type_traits>

namespace sidera::inline SIDERA_ABI {

/// Words are the means of their members, which are points of the sample space.
template <class M>
concept StreamedMetric = Divergence<M> && std::same_as<typename M::representative_type, representative::mean>;

/// A rule that needs the statistics of all rows and nothing else: no batches, no assignment of its own, no memory.
template <class U>
concept StreamedRule = UpdateRule<U> && detail::state_updates_from_statistics<U, float> &&
    std::is_empty_v<typename U::template state<float>> && !requires(U const& rule) {
  rule.batch_size;
};

/// A scheme whose words explain their own first columns.
template <class R>
concept StreamedScheme = ResidualScheme<R> && !explains_by_mean<R>;

/// A policy that looks at far rows alone; see \ref DeadCodePolicy.
template <class Z>
concept StreamedDeadCodePolicy = DeadCodePolicy<Z> && Z::sees_extremes_only;

}  // namespace sidera::inline SIDERA_ABI
