// SPDX-License-Identifier: MIT
#pragma once
#include <sidera/disentangling/dcid.hpp>

namespace sidera::inline SIDERA_ABI {

/// \ref dcid_options, and what the second split adds.
template <class Q, ViewEncoder G, ViewEncoder S, Decoupler D>
struct hierarchical_dcid_options : dcid_options<Q, G, S, D> {
  objective_options second = {};
  double second_weight = 0.3;
  double second_from = 0;          ///< share of the training after which the second loss joins in; 0.6 as released
  double second_words_from = 0.3;  ///< share after which the second codebook joins in, if the second loss has
};

/// The part of \ref hierarchical_dcid that encoding needs.
template <ViewEncoder G, ViewEncoder S>
struct hierarchical_dcid_network {
  static constexpr std::size_t codebooks = 2;
  encoder_bank<G> general;
  encoder_bank<S> specific;
  encoder_bank<G> general_of_specific;

  hierarchical_dcid_network() = default;
  template <Scalar T, class Options>
  hierarchical_dcid_network(parameters<T>& store, std::vector<std::size_t> const& widths, Options const& o,
                            random_stream random)
      : general(store, "general", o.general, widths, o.dim, random.fork(1)),
        specific(store, "specific", o.specific, widths, o.specific_dim, random.fork(2)),
        general_of_specific(store, "general2", o.general, std::vector<std::size_t>(widths.size(), o.specific_dim),
                            o.dim, random.fork(3)) {}

  template <Scalar T>
  [[nodiscard]] std::vector<variable<T>> operator()(std::size_t m, variable<T> x, sequence s, pass p = {}) const {
    return {general(m, x, s, p), general_of_specific(m, specific(m, x, s, p), s, p)};
  }
};

/// Hierarchical DCID (arXiv 2403.05168 v1): what the first split calls specific is split once more, with a second
/// shared codebook for what is common in it after all. Loss: L1 + second_weight L2.
///
/// The released code waits with L2 until the first split has settled. By then nothing common is left in the specific
/// features of small data (digits): the second alignment stays at chance and views share no second word. Here L2 is
/// there from the start, and what waits is its codebook, which starts from the features as they are when it joins in.
template <class Q = mm_ema_codebook, ViewEncoder G = mlp_encoder, ViewEncoder S = mlp_encoder,
          Decoupler D = club_decoupler>
class hierarchical_dcid {
 public:
  using quantizer_type = Q;
  using scalar_type = typename Q::scalar_type;
  using options_type = hierarchical_dcid_options<Q, G, S, D>;
  using network_type = hierarchical_dcid_network<G, S>;
  using stage_type = disentangling_stage<Q, D>;
  using T = scalar_type;
  static constexpr std::string_view name = "hierarchical_dcid";

  hierarchical_dcid() = default;
  hierarchical_dcid(parameters<T>& store, std::vector<std::size_t> const& widths, options_type const& o,
                    random_stream random)
      : second_weight_(o.second_weight),
        second_from_(o.second_from),
        second_words_from_(o.second_words_from),
        network_(store, widths, o, random) {
    std::vector<std::size_t> const inner(widths.size(), o.specific_dim);
    specific_ = encoder_bank<S>(store, "specific2", o.specific, inner, o.specific_dim, random.fork(4));
    stages_.emplace_back(store, "stage", widths, o.dim, o.specific_dim, o.time, o.objective, o.layout, o.decoupler,
                         random.fork(5));
    stages_.emplace_back(store, "stage2", inner, o.dim, o.specific_dim, o.time, o.second, o.layout, o.decoupler,
                         random.fork(6));
    stages_.back().start_words_late();
  }

  /// See \ref dcid::loss.
  [[nodiscard]] variable<T> loss(std::vector<variable<T>> const& x, std::vector<mask_view> const& present,
                                 sequence_shape shape, std::size_t step, bool bypass, double progress) {
    pass const p{true, step};
    auto const rest = network_.specific.all(x, {shape}, p);
    variable<T> const first =
        stages_[0].loss({x, network_.general.all(x, {shape}, p), rest, present, shape, step, bypass});
    if (progress < second_from_) return first;
    variable<T> const second =
        stages_[1].loss({rest, network_.general_of_specific.all(rest, {shape}, p), specific_.all(rest, {shape}, p),
                         present, shape, step, bypass || progress < second_words_from_});
    return first + second_weight_ * second;
  }

  [[nodiscard]] network_type const& network() const noexcept { return network_; }
  [[nodiscard]] std::vector<stage_type>& stages() noexcept { return stages_; }
  [[nodiscard]] std::vector<stage_type> const& stages() const noexcept { return stages_; }

 private:
  double second_weight_ = 0, second_from_ = 0, second_words_from_ = 0;
  network_type network_;
  encoder_bank<S> specific_;
  std::vector<stage_type> stages_;
};

}  // namespace sidera::inline SIDERA_ABI
