// SPDX-License-Identifier: MIT
#pragma once
/// \file  How the items of a history become one vector, seen from a target.
#include <sidera/autodiff/ops/attend_rows.hpp>
#include <sidera/autodiff/ops/weighted_sum_of_rows.hpp>
#include <sidera/interest/similarity_tiers.hpp>
#include <sidera/layers/activation_unit.hpp>
#include <sidera/layers/attention_weights.hpp>
#include <sidera/layers/target_attention.hpp>

namespace sidera::inline SIDERA_ABI {

/// A pooling of embeddings alone; see \ref InterestPooling.
template <class P, class T = float>
concept PlainPooling = std::copyable<P> &&
    requires(P const p, parameters<T> store, random_stream stream, variable<T> x, std::span<code_t const> places) {
  { p.attach(store, std::string(), std::size_t{}, stream)(x, places, x, std::size_t{}) } -> std::same_as<variable<T>>;
};

/// A pooling that also sees how similar target and items are in features outside of the embeddings: `layer` takes
/// \ref similarity_tiers::of_places, (batch * time) x modalities; see \ref InterestPooling.
template <class P, class T = float>
concept TieredPooling = std::copyable<P> &&
    requires(P const p, parameters<T> store, random_stream stream, variable<T> x, std::span<code_t const> places,
             tier_counts counts, code_matrix const& tiers) {
  { p.attach(store, "", counts.all(), stream, counts)(x, places, x, counts.all(), tiers) } -> std::same_as<variable<T>>;
};

/// Attention of one query per sample to the items of its history.
///
/// Syntax:    `p.attach(store, name, dim, stream)` makes a layer;
///            `layer(items, places, queries, time)` -> batch x dim. `items` is n x dim, `places` holds batch * time row
///            numbers of `items`, negative for padding; `queries` is batch x dim.
///            A layer may also have `layer(row_sums, place_index, queries)`, with equal results but for rounding.
///            With tiers: `p.attach(store, name, dim, stream, counts)`, `layer(items, places, queries, time, tiers)`
/// Semantics: padding changes no bit, wherever it is and however long; a sample without any place gives zeros.
/// Models:    \ref din_attention, \ref dot_attention, \ref projected_attention, \ref bucket_bias_attention.
template <class P, class T = float>
concept InterestPooling = PlainPooling<P, T> || TieredPooling<P, T>;

namespace detail {

/// One flag per place, 0 for padding.
[[nodiscard]] inline std::vector<std::uint8_t> valid_places(std::span<code_t const> places) {
  std::vector<std::uint8_t> valid(places.size());
  std::transform(places.begin(), places.end(), valid.begin(), [](code_t p) { return p >= 0 ? 1 : 0; });
  return valid;
}

/// The layer of any pooling; one that looks at no tiers is not told how many there are.
template <class P, Scalar T>
[[nodiscard]] auto attach_pooling(P const& pooling, parameters<T>& store, std::string const& name, std::size_t dim,
                                  random_stream stream, [[maybe_unused]] tier_counts counts) {
  if constexpr (TieredPooling<P, T>)
    return pooling.attach(store, name, dim, stream, counts);
  else
    return pooling.attach(store, name, dim, stream);
}

/// What such a layer makes of a batch. A layer that has a use for the summands of the items and for an index of the
/// places gets these.
template <class Layer, Scalar T>
[[nodiscard]] variable<T> pool(Layer const& layer, row_sums<T> const& items, place_index const& places,
                               variable<T> queries, [[maybe_unused]] code_matrix const& tiers) {
  std::size_t const time = places.shape.time;
  if constexpr (requires { layer(items.rows, places.places, queries, time, tiers); })
    return layer(items.sums(), places.places, queries, time, tiers);
  else if constexpr (requires { layer(items, places, queries); })
    return layer(items, places, queries);
  else
    return layer(items.sums(), places.places, queries, time);
}

}  // namespace detail

/// h = sum_j a_j e_j with a = W(s), s_j = w . relu(W_1 e_j + W_2 q + b) + c; Zhou et al., "Deep Interest Network" (KDD
/// 2018). DIN keeps raw weights; sigmoid and softmax weights are the alternatives.
template <AttentionWeights W = raw_weights>
struct din_attention {
  std::size_t hidden = 0;  ///< width of the scorer; 0: that of the items
  W weights = {};

  struct layer {
    activation_unit<> scorer;
    W weights;

    template <Scalar T>
    [[nodiscard]] variable<T> operator()(row_sums<T> const& items, place_index const& places,
                                         variable<T> queries) const {
      auto const valid = detail::valid_places(places.places);
      return weighted_sum_of_rows(weights(scorer(items, places, queries), mask_view(valid)), items, places);
    }
    template <Scalar T>
    [[nodiscard]] variable<T> operator()(variable<T> items, std::span<code_t const> places, variable<T> queries,
                                         std::size_t time) const {
      sequence_shape const shape{queries.rows(), time};
      return (*this)(row_sums<T>(items), index_places(items.owner(), places, shape, items.rows(), "din_attention"),
                     queries);
    }
  };

  template <Scalar T>
  [[nodiscard]] layer attach(parameters<T>& store, std::string const& name, std::size_t dim,
                             random_stream stream) const {
    return {activation_unit<>(store, name, dim, hidden == 0 ? dim : hidden, stream), weights};
  }
};

/// h = sum_j a_j e_j with a = softmax over j of q . e_j / dim^1/2: nothing to learn.
struct dot_attention {
  struct layer {
    template <Scalar T>
    [[nodiscard]] variable<T> operator()(variable<T> items, std::span<code_t const> places, variable<T> queries,
                                         std::size_t time) const {
      return attend_rows(queries, items, places, time, 1, 1 / std::sqrt(static_cast<double>(items.cols())));
    }
  };

  template <Scalar T>
  [[nodiscard]] layer attach(parameters<T>&, std::string const&, std::size_t, random_stream) const {
    return {};
  }
};

/// Multi-head attention with learned projections, see \ref target_attention.
struct projected_attention {
  std::size_t heads = 1;

  template <Scalar T>
  [[nodiscard]] target_attention attach(parameters<T>& store, std::string const& name, std::size_t dim,
                                        random_stream stream) const {
    return {store, name, dim, heads, stream};
  }
};

static_assert(InterestPooling<din_attention<>> && InterestPooling<din_attention<softmax_weights>>);
static_assert(InterestPooling<dot_attention> && InterestPooling<projected_attention>);

}  // namespace sidera::inline SIDERA_ABI
