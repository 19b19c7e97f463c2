// SPDX-License-Identifier: MIT
#pragma once
#include <algorithm>
#include <atomic>
#include <sidera/autodiff/elementwise.hpp>

namespace sidera::inline SIDERA_ABI {
namespace detail {

/// Writes the zeros that a dense parameter without a gradient stands for.
template <Scalar T>
void zero_missing_gradients(parameters<T>& store, parameter_group<T> const& group) {
  for (parameter const p : group.members)
    if (node<T> const& n = store.raw(p); !n.has_gradient) std::fill_n(n.gradient, n.size(), T(0));
}

/// `sum` plus 0 x_i: zeros, until an x_i is not finite.
template <Scalar T>
[[nodiscard]] SIDERA_ALWAYS_INLINE simd::batch<T> plus_nothing(simd::batch<T> sum, T const* x, std::size_t n) {
  constexpr std::size_t w = simd::width<T>;
  simd::batch<T> const zero(T(0));
  simd::batch<T> odd = zero;
  std::size_t i = 0;
  for (; i + 2 * w <= n; i += 2 * w) {
    sum = sum + simd::load<T>(x + i) * zero;
    odd = odd + simd::load<T>(x + i + w) * zero;
  }
  for (; i < n; i += w) sum = sum + load_some<T>(x + i, std::min(w, n - i)) * zero;
  return sum + odd;
}

/// Whether all gradients of the touched rows of a table are finite.
template <Scalar T>
[[nodiscard]] bool touched_rows_finite(node<T> const& table) {
  simd::batch<T> sum(T(0));
  for (std::uint32_t const row : table.touched->rows)
    sum = plus_nothing<T>(sum, table.gradient + row * table.cols, table.cols);
  return simd::sum_lanes<T>(sum) == 0;
}

/// Whether all gradients of a group are finite: one pass over what an optimiser reads next. A dense parameter without a
/// gradient must hold zeros.
template <Scalar T>
[[nodiscard]] bool gradients_finite(parameters<T> const& store, parameter_group<T> const& group,
                                    executor_ref executor) {
  if (group.row_sparse)
    return std::all_of(group.members.begin(), group.members.end(),
                       [&](parameter p) { return touched_rows_finite(store.raw(p)); });
  std::atomic<bool> finite = true;
  block_partition const blocks{group.gradients.size(), block_numbers};
  executor.run(blocks.count(), [&](std::size_t b, std::size_t) {
    auto const sum = plus_nothing<T>(simd::batch<T>(T(0)), group.gradients.data() + blocks.begin(b), blocks.length(b));
    if (!(simd::sum_lanes<T>(sum) == 0)) finite.store(false, std::memory_order_relaxed);
  });
  return finite;
}

/// Throws value_error with the first row of the first parameter of which a gradient is not finite.
template <Scalar T>
[[noreturn]] void throw_not_finite(parameters<T> const& store, parameter_group<T> const& group,
                                   std::string_view function) {
  for (parameter const p : group.members) {
    node<T> const& n = store.raw(p);
    for (std::size_t r = 0; r < n.rows; ++r)
      if ((n.touched == nullptr || n.touched->seen[r] != 0) && !all_finite<T>({n.gradient + r * n.cols, n.cols}))
        throw value_error(function,
                          "the gradient of \"" + store.name(p) + "\" is not finite in row " + std::to_string(r), r);
  }
  throw value_error(function, "a gradient of group \"" + group.name + "\" is not finite");
}

}  // namespace detail

/// Throws value_error, with the parameter and its row, when a gradient that the store holds for this group is not
/// finite. A loss may be finite all the same: that of |w| by sqrt(w^2) is, at w = 0.
template <Scalar T>
void require_finite_gradients(parameters<T>& store, parameter_group<T> const& group, std::string_view function,
                              executor_ref executor = {}) {
  if (!group.row_sparse) detail::zero_missing_gradients(store, group);
  if (!detail::gradients_finite(store, group, executor)) detail::throw_not_finite(store, group, function);
}

}  // namespace sidera::inline SIDERA_ABI
