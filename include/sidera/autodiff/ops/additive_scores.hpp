// SPDX-License-Identifier: MIT
#pragma once
#include <sidera/autodiff/ops/place_index.hpp>
#include <sidera/autodiff/ops/relu.hpp>

namespace sidera::inline SIDERA_ABI {
namespace detail {

/// Columns `begin` .. `end` - 1 of the gradients of keys, queries and weight, from the gradient g of the scores; null
/// targets are left out. The sums of a key and of the weight stay in registers.
template <Scalar T, class F>
void additive_scores_backward(F f, std::span<place_index::place const> used, std::size_t begin, std::size_t end,
                              T const* g, summands<T> keys, T const* queries, T const* weight, T* to_keys,
                              T* to_queries, T* to_weight) {
  std::size_t const n = keys.cols;
  for_registers<T>(
      begin, end, [&](std::size_t j, auto registers, std::size_t lanes) __attribute__((always_inline)) {
        constexpr std::size_t V = decltype(registers)::value;
        using piece = register_row<T, V>;
        piece const w = piece::of(weight + j, lanes);
        piece of_weight = piece::zero();
        T const* const q = queries + j;
        for (auto const *place = used.data(), *const last = place + used.size(); place != last;) {
          std::uint32_t const key = place->key;
          piece const k = keys.template get<V>(key, j, lanes);
          piece of_key = piece::zero();
          for (; place != last && place->key == key; ++place) {
            simd::batch<T> const scale(g[place->at]);
            std::size_t const at = place->sample * n;
            piece slope = piece::of(q + at, lanes);
            for (std::size_t v = 0; v < V; ++v) {
              simd::batch<T> const x = k.v[v] + slope.v[v], value = f.f(x);
              slope.v[v] = scale * w.v[v] * f.d(x, value);
              of_key.v[v] = of_key.v[v] + slope.v[v];
              of_weight.v[v] = of_weight.v[v] + scale * value;
            }
            if (to_queries != nullptr) slope.add_to(to_queries + at + j, lanes);
          }
          keys.add(to_keys, key, j, lanes, of_key);
        }
        if (to_weight != nullptr) of_weight.add_to(to_weight + j, lanes);
      });
}

}  // namespace detail

/// s_bt = w . f(k_(p_bt) + q_b) + c, batch x time: the scores of additive attention (Bahdanau, Cho and Bengio, ICLR
/// 2015), which the local activation unit of DIN is too once its first layer is cut into W [e; q] = W_1 e + W_2 q.
///
/// `keys` are n vectors of h columns, `queries` batch x h, `weight` h x 1, `bias` 1 x 1; the places hold numbers of
/// keys, so that a key that occurs often is projected once. A negative place (padding) has the score 0 and no
/// gradient. Throws shape_error for sizes that do not fit, value_error with the place of a number that has no key.
template <Scalar T, class F = functions::relu>
requires ElementwiseFunction<F, T>
[[nodiscard]] variable<T> additive_scores(row_sums<T> const& keys, place_index const& index,
                                          std::type_identity_t<variable<T>> queries,
                                          std::type_identity_t<variable<T>> weight,
                                          std::type_identity_t<variable<T>> bias, F f = {}) {
  constexpr std::string_view where = "additive_scores";
  require_shapes(keys.cols() == queries.cols(), where, keys.rows, queries, "equal columns of keys and queries");
  require_shapes(weight.rows() == keys.cols() && weight.cols() == 1, where, keys.rows, weight,
                 "a weight of columns x 1");
  require_shapes(bias.size() == 1, where, weight, bias, "a bias of 1 x 1");
  detail::require_index(index, keys, queries.rows(), where);
  tape<T>& t = queries.owner();
  std::size_t const n = keys.cols();
  variable<T> const y = t.result(index.shape.batch, index.shape.time, keys.rows, queries, weight, bias);
  std::fill_n(y.data(), y.size(), T(0));
  detail::summands<T> const k(keys);
  detail::sum_over_columns(
      t, index, n,
      [&](std::size_t j, auto registers, std::size_t lanes) __attribute__((always_inline)) {
        constexpr std::size_t V = decltype(registers)::value;
        using piece = detail::register_row<T, V>;
        return [&, j, lanes, w = piece::or_zero(weight.data() + j, lanes) ](std::size_t key)
            __attribute__((always_inline)) {
          return [ =, &w, q = queries.data() + j, vector = k.template get<V>(key, j, lanes) ](place_index::place place)
              __attribute__((always_inline)) {
            piece x = piece::of(q + place.sample * n, lanes);
            for (std::size_t v = 0; v < V; ++v) x.v[v] = w.v[v] * f.f(vector.v[v] + x.v[v]);
            return x.sum();
          };
        };
      },
      [&](std::size_t at, T sum) { y.data()[at] = sum + *bias.data(); });
  t.on_backward(
      [=, &t] {
        T const* const g = y.gradient_data();
        T *const to_keys = keys.rows.zeroed_target(), *const to_queries = queries.zeroed_target(),
                 *const to_weight = weight.zeroed_target();
        detail::own_columns(t, index.shape.rows(), n, [&](std::size_t first, std::size_t cols) {
          detail::additive_scores_backward<T>(f, index.used, first, first + cols, g, k, queries.data(), weight.data(),
                                              to_keys, to_queries, to_weight);
        });
        if (T* const to_bias = bias.zeroed_target()) {
          double sum = 0;
          for (place_index::place const place : index.used) sum += static_cast<double>(g[place.at]);
          *to_bias += static_cast<T>(sum);
        }
      },
      y);
  return y;
}
/// The same for keys and places that nobody else has an index of.
template <Scalar T, class F = functions::relu>
requires ElementwiseFunction<F, T>
[[nodiscard]] variable<T> additive_scores(variable<T> keys, std::span<code_t const> places, variable<T> queries,
                                          variable<T> weight, variable<T> bias, sequence_shape shape, F f = {}) {
  place_index const index = index_places(keys.owner(), places, shape, keys.rows(), "additive_scores");
  return additive_scores(row_sums<T>(keys), index, queries, weight, bias, f);
}

}  // namespace sidera::inline SIDERA_ABI
