// SPDX-License-Identifier: MIT
#pragma once
/// \file  How many float32 operations per second one core can do with the instructions this program was built for.
#include <sidera/simd/register_tile.hpp>

#include "settings.hpp"

namespace bench {

/// GFLOP/s of independent multiply-adds that never leave the registers.
inline double measure_peak(settings const& s) {
  using batch = sidera::simd::batch<float>;
  constexpr std::size_t chains = 12, steps = 4'000'000;  // enough chains to hide 4 to 5 cycles at two a cycle
  float volatile start = 0.5f, keep = 0;
  auto const each = [](auto f) __attribute__((always_inline)) {
    sidera::simd::detail::unroll<chains>(f);
  };
  double const ms = milliseconds(s, [&] {
    batch const factor(start), term(start);
    batch sums[chains];
    each([&](auto c) __attribute__((always_inline)) { sums[c] = batch(start); });  // equal chains would be merged
    for (std::size_t i = 0; i < steps; ++i)
      each([&](auto c) __attribute__((always_inline)) {
        sums[c] = sidera::simd::detail::fused_multiply_add<float>(sums[c], factor, term);
      });
    each([&](auto c) __attribute__((always_inline)) { keep = keep + sidera::simd::sum_lanes<float>(sums[c]); });
  });
  return 2.0 * static_cast<double>(chains * steps * batch::size) / ms / 1e6;
}

}  // namespace bench
