// SPDX-License-Identifier: MIT
// These programs are compiled without optimisation, where g++'s intrinsics are macros that take no class: every
// function of a whole register has to compile there too.
#include <sidera/autodiff/batch_math.hpp>

namespace {

namespace math = sidera::batch_math;

template <sidera::Scalar T>
[[nodiscard]] sidera::simd::batch<T> all_functions(sidera::simd::batch<T> x) noexcept {
  auto const sum = math::exp(x) + math::log(x) + math::log1p(x) + math::tanh(x) + math::erf(x) + math::sqrt(x) +
                   math::abs(x) + math::pow(x, x);
  return math::select(x < sum, math::max(x, sum), math::min(x, sum));
}

[[maybe_unused]] auto* const of_floats = &all_functions<float>;
[[maybe_unused]] auto* const of_doubles = &all_functions<double>;

}  // namespace
