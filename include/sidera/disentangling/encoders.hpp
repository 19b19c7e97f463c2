// SPDX-License-Identifier: MIT
#pragma once
/// \file  Recipes for encoders, and a set of encoders for several modalities.
#include <sidera/disentangling/concepts.hpp>
#include <sidera/layers/mlp.hpp>
#include <sidera/layers/transformer.hpp>

namespace sidera::inline SIDERA_ABI {

/// A multi-layer perceptron on every row. With `normalise`, features have mean 0 and length about sqrt(outputs), so
/// that their Euclidean distance and their cosine rank words alike.
struct mlp_encoder {
  std::vector<std::size_t> hidden = {128};
  bool normalise = true;
  bool rectify = false;  ///< relu at the end, as the coarse heads of FCID have
  double dropout = 0;

  struct layer {
    mlp<> body = {};
    layer_normalization norm = {};
    bool normalise = false, rectify = false;

    template <Scalar T>
    [[nodiscard]] variable<T> operator()(variable<T> x, sequence, pass p = {}) const {
      variable<T> y = body(x, p);
      if (rectify) y = relu(y);
      return normalise ? norm(y) : y;
    }
  };

  template <Scalar T>
  [[nodiscard]] layer make(parameters<T>& store, std::string const& name, std::size_t inputs, std::size_t outputs,
                           random_stream random) const {
    std::vector<std::size_t> sizes = {inputs};
    sizes.insert(sizes.end(), hidden.begin(), hidden.end());
    sizes.push_back(outputs);
    layer made{mlp<>(store, name, sizes, random, dropout), {}, normalise, rectify};
    if (normalise) made.norm = layer_normalization(store, name + ".norm", outputs);
    return made;
  }
};
static_assert(ViewEncoder<mlp_encoder>);

/// A linear layer and transformer layers: every step sees the other steps of its clip. DCID's general encoder, with
/// heads = 4, feed_forward = 1024, depth = 2 and outputs = 256.
struct sequence_encoder {
  std::size_t depth = 1, heads = 4, feed_forward = 256;
  double dropout = 0;

  struct layer {
    linear<> widen = {};
    transformer_encoder<> body = {};

    template <Scalar T>
    [[nodiscard]] variable<T> operator()(variable<T> x, sequence s, pass p = {}) const {
      return body(widen(x), s, p);
    }
  };

  template <Scalar T>
  [[nodiscard]] layer make(parameters<T>& store, std::string const& name, std::size_t inputs, std::size_t outputs,
                           random_stream random) const {
    transformer_options const options{.dim = outputs, .heads = heads, .feed_forward = feed_forward, .dropout = dropout};
    linear<> const widen(store, name + ".widen", inputs, outputs, random);
    return {widen, transformer_encoder<>(store, name + ".transformer", depth, options, random)};
  }
};
static_assert(ViewEncoder<sequence_encoder>);

/// The encoders of several modalities: modality m uses encoder `of[m]`, so that modalities can share one.
template <ViewEncoder E>
struct encoder_bank {
  std::vector<typename E::layer> layers;
  std::vector<std::size_t> of;

  encoder_bank() = default;
  /// `widths`: columns per modality. `which`: encoder per modality; empty: one each. Throws value_error when modalities
  /// of unequal widths are to share an encoder.
  template <Scalar T>
  encoder_bank(parameters<T>& store, std::string const& name, E const& recipe, std::vector<std::size_t> const& widths,
               std::size_t outputs, random_stream random, std::vector<std::size_t> which = {})
      : of(std::move(which)) {
    for (std::size_t m = of.size(); m < widths.size(); ++m) of.push_back(m);
    std::vector<std::size_t> inputs;
    for (std::size_t m = 0; m < widths.size(); ++m) {
      if (of[m] > inputs.size()) throw value_error("encoder_bank", "encoders are numbered 0, 1, ... in order of use");
      if (of[m] == inputs.size()) inputs.push_back(widths[m]);
      if (inputs[of[m]] != widths[m])
        throw value_error("encoder_bank", "modality " + std::to_string(m) + " has " + std::to_string(widths[m]) +
                                              " columns, its encoder takes " + std::to_string(inputs[of[m]]));
    }
    for (std::size_t e = 0; e < inputs.size(); ++e)
      layers.push_back(recipe.make(store, name + "." + std::to_string(e), inputs[e], outputs, random.fork(e)));
  }

  /// The features of modality m.
  template <Scalar T>
  [[nodiscard]] variable<T> operator()(std::size_t m, variable<T> x, sequence s, pass p = {}) const {
    return layers.at(of.at(m))(x, s, p);
  }
  /// The features of all modalities.
  template <Scalar T>
  [[nodiscard]] std::vector<variable<T>> all(std::vector<variable<T>> const& x, sequence s, pass p = {}) const {
    std::vector<variable<T>> features;
    for (std::size_t m = 0; m < x.size(); ++m) features.push_back((*this)(m, x[m], s, p));
    return features;
  }
};

}  // namespace sidera::inline SIDERA_ABI
