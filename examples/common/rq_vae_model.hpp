// SPDX-License-Identifier: MIT
#pragma once
/// \file  RQ-VAE: an encoder, a residual quantizer, a decoder; Lee et al., "Autoregressive image generation using
/// residual quantization" (CVPR 2022); for semantic IDs Rajput et al., "Recommender systems with generative retrieval"
/// (NeurIPS 2023).
#include <sidera/bottlenecks/bottleneck.hpp>
#include <sidera/layers/mlp.hpp>
#include <sidera/losses/mse.hpp>
#include <sidera/quantizers/residual_quantizer.hpp>
#include <sidera/residual_schemes/additive.hpp>
#include <sidera/training/take_rows.hpp>

namespace program {

using sidera::matrix;
using sidera::tape;
using sidera::variable;

struct rq_vae_options {
  std::size_t hidden = 128, latent = 16;  ///< units of the hidden layers, columns of the code words
  std::size_t levels = 3, words = 64;
  double commitment = 0.25;
  std::uint64_t seed = 7;
};

class rq_vae {
 public:
  using quantizer_type =
      sidera::residual_quantizer<sidera::squared_euclidean, sidera::learned_words, sidera::additive_residual>;

  rq_vae(rq_vae_options const& s, std::size_t columns)
      : commitment_(s.commitment),
        encoder_(store, "encoder", {columns, s.hidden, s.latent}, sidera::random_stream(s.seed, 1)),
        words_(store, "words",
               {.sizes = {.words = s.words, .levels = s.levels, .dim = s.latent}, .reset = {.enabled = false}}),
        decoder_(store, "decoder", {s.latent, s.hidden, columns}, sidera::random_stream(s.seed, 2)) {}

  sidera::parameters<float> store;

  /// First words: k-means++ on what the untrained encoder makes of x.
  void start(matrix<float> const& x) { words_.start(store, latent(x)); }

  /// Reconstruction + words to latents + commitment of latents to words, each a mean over all entries.
  [[nodiscard]] variable<float> loss(variable<float> x, sidera::pass p) const {
    auto const q = words_(encoder_(x, p));
    return sidera::mse(decoder_(q.quantised, p), x) + q.word_loss + commitment_ * sidera::commitment(q.z, q.words);
  }
  [[nodiscard]] matrix<float> latent(matrix<float> const& x) const {
    tape<float> t(store);
    return encoder_(t.refer(x)).value();
  }
  /// What the decoder makes of the words.
  [[nodiscard]] matrix<float> reconstruct(matrix<float> const& x) const {
    tape<float> t(store);
    return decoder_(words_(encoder_(t.refer(x))).quantised).value();
  }
  /// The semantic IDs, by the plain quantizer that is left when training is over.
  [[nodiscard]] sidera::code_matrix encode(matrix<float> const& x, sidera::executor_ref executor) const {
    return quantizer().encode(latent(x), executor);
  }
  [[nodiscard]] quantizer_type quantizer() const { return words_.quantizer(store); }

 private:
  double commitment_;
  sidera::mlp<> encoder_;
  sidera::bottleneck<quantizer_type> words_;
  sidera::mlp<> decoder_;
};

}  // namespace program
