// SPDX-License-Identifier: MIT
#pragma once
#include <sidera/disentangling/decouplers.hpp>
#include <sidera/disentangling/disentangling_stage.hpp>

namespace sidera::inline SIDERA_ABI {

/// One codebook moved by MM-EMA: what DCID is published with.
using mm_ema_codebook = vector_quantizer<squared_euclidean, cross_modal_ema>;

/// Sizes and recipes of \ref dcid and of what is built from it.
template <class Q, ViewEncoder G, ViewEncoder S, Decoupler D>
struct dcid_options {
  std::size_t dim = 64;           ///< of the general features and the words
  std::size_t specific_dim = 32;  ///< of the specific features
  std::size_t time = 1;           ///< steps per clip: rows are clip * time + step
  objective_options objective = {};
  G general = {};
  S specific = {};
  D decoupler = {};
  bottleneck_layout<Q> layout = {};  ///< metric, update rule and residual scheme of the codebook
};

/// The part of \ref dcid that encoding needs: a general encoder per modality.
template <ViewEncoder G>
struct dcid_network {
  static constexpr std::size_t codebooks = 1;
  encoder_bank<G> general;

  dcid_network() = default;
  template <Scalar T, class Options>
  dcid_network(parameters<T>& store, std::vector<std::size_t> const& widths, Options const& o, random_stream random)
      : general(store, "general", o.general, widths, o.dim, random.fork(1)) {}

  /// The features that each codebook searches.
  template <Scalar T>
  [[nodiscard]] std::vector<variable<T>> operator()(std::size_t m, variable<T> x, sequence s, pass p = {}) const {
    return {general(m, x, s, p)};
  }
};

/// Dual cross-modal information disentangling, DCID; Xia et al., "Achieving cross modal generalization with multimodal
/// unified representation" (NeurIPS 2023). For every modality a general encoder, whose features share one codebook, and
/// a specific encoder for what the other modalities do not know; \ref disentangling_stage has the losses.
///
/// The type spells the whole model: bottleneck quantizer, encoders, decoupler. Train it with \ref disentangling_model.
template <class Q = mm_ema_codebook, ViewEncoder G = mlp_encoder, ViewEncoder S = mlp_encoder,
          Decoupler D = club_decoupler>
class dcid {
 public:
  using quantizer_type = Q;
  using scalar_type = typename Q::scalar_type;
  using options_type = dcid_options<Q, G, S, D>;
  using network_type = dcid_network<G>;
  using stage_type = disentangling_stage<Q, D>;
  using T = scalar_type;
  static constexpr std::string_view name = "dcid";

  dcid() = default;
  dcid(parameters<T>& store, std::vector<std::size_t> const& widths, options_type const& o, random_stream random)
      : network_(store, widths, o, random),
        specific_(store, "specific", o.specific, widths, o.specific_dim, random.fork(2)) {
    stages_.emplace_back(store, "stage", widths, o.dim, o.specific_dim, o.time, o.objective, o.layout, o.decoupler,
                         random.fork(3));
  }

  /// The loss of one batch; entry m of `x` is modality m. `progress` is the share of the training that is done.
  [[nodiscard]] variable<T> loss(std::vector<variable<T>> const& x, std::vector<mask_view> const& present,
                                 sequence_shape shape, std::size_t step, bool bypass, double /*progress*/) {
    pass const p{true, step};
    return stages_.front().loss(
        {x, network_.general.all(x, {shape}, p), specific_.all(x, {shape}, p), present, shape, step, bypass});
  }

  [[nodiscard]] network_type const& network() const noexcept { return network_; }
  /// One per codebook, in the order of the network's features.
  [[nodiscard]] std::vector<stage_type>& stages() noexcept { return stages_; }
  [[nodiscard]] std::vector<stage_type> const& stages() const noexcept { return stages_; }

 private:
  network_type network_;
  encoder_bank<S> specific_;
  std::vector<stage_type> stages_;
};

}  // namespace sidera::inline SIDERA_ABI
