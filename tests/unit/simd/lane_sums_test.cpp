// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <sidera/core/random.hpp>
#include <sidera/simd/lane_sums.hpp>

using namespace sidera;

TEST_CASE_TEMPLATE("lane_sums: lane i is the sum of register i, in one order for all", T, float, double) {
  constexpr std::size_t w = simd::width<T>;
  random_stream const random(3);
  for (std::uint64_t round = 0; round < 20; ++round) {
    alignas(64) T lanes[w][w];
    simd::batch<T> v[w];
    for (std::size_t i = 0; i < w; ++i) {
      for (std::size_t j = 0; j < w; ++j) lanes[i][j] = static_cast<T>(random.fork(round).normal(i * w + j));
      v[i] = simd::load<T>(lanes[i]);
    }
    alignas(64) T sums[w], same[w];
    simd::store<T>(sums, simd::lane_sums<T>(v));
    for (std::size_t i = 0; i < w; ++i) {
      double wanted = 0;
      for (std::size_t j = 0; j < w; ++j) wanted += static_cast<double>(lanes[i][j]);
      CHECK(std::abs(static_cast<double>(sums[i]) - wanted) < 1e-5);
      for (simd::batch<T>& other : v) other = simd::load<T>(lanes[i]);
      simd::store<T>(same, simd::lane_sums<T>(v));
      for (T const s : same) CHECK(s == sums[i]);
    }
  }
}
