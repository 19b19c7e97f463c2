// SPDX-License-Identifier: MIT
#pragma once
/// \file  Quantizers that train networks, as kinds of quantizers in a grid.
#include <sidera/bottlenecks/autoencoder_quantizer.hpp>
#include <sidera/bottlenecks/conditional_quantizer.hpp>
#include <sidera/experiments/quantizer_family.hpp>

namespace sidera::inline SIDERA_ABI {

/// Stands where the update rule stands, for quantizers that bring a training of their own.
struct own_training {
  static constexpr std::string_view name = "own";
};

namespace detail {

/// "levels" times "words" code words like everyone else; networks come on top of that budget. Reads the number
/// "epochs".
template <class W>
[[nodiscard]] autoencoder_quantizer<W> make_autoencoder(run_point const& p, bool residual = false) {
  return autoencoder_quantizer<W>({.levels = p.count("levels"),
                                   .words = p.count("words"),
                                   .residual = residual,
                                   .epochs = p.count("epochs"),
                                   .seed = p.seed});
}

}  // namespace detail

/// Residual words behind an encoder, learned with it.
struct rq_vae_family {
  static constexpr std::string_view name = "RQ-VAE";
  template <std::same_as<squared_euclidean> M, std::same_as<own_training> U>
  [[nodiscard]] static auto make(run_point const& p) {
    return detail::make_autoencoder<residual_words<>>(p);
  }
};
/// RQ-VAE with a learned map of all words instead of learned words.
struct sim_vq_family {
  static constexpr std::string_view name = "SimVQ";
  template <std::same_as<squared_euclidean> M, std::same_as<own_training> U>
  [[nodiscard]] static auto make(run_point const& p) {
    return detail::make_autoencoder<residual_words<linear_words>>(p);
  }
};
/// RQ-VAE that starts as residual k-means of the rows.
struct rq_kmeans_plus_family {
  static constexpr std::string_view name = "RQ-KMeans+";
  template <std::same_as<squared_euclidean> M, std::same_as<own_training> U>
  [[nodiscard]] static auto make(run_point const& p) {
    return detail::make_autoencoder<residual_words<>>(p, true);
  }
};
/// One bounded latent column per level, rounded to "words" steps.
struct fsq_family {
  static constexpr std::string_view name = "FSQ";
  template <std::same_as<squared_euclidean> M, std::same_as<own_training> U>
  [[nodiscard]] static auto make(run_point const& p) {
    return detail::make_autoencoder<scalar_words>(p);
  }
};
/// log2("words") signs per level.
struct lfq_family {
  static constexpr std::string_view name = "LFQ";
  template <std::same_as<squared_euclidean> M, std::same_as<own_training> U>
  [[nodiscard]] static auto make(run_point const& p) {
    return detail::make_autoencoder<sign_words>(p);
  }
};
/// Residual words moved by networks that see the levels before; no encoder. Reads the number "epochs".
struct conditional_family {
  static constexpr std::string_view name = "QINCo";
  template <std::same_as<squared_euclidean> M, std::same_as<own_training> U>
  [[nodiscard]] static auto make(run_point const& p) {
    return conditional_quantizer<float>(
        {.levels = p.count("levels"), .words = p.count("words"), .epochs = p.count("epochs"), .seed = p.seed});
  }
};

}  // namespace sidera::inline SIDERA_ABI
