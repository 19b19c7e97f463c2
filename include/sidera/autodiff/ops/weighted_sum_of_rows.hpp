// SPDX-License-Identifier: MIT
#pragma once
#include <sidera/autodiff/ops/place_index.hpp>

namespace sidera::inline SIDERA_ABI {

namespace detail {

/// y_b = the weighted sum of sample b, for the samples of some places.
template <Scalar T>
void weigh_places(std::span<place_index::place const> used, T const* weights, summands<T> x, T* y) {
  for_registers<T>(
      0, x.cols, [&](std::size_t j, auto registers, std::size_t lanes) __attribute__((always_inline)) {
        constexpr std::size_t V = decltype(registers)::value;
        for (auto const *place = used.data(), *const last = place + used.size(); place != last;) {
          std::uint32_t const key = place->key;
          auto const row = x.template get<V>(key, j, lanes);
          for (; place != last && place->key == key; ++place)
            row.add_scaled_to(y + place->sample * x.cols + j, weights[place->at], lanes);
        }
      });
}

/// Columns begin .. end - 1 of the gradient of the rows: the weighted sums of g over the places of a key.
template <Scalar T>
void weigh_samples(std::span<place_index::place const> used, T const* weights, T const* g, std::size_t begin,
                   std::size_t end, summands<T> x, T* to) {
  for_registers<T>(
      begin, end, [&](std::size_t j, auto registers, std::size_t lanes) __attribute__((always_inline)) {
        constexpr std::size_t V = decltype(registers)::value;
        for (auto const *place = used.data(), *const last = place + used.size(); place != last;) {
          std::uint32_t const key = place->key;
          auto sum = register_row<T, V>::zero();
          for (; place != last && place->key == key; ++place)
            sum.add_scaled(g + place->sample * x.cols + j, weights[place->at], lanes);
          x.add(to, key, j, lanes, sum);
        }
      });
}

/// to[place] += the row of the place . g of its sample.
template <Scalar T>
void dot_places(tape<T>& t, place_index const& index, summands<T> x, T const* g, T* to) {
  sum_over_columns(
      t, index, x.cols,
      [&](std::size_t j, auto registers, std::size_t lanes) __attribute__((always_inline)) {
        constexpr std::size_t V = decltype(registers)::value;
        return [&, j, lanes ](std::size_t key) __attribute__((always_inline)) {
          return [ =, n = x.cols, row = x.template get<V>(key, j, lanes) ](place_index::place place)
              __attribute__((always_inline)) {
            auto product = register_row<T, V>::or_zero(g + place.sample * n + j, lanes);
            for (std::size_t v = 0; v < V; ++v) product.v[v] = product.v[v] * row.v[v];
            return product.sum();
          };
        };
      },
      [&](std::size_t at, T sum) { to[at] += sum; });
}

}  // namespace detail

/// y_b = sum_t w_bt x_(p_bt), batch x columns: what attention does with its values, without a copy of them for every
/// place.
///
/// `weights` is batch x time, the places hold numbers of vectors of x; a negative place (padding) adds nothing and its
/// weight gets no gradient. The terms of a sample are added in the order of these numbers. Throws shape_error for sizes
/// that do not fit, value_error with the place of a number that has no vector.
template <Scalar T>
[[nodiscard]] variable<T> weighted_sum_of_rows(variable<T> weights, std::type_identity_t<row_sums<T>> const& x,
                                               place_index const& index) {
  constexpr std::string_view where = "weighted_sum_of_rows";
  detail::require_index(index, x, weights.rows(), where);
  if (weights.cols() != index.shape.time)
    throw shape_error(where, "weights are " + shape_text(weights) + ", time is " + std::to_string(index.shape.time));
  tape<T>& t = weights.owner();
  std::size_t const n = x.cols();
  variable<T> const y = t.result(index.shape.batch, n, weights, x.rows);
  detail::summands<T> const rows(x);
  std::fill_n(y.data(), y.size(), T(0));
  t.executor().run(index.blocks().count(), [&](std::size_t b, std::size_t) {
    detail::weigh_places(index.block(b), static_cast<T const*>(weights.data()), rows, y.data());
  });
  t.on_backward(
      [=, &t] {
        T const *const g = y.gradient_data(), *const a = weights.data();
        if (T* const to = x.rows.zeroed_target()) {
          detail::own_columns(t, index.shape.rows(), n, [&](std::size_t first, std::size_t cols) {
            detail::weigh_samples(index.used, a, g, first, first + cols, rows, to);
          });
        }
        if (T* const to = weights.zeroed_target()) detail::dot_places(t, index, rows, g, to);
      },
      y);
  return y;
}
/// The same for rows and places that nobody else has an index of.
template <Scalar T>
[[nodiscard]] variable<T> weighted_sum_of_rows(variable<T> weights, variable<T> x, std::span<code_t const> places) {
  place_index const index =
      index_places(x.owner(), places, {weights.rows(), weights.cols()}, x.rows(), "weighted_sum_of_rows");
  return weighted_sum_of_rows(weights, row_sums<T>(x), index);
}

}  // namespace sidera::inline SIDERA_ABI
