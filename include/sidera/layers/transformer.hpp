// SPDX-License-Identifier: MIT
#pragma once
#include <sidera/autodiff/ops/add.hpp>
#include <sidera/autodiff/ops/relu.hpp>
#include <sidera/layers/dropout_layer.hpp>
#include <sidera/layers/layer_normalization.hpp>
#include <sidera/layers/multi_head_attention.hpp>

namespace sidera::inline SIDERA_ABI {

/// Where a transformer layer normalises.
enum class norm_position {
  after,  ///< x = LN(x + f(x)), Vaswani et al. 2017
  before  ///< x = x + f(LN(x)), Xiong et al., "On layer normalization in the transformer architecture" (ICML 2020)
};

struct transformer_options {
  std::size_t dim = 256, heads = 4, feed_forward = 1024;
  norm_position norm = norm_position::after;
  double dropout = 0;  ///< behind attention, inside and behind the feed-forward part
};

/// Self-attention and a feed-forward part, each with a residual connection and layer normalisation. Padded steps are
/// computed too, but no valid step sees them. Parameters below "name": attention, feed_forward.0, feed_forward.1,
/// norm1, norm2.
template <class F = functions::relu>
struct transformer_encoder_layer {
  multi_head_attention attention;
  linear<F> widen;
  linear<> narrow;
  layer_normalization norm1, norm2;
  dropout_layer drop;
  norm_position norm = norm_position::after;

  transformer_encoder_layer() = default;
  template <Scalar T, WeightInitializer I = xavier_uniform>
  transformer_encoder_layer(parameters<T>& store, std::string const& name, transformer_options const& o,
                            random_stream stream, F f = {}, I const& init = {})
      : attention(store, name + ".attention", o.dim, o.heads, stream, init),
        widen(store, name + ".feed_forward.0", o.dim, o.feed_forward, stream, f, bias_use::yes, init),
        narrow(store, name + ".feed_forward.1", o.feed_forward, o.dim, stream, {}, bias_use::yes, init),
        norm1(store, name + ".norm1", o.dim),
        norm2(store, name + ".norm2", o.dim),
        drop{o.dropout, stream.fork(store.size())},
        norm(o.norm) {}

  template <Scalar T>
  [[nodiscard]] variable<T> operator()(variable<T> x, sequence s, pass p = {}) const {
    auto const dropped = [&](variable<T> v, std::uint64_t place) {
      return dropout_layer{drop.rate, drop.stream.fork(place)}(v, p);
    };
    auto const attend = [&](variable<T> v) { return dropped(attention(v, s), 0); };
    auto const feed = [&](variable<T> v) { return dropped(narrow(dropped(widen(v), 1)), 2); };
    if (norm == norm_position::before) {
      x = x + attend(norm1(x));
      return x + feed(norm2(x));
    }
    x = norm1(x + attend(x));
    return norm2(x + feed(x));
  }
};
static_assert(SequenceLayer<transformer_encoder_layer<>>);

/// Transformer layers one after another. Parameters below "name.0", "name.1", ...
template <class F = functions::relu>
struct transformer_encoder {
  std::vector<transformer_encoder_layer<F>> layers;

  transformer_encoder() = default;
  template <Scalar T, WeightInitializer I = xavier_uniform>
  transformer_encoder(parameters<T>& store, std::string const& name, std::size_t depth, transformer_options const& o,
                      random_stream stream, F f = {}, I const& init = {}) {
    for (std::size_t l = 0; l < depth; ++l)
      layers.emplace_back(store, name + "." + std::to_string(l), o, stream, f, init);
  }

  template <Scalar T>
  [[nodiscard]] variable<T> operator()(variable<T> x, sequence s, pass p = {}) const {
    for (auto const& layer : layers) x = layer(x, s, p);
    return x;
  }
};
static_assert(SequenceLayer<transformer_encoder<>>);

}  // namespace sidera::inline SIDERA_ABI
