// SPDX-License-Identifier: MIT
#pragma once
#include <sidera/autodiff/ops/add.hpp>
#include <sidera/autodiff/ops/relu.hpp>
#include <sidera/autodiff/ops/unfold.hpp>
#include <sidera/layers/linear.hpp>

namespace sidera::inline SIDERA_ABI {

/// y = f(W * x + b) with the windows of `window` (cross-correlation); rows are batch x height x width. Sequences are
/// images of height 1: {.width = kernel}. Parameters: "name.weight", (height * width * inputs) x outputs with the
/// inputs of a pixel together; "name.bias".
template <class F = functions::identity>
struct convolution {
  linear<F> pixels;
  window_shape window;

  convolution() = default;
  template <Scalar T, WeightInitializer I = xavier_uniform>
  convolution(parameters<T>& store, std::string const& name, std::size_t inputs, std::size_t outputs,
              window_shape shape, random_stream stream, F f = {}, I const& init = {})
      : pixels(store, name, shape.size() * inputs, outputs, stream, f, bias_use::yes, init), window(shape) {}

  /// The shape of the result.
  [[nodiscard]] image_shape shape(image_shape image) const { return window.positions(image); }

  template <Scalar T>
  [[nodiscard]] variable<T> operator()(variable<T> x, image_shape image, pass = {}) const {
    return pixels(unfold(x, image, window));
  }
};

/// The transposed convolution y = f(W^T * x + b): every pixel of x adds a window to y. Parameters: "name.weight",
/// inputs x (height * width * outputs) with the outputs of a pixel together; "name.bias", 1 x outputs.
template <class F = functions::identity>
struct transposed_convolution {
  parameter weight, bias;
  window_shape window;
  [[no_unique_address]] F activation;

  transposed_convolution() = default;
  template <Scalar T, WeightInitializer I = xavier_uniform>
  transposed_convolution(parameters<T>& store, std::string const& name, std::size_t inputs, std::size_t outputs,
                         window_shape shape, random_stream stream, F f = {}, I const& init = {})
      : weight(add_weight(store, name + ".weight", inputs, shape.size() * outputs, init, stream,
                          {shape.size() * inputs, outputs})),
        bias(store.add(name + ".bias", 1, outputs)),
        window(shape),
        activation(f) {}

  /// The shape of the result.
  [[nodiscard]] image_shape shape(image_shape image) const { return window.image(image); }

  template <Scalar T>
  [[nodiscard]] variable<T> operator()(variable<T> x, image_shape image, pass = {}) const {
    tape<T>& t = x.owner();
    return map(activation, fold(matmul(x, t[weight]), shape(image), window) + t[bias]);
  }
};

/// Residual blocks x + W_2 relu(W_1 relu(x)) with a 3 x 3 (or 1 x 3) and a 1 x 1 convolution, a relu behind the last
/// one; van den Oord, Vinyals and Kavukcuoglu, "Neural discrete representation learning" (NeurIPS 2017), section 4.1.
/// Parameters below "name.0", "name.1", ...
struct residual_stack {
  std::vector<std::pair<convolution<functions::relu>, convolution<>>> blocks;

  residual_stack() = default;
  /// `kernel` must keep the size of the image, for example {3, 3, 1, 1, 1, 1} or, for sequences, {1, 3, 1, 1, 0, 1}.
  template <Scalar T, WeightInitializer I = xavier_uniform>
  residual_stack(parameters<T>& store, std::string const& name, std::size_t depth, std::size_t channels,
                 std::size_t hidden, window_shape kernel, random_stream stream, I const& init = {}) {
    for (std::size_t l = 0; l < depth; ++l) {
      std::string const own = name + "." + std::to_string(l);
      blocks.emplace_back(convolution<functions::relu>(store, own + ".0", channels, hidden, kernel, stream, {}, init),
                          convolution<>(store, own + ".1", hidden, channels, window_shape{}, stream, {}, init));
    }
  }

  template <Scalar T>
  [[nodiscard]] variable<T> operator()(variable<T> x, image_shape image, pass = {}) const {
    for (auto const& [first, second] : blocks) x = x + second(first(relu(x), image), image);
    return relu(x);
  }
};

}  // namespace sidera::inline SIDERA_ABI
