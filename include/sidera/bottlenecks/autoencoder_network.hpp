// SPDX-License-Identifier: MIT
#pragma once
#include <cmath>
#include <sidera/autodiff/ops/add.hpp>
#include <sidera/core/number_text.hpp>
#include <sidera/layers/mlp.hpp>

namespace sidera::inline SIDERA_ABI {

/// The sizes of an encoder and its mirror image, the decoder: one hidden layer each.
struct autoencoder_sizes {
  std::size_t columns = 0;  ///< of the rows
  std::size_t hidden = 128;
  std::size_t latent = 16;
  bool residual = false;  ///< z = x + mlp(x) and back, both of them 0 at first; latent must be columns
};

/// Encoder and decoder, with parameters "encoder.*" and "decoder.*" in a store of their own, and the scaling in front:
/// columns are centred, then all are divided by the root mean square of all entries, so that a loss of 1 is that of
/// rows replaced by their mean.
template <Scalar T>
class autoencoder_network {
 public:
  autoencoder_network(autoencoder_sizes sizes, std::uint64_t seed)
      : sizes_(sizes),
        encoder_(store, "encoder", {sizes.columns, sizes.hidden, sizes.latent}, random_stream(seed, 1)),
        decoder_(store, "decoder", {sizes.latent, sizes.hidden, sizes.columns}, random_stream(seed, 2)),
        mean_(matrix<T>::Zero(1, static_cast<index_t>(sizes.columns))) {
    if (sizes.residual && sizes.latent != sizes.columns)
      throw value_error("autoencoder_network", "a residual encoder has as many latent columns as the rows have");
    if (!sizes.residual) return;
    store.value(encoder_.last.weight).setZero();
    store.value(decoder_.last.weight).setZero();
  }

  parameters<T> store;

  [[nodiscard]] autoencoder_sizes const& sizes() const noexcept { return sizes_; }

  /// Takes mean and deviation from the rows of x; constant rows keep a deviation of 1.
  void fit_scaling(matrix_cref<T> const& x) {
    matrix<double> const wide = x.template cast<double>();
    matrix<double> const mean = wide.colwise().mean();
    double squares = 0;
    for (index_t i = 0; i < x.rows(); ++i) squares += (wide.row(i) - mean.row(0)).squaredNorm();
    double const deviation = std::sqrt(squares / static_cast<double>(x.size()));
    mean_ = mean.cast<T>();
    deviation_ = static_cast<T>(deviation) > T(0) ? static_cast<T>(deviation) : T(1);
  }
  [[nodiscard]] matrix<T> scaled(matrix_cref<T> const& x) const {
    matrix<T> out = x;
    for (index_t i = 0; i < out.rows(); ++i) out.row(i) = (out.row(i) - mean_.row(0)) / deviation_;
    return out;
  }
  [[nodiscard]] matrix<T> unscaled(matrix<T> rows) const {
    for (index_t i = 0; i < rows.rows(); ++i) rows.row(i) = rows.row(i) * deviation_ + mean_.row(0);
    return rows;
  }

  /// Of scaled rows.
  [[nodiscard]] variable<T> encode(variable<T> x, pass p = {}) const {
    return sizes_.residual ? x + encoder_(x, p) : encoder_(x, p);
  }
  /// To scaled rows.
  [[nodiscard]] variable<T> decode(variable<T> z, pass p = {}) const {
    return sizes_.residual ? z + decoder_(z, p) : decoder_(z, p);
  }

  /// Puts sizes, scaling and parameters.
  void to_fields(field_set& f) const {
    f.metadata["columns"] = to_text(sizes_.columns);
    f.metadata["hidden"] = to_text(sizes_.hidden);
    f.metadata["latent"] = to_text(sizes_.latent);
    f.metadata["residual"] = sizes_.residual ? "1" : "0";
    f.put("mean", mean_);
    f.put("deviation", std::vector<T>{deviation_});
    store.to_fields(f);
  }
  /// Throws value_error or shape_error where the fields are not those of a network.
  [[nodiscard]] static autoencoder_network from_fields(field_set const& f, std::string_view where) {
    auto const number = [&](char const* key) { return from_text<std::size_t>(f.get_text(key), where); };
    autoencoder_sizes const sizes{number("columns"), number("hidden"), number("latent"), number("residual") != 0};
    require_mlp_fields<T>(f, "encoder", {sizes.columns, sizes.hidden, sizes.latent}, where);
    autoencoder_network network(sizes, 0);
    network.mean_ = f.get_matrix<T>("mean");
    require_rows(network.mean_, 1, where, "mean");
    require_columns(network.mean_, network.sizes_.columns, where, "mean");
    auto const& deviation = f.get_vector<T>("deviation");
    if (deviation.size() != 1 || !(deviation.front() > T(0)))
      throw value_error(where, "deviation is no number above 0");
    network.deviation_ = deviation.front();
    network.store.from_fields(f);
    return network;
  }

 private:
  autoencoder_sizes sizes_;
  mlp<> encoder_, decoder_;
  matrix<T> mean_;  ///< 1 x columns
  T deviation_ = T(1);
};

}  // namespace sidera::inline SIDERA_ABI
