// SPDX-License-Identifier: MIT
#pragma once
/// \file  How the latents of an autoencoder become codes: searched words that learn, even steps, or signs.
#include <bit>
#include <concepts>
#include <sidera/autodiff/ops/scale.hpp>
#include <sidera/autodiff/ops/stop_gradient.hpp>
#include <sidera/bottlenecks/bottleneck.hpp>
#include <sidera/bottlenecks/finite_scalar_layer.hpp>
#include <sidera/losses/lookup_free_entropy.hpp>
#include <sidera/losses/mse.hpp>

namespace sidera::inline SIDERA_ABI {

/// What such words are told.
struct latent_words_options {
  std::size_t levels = 3;
  std::size_t words = 256;  ///< per level
  std::size_t latent = 16;  ///< columns, where the model leaves a choice
  double commitment = 0.25;
  std::uint64_t seed = 1;
};

/// What goes on to the decoder, and what is trained beside the reconstruction.
template <Scalar T>
struct latent_output {
  variable<T> quantised;  ///< N x latent
  variable<T> loss;       ///< 1 x 1
};

/// The words between encoder and decoder.
///
/// Syntax:    `W::latent(options)`, the columns of the latents; `W::bounded`, whether they go through tanh;
///            `W::check(options)` throws value_error for options that make no sense;
///            `typename W::template state<T>`, made from a parameter store and the options, with `start(store, z,
///            executor)`, `s(z, pass)` -> latent_output<T> for latents before tanh, `words(store)` -> one matrix per
///            level, words x latent
/// Semantics: the code of level l is that of the nearest word to what the words before have left of the latents; their
///            sum is what is decoded.
/// Models:    \ref residual_words, \ref scalar_words, \ref sign_words.
template <class W>
concept LatentWords = std::copyable<W> && requires(parameters<float>& store, latent_words_options const& o,
                                                   typename W::template state<float>& s, variable<float> z) {
  { W::latent(o) } -> std::same_as<std::size_t>;
  { W::bounded } -> std::convertible_to<bool>;
  W::check(o);
  requires std::constructible_from < typename W::template state<float>, parameters<float>
  &, latent_words_options const& > ;
  { s(z, pass{}) } -> std::same_as<latent_output<float>>;
  { s.words(store) } -> std::same_as<std::vector<matrix<float>>>;
};

/// RQ-VAE's words (Lee et al., CVPR 2022; for semantic IDs Rajput et al., NeurIPS 2023), a level for what the levels
/// before have left, moved by their gradient; with \ref linear_words as the rule, SimVQ's. They start at residual
/// k-means of the first latents.
template <class Rule = learned_words>
requires(detail::is_learned<Rule>) struct residual_words {
  static constexpr std::string_view name = detail::is_mapped<Rule> ? "residual_linear_words" : "residual_words";
  static constexpr bool bounded = false;
  [[nodiscard]] static std::size_t latent(latent_words_options const& o) { return o.latent; }
  static void check(latent_words_options const&) {}

  template <Scalar T>
  class state {
   public:
    state(parameters<T>& store, latent_words_options const& o)
        : options_(o),
          layer_(store, "words",
                 {.sizes = {.words = o.words, .levels = o.levels, .dim = o.latent},
                  .reset = {.enabled = false},
                  .seed = o.seed}) {}

    void start(parameters<T>& store, matrix<T> const& z, executor_ref executor) {
      residual_quantizer<squared_euclidean, lloyd, additive_residual, kmeans_plus_plus, relocate_far, T> kmeans(
          {.levels = options_.levels, .words = options_.words, .seed = options_.seed});
      kmeans.fit(z, executor);
      layer_.start_from(store, kmeans);
    }
    [[nodiscard]] latent_output<T> operator()(variable<T> z, pass p) const {
      auto const q = layer_(z, {}, p);
      return {q.quantised, q.word_loss + options_.commitment * commitment(q.z, q.words)};
    }
    [[nodiscard]] std::vector<matrix<T>> words(parameters<T> const& store) const {
      std::vector<matrix<T>> all;
      for (std::size_t l = 0; l < options_.levels; ++l) all.push_back(layer_.words(store, l));
      return all;
    }

   private:
    latent_words_options options_;
    bottleneck<residual_quantizer<squared_euclidean, Rule, additive_residual, kmeans_plus_plus, relocate_far, T>>
        layer_;
  };
};

/// FSQ (Mentzer et al., ICLR 2024): one column per level, rounded to `words` even steps in [-1, 1] after tanh. Nothing
/// is learned and nothing is lost but the reconstruction.
struct scalar_words {
  static constexpr std::string_view name = "scalar_words";
  static constexpr bool bounded = true;
  [[nodiscard]] static std::size_t latent(latent_words_options const& o) { return o.levels; }
  static void check(latent_words_options const& o) {
    if (o.words < 2) throw value_error("scalar_words", "words is " + to_text(o.words) + ", expected at least 2");
  }

