// SPDX-License-Identifier: MIT
#pragma once
/// \file  Attention over the channels and the positions of images: rows are batch (or batch * time) x positions.
#include <sidera/autodiff/ops/add.hpp>
#include <sidera/autodiff/ops/mean.hpp>
#include <sidera/autodiff/ops/mul.hpp>
#include <sidera/autodiff/ops/relu.hpp>
#include <sidera/autodiff/ops/repeat_over_time.hpp>
#include <sidera/autodiff/ops/reshape.hpp>
#include <sidera/autodiff/ops/sigmoid.hpp>
#include <sidera/autodiff/ops/softmax.hpp>
#include <sidera/autodiff/ops/tanh.hpp>
#include <sidera/autodiff/ops/weighted_sum_over_time.hpp>
#include <sidera/layers/linear.hpp>

namespace sidera::inline SIDERA_ABI {

/// Whether the gate replaces the input or is added to it.
enum class gate_use { scale, scale_and_add };

/// Squeeze and excitation: x' = x s or x + x s with s = sigmoid(W_2 relu(W_1 mean over positions x)), no biases; Hu,
/// Shen and Sun (CVPR 2018), eq. 2-4. Parameters: "name.squeeze.weight", "name.excite.weight".
struct channel_attention {
  linear<functions::relu> squeeze;
  linear<functions::sigmoid> excite;
  gate_use gate = gate_use::scale;

  channel_attention() = default;
  template <Scalar T, WeightInitializer I = xavier_uniform>
  channel_attention(parameters<T>& store, std::string const& name, std::size_t channels, std::size_t squeezed,
                    random_stream stream, gate_use use = gate_use::scale, I const& init = {})
      : squeeze(store, name + ".squeeze", channels, squeezed, stream, {}, bias_use::no, init),
        excite(store, name + ".excite", squeezed, channels, stream, {}, bias_use::no, init),
        gate(use) {}

  /// `shape.time` counts positions.
  template <Scalar T>
  [[nodiscard]] variable<T> operator()(variable<T> x, sequence_shape shape, pass = {}) const {
    variable<T> const y = x * repeat_over_time(excite(squeeze(mean_over_time(x, shape))), shape);
    return gate == gate_use::scale ? y : x + y;
  }
};

/// What the position weights are.
enum class position_weights {
  softmax,  ///< over the positions
  ones      ///< a plain sum: what a softmax over an axis of length 1 comes to, as in code released with DCID
};

/// One row per image: y = sum over positions a_p x_p, a = softmax of tanh(w . (f(W_s x_p + b_s) * f(W_m m + b_m)) + b)
/// with f = relu and m the mean over positions of the images (of x, unless others are given), or all a_p = 1.
/// Parameters below "name": self, mean, score; they have no gradient with position_weights::ones.
struct spatial_attention {
  linear<functions::relu> self, mean;
  linear<functions::tanh> score;
  position_weights weights = position_weights::softmax;

  spatial_attention() = default;
  template <Scalar T, WeightInitializer I = xavier_uniform>
  spatial_attention(parameters<T>& store, std::string const& name, std::size_t channels, std::size_t hidden,
                    random_stream stream, position_weights kind = position_weights::softmax, I const& init = {})
      : self(store, name + ".self", channels, hidden, stream, {}, bias_use::yes, init),
        mean(store, name + ".mean", channels, hidden, stream, {}, bias_use::yes, init),
        score(store, name + ".score", hidden, 1, stream, {}, bias_use::yes, init),
        weights(kind) {}

  /// The weights a, images x positions, for the means `m`, images x channels.
  template <Scalar T>
  [[nodiscard]] variable<T> position_softmax(variable<T> x, variable<T> m, sequence_shape shape) const {
    return softmax(reshape(score(self(x) * repeat_over_time(mean(m), shape)), shape.batch, shape.time));
  }
  /// images x channels; `shape.time` counts positions.
  template <Scalar T>
  [[nodiscard]] variable<T> operator()(variable<T> x, sequence_shape shape, pass p = {}) const {
    return (*this)(x, x, shape, p);
  }
  /// The same with the mean of `images` instead of that of x.
  template <Scalar T>
  [[nodiscard]] variable<T> operator()(variable<T> x, variable<T> images, sequence_shape shape, pass = {}) const {
    if (weights == position_weights::ones) return sum_over_time(x, shape);
    return weighted_sum_over_time(position_softmax(x, mean_over_time(images, shape), shape), x, shape);
  }
};

/// Channels, then positions, which are compared with the mean before the channels were weighted: the video encoder of
/// DCID. Parameters below "name": channels, positions.
struct video_attention {
  channel_attention channels;
  spatial_attention positions;

  video_attention() = default;
  template <Scalar T, WeightInitializer I = xavier_uniform>
  video_attention(parameters<T>& store, std::string const& name, std::size_t dim, std::size_t squeezed,
                  std::size_t hidden, random_stream stream, position_weights kind = position_weights::softmax,
                  I const& init = {})
      : channels(store, name + ".channels", dim, squeezed, stream, gate_use::scale_and_add, init),
        positions(store, name + ".positions", dim, hidden, stream, kind, init) {}

  /// images x dim; `shape.time` counts positions.
  template <Scalar T>
  [[nodiscard]] variable<T> operator()(variable<T> x, sequence_shape shape, pass p = {}) const {
    return positions(channels(x, shape, p), x, shape, p);
  }
};

}  // namespace sidera::inline SIDERA_ABI
