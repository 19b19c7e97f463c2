// SPDX-License-Identifier: MIT
#pragma once
/// \file  Binary elementwise ops on operands of which one may be a row, a column or a single number.
#include <sidera/autodiff/elementwise.hpp>

namespace sidera::inline SIDERA_ABI::detail {

/// Entry (i, j) of an operand that is repeated along the directions in which it has size 1.
template <Scalar T>
struct repeated {
  T const* data;
  std::size_t row_stride, col_stride;

  repeated(T const* p, std::size_t own_rows, std::size_t own_cols) noexcept
      : data(p), row_stride(own_rows == 1 ? 0 : own_cols), col_stride(own_cols == 1 ? 0 : 1) {}

  [[nodiscard]] SIDERA_ALWAYS_INLINE simd::batch<T> at(std::size_t i, std::size_t j, std::size_t count) const noexcept {
    T const* const row = data + i * row_stride;
    return col_stride == 0 ? simd::batch<T>(*row) : load_some<T>(row + j, count);
  }
};

/// Adds the gradient of a rows x cols result to x, summed over the directions in which x was repeated;
/// piece(i, j, count) gives it for `count` entries of row i from column j on. Sums run in the order of the rows, see
/// add_rows.
template <Scalar T, class Piece>
void add_reduced_gradient(tape<T>& t, variable<T> x, std::size_t rows, std::size_t cols, Piece const& piece) {
  gradient_target<T> const to = x.target();
  if (!to) return;
  auto const row = [&](std::size_t i, std::size_t begin) {
    return [&piece, i, begin](std::size_t j, std::size_t count) { return piece(i, begin + j, count); };
  };
  if (x.size() == rows * cols) {
    if (rows == 1)
      parallel_for(t, cols, 1,
                   [&](std::size_t a, std::size_t b) { generate<T>(to.data + a, to.add, b - a, row(0, a)); });
    else
      parallel_for(t, rows, cols, [&](std::size_t a, std::size_t b) {
        for (std::size_t i = a; i < b; ++i) generate<T>(to.data + i * cols, to.add, cols, row(i, 0));
      });
    return;
  }
  if (!to.add) std::fill_n(to.data, x.size(), T(0));
  if (x.size() == 1) {
    double sum = 0;
    for (std::size_t i = 0; i < rows; ++i) sum += accumulate<T>(cols, row(i, 0));
    *to.data += static_cast<T>(sum);
  } else if (x.cols() == cols)
    parallel_columns(t, rows, cols, [&](std::size_t a, std::size_t b) {
      add_rows(std::array{to.data + a}, rows, b - a, [&](std::size_t i, std::size_t j, std::size_t count) {
        generate<T>(to.data + a + j, true, count, row(i, a + j));
      });
    });
  else
    parallel_for(t, rows, cols, [&](std::size_t a, std::size_t b) {
      for (std::size_t i = a; i < b; ++i) to.data[i] += static_cast<T>(accumulate<T>(cols, row(i, 0)));
    });
}

[[nodiscard]] inline bool repeats_to(std::size_t own, std::size_t other) noexcept {
  return own == other || own == 1 || other == 1;
}

/// y_ij = op.f(a_ij, b_ij); op.da and op.db give the derivatives from (a, b, y).
template <Scalar T, class Op>
[[nodiscard]] variable<T> broadcast(Op op, std::string_view name, variable<T> a, variable<T> b) {
  require_shapes(repeats_to(a.rows(), b.rows()) && repeats_to(a.cols(), b.cols()), name, a, b,
                 "equal sizes, or a size of 1 to repeat");
  tape<T>& t = a.owner();
  variable<T> const y = t.result(a.rows() == 1 ? b.rows() : a.rows(), a.cols() == 1 ? b.cols() : a.cols(), a, b);
  // Operands that are complete or single numbers make one long row.
  auto const long_row = [&](variable<T> v) { return v.size() == 1 || (v.rows() == y.rows() && v.cols() == y.cols()); };
  bool const flat = long_row(a) && long_row(b);
  std::size_t const rows = flat ? 1 : y.rows(), cols = flat ? y.size() : y.cols();
  auto const whole = [=](variable<T> v) {
    return flat ? repeated<T>(v.data(), 1, v.size()) : repeated<T>(v.data(), v.rows(), v.cols());
  };
  repeated<T> const left = whole(a), right = whole(b);
  auto const fill = [&](std::size_t i, std::size_t begin, std::size_t end) {
    generate<T>(y.data() + i * cols + begin, false, end - begin, [&](std::size_t j, std::size_t count) {
      return op.f(left.at(i, begin + j, count), right.at(i, begin + j, count));
    });
  };
  if (flat)
    parallel_for(t, cols, 1, [&](std::size_t begin, std::size_t end) { fill(0, begin, end); });
  else
    parallel_for(t, rows, cols, [&](std::size_t begin, std::size_t end) {
      for (std::size_t i = begin; i < end; ++i) fill(i, 0, cols);
    });
  t.on_backward(
      [=, &t] {
        repeated<T> const g(y.gradient_data(), rows, cols), value(y.data(), rows, cols);
        add_reduced_gradient(t, a, rows, cols, [=](std::size_t i, std::size_t j, std::size_t n) {
          return g.at(i, j, n) * op.da(left.at(i, j, n), right.at(i, j, n), value.at(i, j, n));
        });
        add_reduced_gradient(t, b, rows, cols, [=](std::size_t i, std::size_t j, std::size_t n) {
          return g.at(i, j, n) * op.db(left.at(i, j, n), right.at(i, j, n), value.at(i, j, n));
        });
      },
      y);
  return y;
}

}  // namespace sidera::inline SIDERA_ABI::detail
