// SPDX-License-Identifier: MIT
#pragma once
#include <sidera/autodiff/elementwise.hpp>

namespace sidera::inline SIDERA_ABI {
namespace detail {

/// y = the blocks of `parts` in a rows x cols matrix, part p at (row, col); what the two ops share.
template <Scalar T>
struct placed_part {
  variable<T> part;
  std::size_t row, col;
};

template <Scalar T>
[[nodiscard]] variable<T> place(std::span<variable<T> const> parts, std::size_t rows, std::size_t cols,
                                bool side_by_side) {
  tape<T>& t = parts.front().owner();
  struct any_of {
    std::span<variable<T> const> parts;
    [[nodiscard]] bool wants_gradient() const noexcept {
      return std::any_of(parts.begin(), parts.end(), [](variable<T> p) { return p.wants_gradient(); });
    }
  };
  variable<T> const y = t.result(rows, cols, any_of{parts});
  auto const placed = std::span(t.template scratch<placed_part<T>>(parts.size()), parts.size());
  for (std::size_t p = 0, at = 0; p < parts.size(); ++p) {
    placed[p] = {parts[p], side_by_side ? 0 : at, side_by_side ? at : 0};
    at += side_by_side ? parts[p].cols() : parts[p].rows();
    for (std::size_t i = 0; i < parts[p].rows(); ++i)
      std::copy_n(parts[p].data() + i * parts[p].cols(), parts[p].cols(),
                  y.data() + (placed[p].row + i) * cols + placed[p].col);
  }
  t.on_backward(
      [=] {
        for (auto const& [part, row, col] : placed) {
          auto const to = part.target();
          if (!to) continue;
          for (std::size_t i = 0; i < part.rows(); ++i)
            transform<T>(
                to.data + i * part.cols(), to.add, part.cols(), [](simd::batch<T> g) { return g; },
                y.gradient_data() + (row + i) * cols + col);
        }
      },
      y);
  return y;
}

template <Scalar T>
void require_parts(std::span<variable<T> const> parts, std::string_view function) {
  if (parts.empty()) throw shape_error(function, "no parts");
}

}  // namespace detail

/// y = [a, b, ...]: parts with equal rows side by side.
template <Scalar T>
[[nodiscard]] variable<T> concat_columns(std::span<variable<T> const> parts) {
  detail::require_parts(parts, "concat_columns");
  std::size_t cols = 0;
  for (variable<T> const p : parts) {
    require_shapes(p.rows() == parts.front().rows(), "concat_columns", parts.front(), p, "equal rows");
    cols += p.cols();
  }
  return detail::place(parts, parts.front().rows(), cols, true);
}
template <Scalar T, std::same_as<variable<T>>... More>
[[nodiscard]] variable<T> concat_columns(variable<T> first, More... more) {
  variable<T> const parts[] = {first, more...};
  return concat_columns(std::span<variable<T> const>(parts));
}

/// y = [a; b; ...]: parts with equal columns below one another.
template <Scalar T>
[[nodiscard]] variable<T> concat_rows(std::span<variable<T> const> parts) {
  detail::require_parts(parts, "concat_rows");
  std::size_t rows = 0;
  for (variable<T> const p : parts) {
    require_shapes(p.cols() == parts.front().cols(), "concat_rows", parts.front(), p, "equal columns");
    rows += p.rows();
  }
  return detail::place(parts, rows, parts.front().cols(), false);
}
template <Scalar T, std::same_as<variable<T>>... More>
[[nodiscard]] variable<T> concat_rows(variable<T> first, More... more) {
  variable<T> const parts[] = {first, more...};
  return concat_rows(std::span<variable<T> const>(parts));
}

}  // namespace sidera::inline SIDERA_ABI
