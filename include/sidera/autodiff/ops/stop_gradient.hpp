// SPDX-License-Identifier: MIT
#pragma once
#include <sidera/autodiff/tape.hpp>

namespace sidera::inline SIDERA_ABI {

/// y = x as a constant: nothing flows back.
template <Scalar T>
[[nodiscard]] variable<T> stop_gradient(variable<T> x) {
  return x.owner().refer(x.data(), x.rows(), x.cols());
}

}  // namespace sidera::inline SIDERA_ABI
