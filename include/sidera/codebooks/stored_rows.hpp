// SPDX-License-Identifier: MIT
#pragma once
#include <sidera/codebooks/integer_row_store.hpp>
#include <sidera/codebooks/integer_rules.hpp>

namespace sidera::inline SIDERA_ABI {

/// Rows that are integers already: a source of simd::word_scan, whose row 0 is row `begin` of the store.
template <LinearMetric M>
struct stored_rows {
  integer_row_store const& store;
  std::size_t begin;
  integer_rules<M> const& rules;

  [[nodiscard]] integer_row_store::entry const* load(std::size_t first, std::size_t count, std::size_t,
                                                     integer_row_store::entry*, float* slacks) const noexcept {
    rules.set_slacks(store.lengths() + begin + first, store.errors() + begin + first, count, slacks);
    return memory(first, first + count).data();
  }
  [[nodiscard]] std::span<integer_row_store::entry const> memory(std::size_t first, std::size_t end) const noexcept {
    return store.rows(begin + first, begin + end);
  }
};

}  // namespace sidera::inline SIDERA_ABI
