// SPDX-License-Identifier: MIT
#pragma once
#include <sidera/update_rules/balanced_assignment.hpp>
#include <sidera/update_rules/lloyd.hpp>

namespace sidera::inline SIDERA_ABI {

/// Lloyd with cells of equal size: every word has floor(N / K) or one more row during training (the goal of the
/// balanced k-means of OneRec, arXiv 2502.18965, and of k-means-constrained).
///
/// The codes of training are balanced; `encode` afterwards is the nearest word, nearly balanced on like data. The
/// objective may rise from one iteration to the next, since a capacity is not a distance.
template <class Representative>
struct basic_balanced {
  using representative_type = Representative;
  static constexpr std::string_view name =
      std::same_as<Representative, representative::mean> ? "balanced" : "spherical_balanced";

  template <Scalar T>
  class state : public basic_lloyd<Representative>::template state<T> {
   public:
    state(basic_balanced const&, codebook<T> const& book) : basic_lloyd<Representative>::template state<T>({}, book) {}

    template <Metric M>
    void assign(codebook<T> const& book, M const& metric, matrix_cref<T> const& x, std::span<code_t> codes,
                executor_ref executor) const {
      balanced_assignment<T>(book, metric, x, codes, executor);
    }
  };
};

using balanced = basic_balanced<representative::mean>;
using spherical_balanced = basic_balanced<representative::normalized_mean>;

static_assert(UpdateRule<balanced> && UpdateRule<spherical_balanced>);

}  // namespace sidera::inline SIDERA_ABI
