// SPDX-License-Identifier: MIT
#pragma once
#include <sidera/autodiff/elementwise.hpp>

namespace sidera::inline SIDERA_ABI {

/// y = a where the mask is not 0, b elsewhere; a, b and the mask (row-major) have the same shape. Entries that are not
/// taken get no gradient, whatever they are.
template <Scalar T>
[[nodiscard]] variable<T> where(mask_view mask, variable<T> a, variable<T> b) {
  require_shapes(a.rows() == b.rows() && a.cols() == b.cols(), "where", a, b, "equal shapes");
  if (mask.size() != a.size())
    throw shape_error("where", "mask has " + std::to_string(mask.size()) + " entries, a is " + shape_text(a));
  tape<T>& t = a.owner();
  variable<T> const y = t.result(a.rows(), a.cols(), a, b);
  auto const keep = t.keep(mask);
  for (std::size_t i = 0; i < y.size(); ++i) y.data()[i] = (keep[i] != 0 ? a : b).data()[i];
  t.on_backward(
      [=] {
        auto const pass = [&](variable<T> x, bool taken) {
          T* const to = x.zeroed_target();
          if (to == nullptr) return;
          for (std::size_t i = 0; i < y.size(); ++i)
            if ((keep[i] != 0) == taken) to[i] += y.gradient_data()[i];
        };
        pass(a, true);
        pass(b, false);
      },
      y);
  return y;
}

}  // namespace sidera::inline SIDERA_ABI
