// SPDX-License-Identifier: MIT
#pragma once
#include <sidera/disentangling/dcid.hpp>

namespace sidera::inline SIDERA_ABI {

/// \ref dcid_options, and what the fine stage adds. `objective` is that of the coarse stage, which has the codebook;
/// `specific` makes the specific features of both.
template <class Q, ViewEncoder G, ViewEncoder S, Decoupler D>
struct fcid_options : dcid_options<Q, G, S, D> {
  std::size_t fine_views = 2;  ///< the first ones: they share a time axis, and the weights of the coarse stage
  objective_options fine = {};
  double fine_weight = 1;
  mlp_encoder coarse = {{}, true, true, 0};  ///< general and specific heads of the coarse stage
  bool detach_targets = true;                ///< of the coarse reconstruction; false: as released
};

namespace detail {
/// The fine views share encoder 0, each other view has its own.
[[nodiscard]] inline std::vector<std::size_t> shared_by_fine(std::size_t views, std::size_t fine) {
  std::vector<std::size_t> of(views, 0);
  for (std::size_t m = fine; m < views; ++m) of[m] = m - fine + 1;
  return of;
}
}  // namespace detail

/// The part of \ref fcid that encoding needs: encoder, projector, coarse general head.
template <ViewEncoder G>
struct fcid_network {
  static constexpr std::size_t codebooks = 1;
  encoder_bank<G> general;
  encoder_bank<mlp_encoder> projector, coarse;

  fcid_network() = default;
  template <Scalar T, class Options>
  fcid_network(parameters<T>& store, std::vector<std::size_t> const& widths, Options const& o, random_stream random)
      : general(store, "general", o.general, widths, o.dim, random.fork(1)) {
    auto const of = detail::shared_by_fine(widths.size(), o.fine_views);
    std::vector<std::size_t> const inner(widths.size(), o.dim);
    projector = encoder_bank<mlp_encoder>(store, "projector", {{}, false, false, 0}, inner, o.dim, random.fork(2), of);
    coarse = encoder_bank<mlp_encoder>(store, "coarse", o.coarse, inner, o.dim, random.fork(3), of);
  }

  /// Every step by itself, as published: training saw the mean over the steps of a clip.
  template <Scalar T>
  [[nodiscard]] std::vector<variable<T>> operator()(std::size_t m, variable<T> x, sequence s, pass p = {}) const {
    return {coarse(m, projector(m, general(m, x, s, p), s, p), s, p)};
  }
};

/// Fine and coarse cross-modal information disentangling, FCID (arXiv 2403.05168 v3). Fine: views with a common time
/// axis (audio, video) are split and aligned step by step, without a codebook. Coarse: the means over time of all views
/// are split once more, aligned by InfoNCE with the views that have no fine stage (text), and share one codebook.
///
/// Needs at least one view beyond the fine ones. The weights of the coarse stage are shared by the fine views.
template <class Q = mm_ema_codebook, ViewEncoder G = mlp_encoder, ViewEncoder S = mlp_encoder,
          Decoupler D = club_decoupler>
class fcid {
 public:
  using quantizer_type = Q;
  using scalar_type = typename Q::scalar_type;
  using options_type = fcid_options<Q, G, S, D>;
  using network_type = fcid_network<G>;
  using stage_type = disentangling_stage<Q, D>;
  using T = scalar_type;
  static constexpr std::string_view name = "fcid";

  fcid() = default;
  fcid(parameters<T>& store, std::vector<std::size_t> const& widths, options_type o, random_stream random)
      : fine_views_(check(widths, o)), fine_weight_(o.fine_weight), detach_(o.detach_targets) {
    network_ = network_type(store, widths, o, random);
    std::vector<std::size_t> const fine(widths.begin(), widths.begin() + static_cast<std::ptrdiff_t>(fine_views_));
    std::vector<std::size_t> const inner(widths.size(), o.dim);
    fine_specific_ = encoder_bank<S>(store, "fine_specific", o.specific, fine, o.specific_dim, random.fork(4));
    coarse_specific_ = encoder_bank<mlp_encoder>(store, "coarse_specific", o.coarse, inner, o.specific_dim,
                                                 random.fork(5), network_.coarse.of);
    o.fine.quantise = false;
    o.objective.alignment.across = fine_views_;
    stages_.emplace_back(store, "fine", fine, o.dim, o.specific_dim, o.time, o.fine, o.layout, o.decoupler,
                         random.fork(6));
    stages_.emplace_back(store, "stage", inner, o.dim, o.specific_dim, 1, o.objective, o.layout, o.decoupler,
                         random.fork(7));
  }

  /// See \ref dcid::loss.
  [[nodiscard]] variable<T> loss(std::vector<variable<T>> const& x, std::vector<mask_view> const& present,
                                 sequence_shape shape, std::size_t step, bool bypass, double /*progress*/) {
    pass const p{true, step};
    auto const general = network_.general.all(x, {shape}, p);
    auto const n = static_cast<std::ptrdiff_t>(fine_views_);
    std::vector<variable<T>> const inputs(x.begin(), x.begin() + n);
    variable<T> const fine = stages_[0].loss({inputs,
                                              {general.begin(), general.begin() + n},
                                              fine_specific_.all(inputs, {shape}, p),
                                              {present.begin(), present.begin() + n},
                                              shape,
                                              step,
                                              bypass});
    sequence_shape const clips{shape.batch, 1};
    std::vector<variable<T>> whole, target;
    for (std::size_t m = 0; m < x.size(); ++m) {
      variable<T> const mean = shape.time == 1 ? general[m] : mean_over_time(general[m], shape);
      whole.push_back(network_.projector(m, mean, {clips}, p));
      target.push_back(detach_ ? stop_gradient(whole.back()) : whole.back());
    }
    return fine_weight_ * fine +
           stages_[1].loss({target, network_.coarse.all(whole, {clips}, p), coarse_specific_.all(whole, {clips}, p),
                            present, clips, step, bypass});
  }

  [[nodiscard]] network_type const& network() const noexcept { return network_; }
  /// The fine stage, which has no codebook, and the coarse one.
  [[nodiscard]] std::vector<stage_type>& stages() noexcept { return stages_; }
  [[nodiscard]] std::vector<stage_type> const& stages() const noexcept { return stages_; }

 private:
  static std::size_t check(std::vector<std::size_t> const& widths, options_type const& o) {
    if (o.fine_views == 0 || widths.size() <= o.fine_views)
      throw value_error("fcid", std::to_string(widths.size()) + " views with " + std::to_string(o.fine_views) +
                                    " fine ones, expected at least one of each kind");
    return o.fine_views;
  }

  std::size_t fine_views_ = 0;
  double fine_weight_ = 1;
  bool detach_ = true;
  network_type network_;
  encoder_bank<S> fine_specific_;
  encoder_bank<mlp_encoder> coarse_specific_;
  std::vector<stage_type> stages_;
};

}  // namespace sidera::inline SIDERA_ABI
