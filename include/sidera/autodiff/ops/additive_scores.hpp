// SPDX-License-Identifier: MIT
#pragma once
#include <sidera/autodiff/ops/place_kernels.hpp>
#include <sidera/autodiff/ops/relu.hpp>

namespace sidera::inline SIDERA_ABI {
namespace detail {

/// Where the gradients of \ref additive_scores go; null where nobody wants them.
template <Scalar T>
struct additive_targets {
  T *keys, *queries, *weight;
};

/// Columns `begin` .. `end` - 1 of the gradients of keys, queries and weight (n columns), from the gradient g of the
/// scores. The sums of a query and of the weight stay in registers.
template <Scalar T, class F>
void additive_scores_backward(F f, used_places used, std::size_t batch, std::size_t n, std::size_t begin,
                              std::size_t end, T const* g, T const* keys, T const* queries, T const* weight,
                              additive_targets<T> to) {
  for_registers<T>(begin, end, [&](std::size_t j, auto registers, std::size_t lanes) {
    constexpr std::size_t V = decltype(registers)::value;
    using piece = register_row<T, V>;
    piece const w = piece::of(weight + j, lanes);
    piece of_weight = piece::zero();
    for (std::size_t b = 0; b < batch; ++b) {
      piece const q = piece::of(queries + b * n + j, lanes);
      piece of_query = piece::zero();
      for (used_place const place : used.of(b)) {
        simd::batch<T> const scale(g[place.at]);
        piece slope = piece::of(keys + place.row * n + j, lanes);
        for (std::size_t v = 0; v < V; ++v) {
          simd::batch<T> const x = slope.v[v] + q.v[v], value = f.f(x);
          slope.v[v] = scale * w.v[v] * f.d(x, value);
          of_query.v[v] = of_query.v[v] + slope.v[v];
          of_weight.v[v] = of_weight.v[v] + scale * value;
        }
        if (to.keys != nullptr) slope.add_to(to.keys + place.row * n + j, lanes);
      }
      if (to.queries != nullptr) of_query.add_to(to.queries + b * n + j, lanes);
    }
    if (to.weight != nullptr) of_weight.add_to(to.weight + j, lanes);
  });
}

}  // namespace detail

/// s_bt = w . f(k_(p_bt) + q_b) + c, batch x time: the scores of additive attention (Bahdanau, Cho and Bengio, ICLR
/// 2015), which the local activation unit of DIN is too once its first layer is cut into W [e; q] = W_1 e + W_2 q.
///
/// `keys` is n x h, `queries` batch x h, `weight` h x 1, `bias` 1 x 1; `places` holds batch * time row numbers of
/// `keys`, so that a key that occurs often is projected once. A negative place (padding) has the score 0 and no
/// gradient. Throws value_error with the place of a number that has no row.
template <Scalar T, class F = functions::relu>
requires ElementwiseFunction<F, T>
[[nodiscard]] variable<T> additive_scores(variable<T> keys, std::span<code_t const> places, variable<T> queries,
                                          variable<T> weight, variable<T> bias, sequence_shape shape, F f = {}) {
  constexpr std::string_view where = "additive_scores";
  require_shapes(keys.cols() == queries.cols(), where, keys, queries, "equal columns of keys and queries");
  require_shapes(weight.rows() == keys.cols() && weight.cols() == 1, where, keys, weight, "a weight of columns x 1");
  require_shapes(bias.size() == 1, where, weight, bias, "a bias of 1 x 1");
  if (queries.rows() != shape.batch)
    throw shape_error(where, "queries are " + shape_text(queries) + ", batch is " + std::to_string(shape.batch));
  tape<T>& t = keys.owner();
  std::size_t const n = keys.cols();
  detail::used_places const used = detail::find_places(t, places, shape, keys.rows(), where);
  variable<T> const y = t.result(shape.batch, shape.time, keys, queries, weight, bias);
  std::fill_n(y.data(), y.size(), T(0));
  detail::parallel_for(t, shape.batch, shape.time * n, [&](std::size_t begin, std::size_t end) {
    for (std::size_t b = begin; b < end; ++b)
      detail::sum_over_columns<T>(
          used.of(b), n,
          [&](std::size_t j, auto registers, std::size_t lanes) {
            using piece = detail::register_row<T, decltype(registers)::value>;
            piece const q = piece::of(queries.data() + b * n + j, lanes), w = piece::or_zero(weight.data() + j, lanes);
            return [=, k = keys.data() + j](std::size_t row) {
              piece x = piece::of(k + row * n, lanes);
              for (std::size_t v = 0; v < x.size; ++v) x.v[v] = w.v[v] * f.f(x.v[v] + q.v[v]);
              return x.sum();
            };
          },
          [&](std::size_t at, T sum) { y.data()[at] = sum + *bias.data(); });
  });
  t.on_backward(
      [=, &t] {
        T const* const g = y.gradient_data();
        detail::additive_targets<T> const to{keys.zeroed_target(), queries.zeroed_target(), weight.zeroed_target()};
        detail::own_columns(t, shape.rows(), n, [&](std::size_t first, std::size_t cols) {
          detail::additive_scores_backward(f, used, shape.batch, n, first, first + cols, g, keys.data(), queries.data(),
                                           weight.data(), to);
        });
        if (T* const to_bias = bias.zeroed_target()) {
          double sum = 0;
          for (std::size_t i = 0; i < used.count(shape.batch); ++i) sum += static_cast<double>(g[used.all[i].at]);
          *to_bias += static_cast<T>(sum);
        }
      },
      y);
  return y;
}

}  // namespace sidera::inline SIDERA_ABI