  template <Scalar T>
  class state {
   public:
    state(parameters<T>&, latent_words_options const& o) : layer_{std::vector<std::size_t>(o.levels, o.words)} {}
    void start(parameters<T>&, matrix<T> const&, executor_ref) {}
    [[nodiscard]] latent_output<T> operator()(variable<T> z, pass) const {
      return {layer_(z).quantised, z.owner().constant(T(0))};
    }
    [[nodiscard]] std::vector<matrix<T>> words(parameters<T> const&) const {
      std::vector<matrix<T>> all;
      for (std::size_t l = 0; l < layer_.levels.size(); ++l) {
        std::vector<T> const steps = tanh_cells<T>(layer_.levels[l]).words;
        matrix<T> book =
            matrix<T>::Zero(static_cast<index_t>(steps.size()), static_cast<index_t>(layer_.levels.size()));
        for (std::size_t k = 0; k < steps.size(); ++k)
          book(static_cast<index_t>(k), static_cast<index_t>(l)) = steps[k];
        all.push_back(std::move(book));
      }
      return all;
    }

   private:
    finite_scalar_layer layer_;
  };
};

/// LFQ (Yu et al., arXiv 2310.05737): the signs of log2(words) columns per level are the bits of its code, the column
/// with the lower number the lower bit. Trained with its entropy penalty, weight 0.1, and commitment.
struct sign_words {
  static constexpr std::string_view name = "sign_words";
  static constexpr bool bounded = false;
  [[nodiscard]] static std::size_t bits(latent_words_options const& o) {
    return static_cast<std::size_t>(std::countr_zero(o.words));
  }
  [[nodiscard]] static std::size_t latent(latent_words_options const& o) { return o.levels * bits(o); }
  static void check(latent_words_options const& o) {
    if (o.words < 2 || o.words > 65536 || !std::has_single_bit(o.words))
      throw value_error("sign_words", "words is " + to_text(o.words) + ", expected a power of two from 2 to 65536");
  }

  template <Scalar T>
  class state {
   public:
    state(parameters<T>&, latent_words_options const& o)
        : options_(o), layer_(finite_scalar_layer::lookup_free(latent(o))) {}
    void start(parameters<T>&, matrix<T> const&, executor_ref) {}
    [[nodiscard]] latent_output<T> operator()(variable<T> z, pass) const {
      variable<T> const q = layer_(z).quantised;
      return {q, lookup_free_entropy(z, {.group_bits = bits(options_)}) * 0.1 +
                     options_.commitment * mse(z, stop_gradient(q))};
    }
    [[nodiscard]] std::vector<matrix<T>> words(parameters<T> const&) const {
      auto const width = static_cast<index_t>(bits(options_));
      std::vector<matrix<T>> all;
      for (std::size_t l = 0; l < options_.levels; ++l) {
        matrix<T> book = matrix<T>::Zero(static_cast<index_t>(options_.words), static_cast<index_t>(latent(options_)));
        for (index_t k = 0; k < book.rows(); ++k)
          for (index_t b = 0; b < width; ++b)
            book(k, static_cast<index_t>(l) * width + b) = T((k >> b & 1) != 0 ? 1 : -1);
        all.push_back(std::move(book));
      }
      return all;
    }

   private:
    latent_words_options options_;
    finite_scalar_layer layer_;
  };
};

static_assert(LatentWords<residual_words<>> && LatentWords<scalar_words> && LatentWords<sign_words>);

}  // namespace sidera::inline SIDERA_ABI
