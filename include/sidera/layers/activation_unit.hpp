// SPDX-License-Identifier: MIT
#pragma once
#include <sidera/autodiff/ops/additive_scores.hpp>
#include <sidera/layers/linear.hpp>

namespace sidera::inline SIDERA_ABI {

/// The feed-forward scorer of DIN: s = w . f(W [e; q] + b) + c for a place e of a history and the query q of its
/// sample; Zhou et al., "Deep Interest Network" (KDD 2018), section 4.3.
///
/// W is kept in its two halves, W [e; q] = W_1 e + W_2 q, which gives the same numbers: every key is multiplied once
/// however often it occurs in the batch, every query once per sample. Parameters: "name.key", "name.query",
/// "name.bias", "name.out.weight", "name.out.bias".
template <class F = functions::relu>
struct activation_unit {
  parameter key, query, bias, out_weight, out_bias;
  [[no_unique_address]] F activation;

  activation_unit() = default;
  template <Scalar T, WeightInitializer I = xavier_uniform>
  activation_unit(parameters<T>& store, std::string const& name, std::size_t dim, std::size_t hidden,
                  random_stream stream, F f = {}, I const& init = {})
      : key(add_weight(store, name + ".key", dim, hidden, init, stream, {2 * dim, hidden})),
        query(add_weight(store, name + ".query", dim, hidden, init, stream, {2 * dim, hidden})),
        bias(store.add(name + ".bias", 1, hidden)),
        out_weight(add_weight(store, name + ".out.weight", hidden, 1, init, stream)),
        out_bias(store.add(name + ".out.bias", 1, 1)),
        activation(f) {}

  /// Scores, batch x time; 0 at padded places. `keys` is n x dim, `places` says which key each place of the batch uses,
  /// negative for padding; `queries` is batch x dim.
  template <Scalar T>
  [[nodiscard]] variable<T> operator()(variable<T> keys, std::span<code_t const> places, variable<T> queries,
                                       std::size_t time) const {
    sequence_shape const shape{queries.rows(), time};
    return (*this)(row_sums<T>(keys), index_places(keys.owner(), places, shape, keys.rows(), "activation_unit"),
                   queries);
  }
  /// The same for keys that may share their summands, and for places that have an index.
  template <Scalar T>
  [[nodiscard]] variable<T> operator()(row_sums<T> const& keys, place_index const& places, variable<T> queries) const {
    tape<T>& t = queries.owner();
    variable<T> const q = dense(queries, t[query], t[bias]);
    return additive_scores(matmul(keys, t[key]), places, q, t[out_weight], t[out_bias], activation);
  }
};

}  // namespace sidera::inline SIDERA_ABI
