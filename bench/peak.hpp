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
  batch sums[chains];
  float volatile start = 0.5f;
  batch const factor(start), term(start);
  for (batch& v : sums) v = batch(start);
  double const ms = milliseconds(s, [&] {
    for (std::size_t i = 0; i < steps; ++i)
      sidera::simd::detail::unroll<chains>([&](auto c) __attribute__((always_inline)) {
        sums[c] = sidera::simd::detail::fused_multiply_add<float>(sums[c], factor, term);
      });
  });
  float volatile keep = 0;
  for (batch const& v : sums) keep = keep + sidera::simd::sum_lanes<float>(v);
  return 2.0 * static_cast<double>(chains * steps * batch::size) / ms / 1e6;
}

}  // namespace bench
