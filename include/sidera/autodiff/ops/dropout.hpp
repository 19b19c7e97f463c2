// SPDX-License-Identifier: MIT
#pragma once
#include <sidera/autodiff/elementwise.hpp>
#include <sidera/core/random.hpp>

namespace sidera::inline SIDERA_ABI {

/// y_i = x_i / (1 - rate) with probability 1 - rate, else 0; Srivastava et al., "Dropout" (JMLR 2014).
///
/// Entry i of step `step` depends on (stream, step, i) alone, so a repeated step drops the same entries and threads do
/// not matter. `rate` in [0, 1) is rounded to a multiple of 2^-16. In inference leave the op out.
template <Scalar T>
[[nodiscard]] variable<T> dropout(variable<T> x, double rate, random_stream stream, std::uint64_t step) {
  if (!(rate >= 0 && rate < 1))
    throw value_error("dropout", "rate is " + std::to_string(rate) + ", expected 0 <= rate < 1");
  auto const limit = static_cast<std::uint32_t>(std::min(65535.0, rate * 65536 + 0.5));
  if (limit == 0) return x;
  tape<T>& t = x.owner();
  variable<T> const y = t.result(x.rows(), x.cols(), x);
  T* const factor = t.scratch(x.size());
  T const kept = T(65536) / static_cast<T>(65536 - limit);
  random_stream const numbers = stream.fork(step);
  auto const product = [](simd::batch<T> u, simd::batch<T> v) { return u * v; };
  detail::parallel_for(t, x.size(), 1, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; i += 4) {  // 64 random bits serve four entries
      std::uint64_t const bits = numbers.bits(i / 4);
      for (std::size_t j = i; j < std::min(end, i + 4); ++j)
        factor[j] = (bits >> (16 * (j - i)) & 0xFFFF) >= limit ? kept : T(0);
    }
    detail::transform<T>(y.data() + begin, false, end - begin, product, x.data() + begin, factor + begin);
  });
  t.on_backward(
      [=, &t] {
        auto const to = x.target();
        detail::parallel_transform(t, to.data, to.add, y.size(), product, y.gradient_data(), factor);
      },
      y);
  return y;
}

}  // namespace sidera::inline SIDERA_ABI
