// SPDX-License-Identifier: MIT
#pragma once
#include <sidera/autodiff/ops/embedding_sum.hpp>
#include <sidera/autodiff/ops/relu.hpp>
#include <sidera/autodiff/sequence_shape.hpp>

namespace sidera::inline SIDERA_ABI {
namespace detail {

/// Which key each place of a batch of sequences uses; places without one (padding) are skipped everywhere.
struct key_places {
  std::span<code_t const> keys;  ///< batch * time row numbers; negative: no key
  sequence_shape shape;

  template <class F>
  void for_each(std::size_t first_sample, std::size_t last_sample, F const& f) const {
    for (std::size_t at = first_sample * shape.time; at < last_sample * shape.time; ++at)
      if (keys[at] >= 0) f(at, static_cast<std::size_t>(keys[at]), at / shape.time);
  }
};

inline void require_places(std::span<code_t const> places, sequence_shape shape, std::size_t rows,
                           std::string_view function) {
  if (places.size() != shape.rows())
    throw shape_error(function, "there are " + std::to_string(places.size()) + " places, expected batch " +
                                    std::to_string(shape.batch) + " x time " + std::to_string(shape.time));
  for (std::size_t i = 0; i < places.size(); ++i) require_code(places[i], rows, i, function);
}

/// Calls body(first column, columns) so that every column has one owner: sums over places keep their order.
template <Scalar T, class Body>
void own_columns(tape<T>& t, std::size_t places, std::size_t cols, Body const& body) {
  block_partition const blocks{cols, places * cols <= 8 * block_numbers ? std::max<std::size_t>(cols, 1) : 16};
  t.executor().run(blocks.count(), [&](std::size_t b, std::size_t) { body(blocks.begin(b), blocks.length(b)); });
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
  detail::require_places(places, shape, keys.rows(), where);
  using batch = simd::batch<T>;
  tape<T>& t = keys.owner();
  std::size_t const n = keys.cols();
  detail::key_places const used{t.keep(places), shape};
  variable<T> const y = t.result(shape.batch, shape.time, keys, queries, weight, bias);
  std::fill_n(y.data(), y.size(), T(0));
  detail::parallel_for(t, shape.batch, shape.time * n, [&](std::size_t begin, std::size_t end) {
    used.for_each(begin, end, [&](std::size_t at, std::size_t key, std::size_t sample) {
      T const *const k = keys.data() + key * n, *const q = queries.data() + sample * n, *const w = weight.data();
      double const sum = detail::accumulate<T>(n, [=](std::size_t i, std::size_t some) {
        return detail::load_some<T>(w + i, some) *
               f.f(detail::load_some<T>(k + i, some) + detail::load_some<T>(q + i, some));
      });
      y.data()[at] = static_cast<T>(sum) + *bias.data();
    });
  });
  t.on_backward(
      [=, &t] {
        T const* const g = y.gradient_data();
        T *const to_keys = keys.zeroed_target(), *const to_queries = queries.zeroed_target();
        T* const to_weight = weight.zeroed_target();
        detail::own_columns(t, shape.rows(), n, [&](std::size_t first, std::size_t cols) {
          used.for_each(0, shape.batch, [&](std::size_t at, std::size_t key, std::size_t sample) {
            std::size_t const k = key * n + first, q = sample * n + first;
            batch const scale(g[at]);
            auto const add_to = [](T* p, batch v, std::size_t some) {
              detail::store_some<T>(p, detail::load_some<T>(p, some) + v, some);
            };
            for (std::size_t i = 0; i < cols; i += simd::width<T>) {
              std::size_t const some = std::min(simd::width<T>, cols - i);
              batch const x =
                  detail::load_some<T>(keys.data() + k + i, some) + detail::load_some<T>(queries.data() + q + i, some);
              batch const value = f.f(x);
              batch const slope = scale * detail::load_some<T>(weight.data() + first + i, some) * f.d(x, value);
              if (to_keys != nullptr) add_to(to_keys + k + i, slope, some);
              if (to_queries != nullptr) add_to(to_queries + q + i, slope, some);
              if (to_weight != nullptr) add_to(to_weight + first + i, scale * value, some);
            }
          });
        });
        if (T* const to_bias = bias.zeroed_target())
          used.for_each(0, shape.batch, [&](std::size_t at, std::size_t, std::size_t) { *to_bias += g[at]; });
      },
      y);
  return y;
}

}  // namespace sidera::inline SIDERA_ABI
