// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <limits>
#include <numeric>
#include <sidera/simd/first_lanes.hpp>
#include <vector>

TEST_CASE_TEMPLATE("the first lanes are loaded, stored and kept; the others are what they should be", T, float,
                   double) {
  namespace simd = sidera::simd;
  constexpr std::size_t w = simd::width<T>;
  for (std::size_t count = 0; count < w; ++count) {
    std::vector<T> in(count), lanes(w), out(w, T(-1));  // as long as it is: the sanitizer sees what reads on
    std::iota(in.begin(), in.end(), T(2));
    simd::store<T>(lanes.data(), simd::load_first<T>(in.data(), count, T(1)));
    for (std::size_t l = 0; l < w; ++l) CHECK(lanes[l] == (l < count ? in[l] : T(1)));
    simd::store_first<T>(out.data(), simd::batch<T>(T(7)), count);
    for (std::size_t l = 0; l < w; ++l) CHECK(out[l] == (l < count ? T(7) : T(-1)));
    simd::batch<T> const bad(std::numeric_limits<T>::quiet_NaN());
    simd::store<T>(lanes.data(), simd::zero_rest<T>(bad, count));
    for (std::size_t l = 0; l < w; ++l) CHECK((l < count ? lanes[l] != lanes[l] : lanes[l] == 0));
  }
}
