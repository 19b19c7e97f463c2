// SPDX-License-Identifier: MIT
#pragma once
/// \file  TOC on and off as an axis of a grid: in which channels a trained quantizer is searched.
#include <cmath>
#include <sidera/codebook_optimization/kept_channels.hpp>
#include <sidera/codebook_optimization/toc_criterion.hpp>
#include <sidera/experiments/run_point.hpp>
#include <sidera/quantizers/product_quantizer.hpp>
#include <sidera/quantizers/residual_quantizer.hpp>

namespace sidera::inline SIDERA_ABI {

/// In which channels the codes of a quantizer of type Q are searched.
///
/// Syntax:    `C::encode(quantizer, x, point)` -> codes, for the quantizers that it knows how to search again
/// Models:    \ref all_channels, \ref best_channels.
template <class C, class Q>
concept ChannelChoice = requires(Q const& q, matrix<float> const& x, run_point const& p) {
  { C::encode(q, x, p) } -> std::same_as<code_matrix>;
};

/// The codes of the quantizer as it is.
struct all_channels {
  static constexpr std::string_view name = "all";
  template <class Q>
  [[nodiscard]] static code_matrix encode(Q const& q, matrix<float> const& x, run_point const&) {
    return q.encode(x);
  }
};

/// Searches again in the share "keep" of the channels that the criterion scores best, chosen from the first codebook;
/// in a product quantizer from each group's own. No training, no labels.
template <ChannelCriterion C = toc_criterion>
struct best_channels {
  static constexpr std::string_view name = std::same_as<C, toc_criterion> ? "TOC" : "";

  template <class M, class U, class R, class I, class Z>
  [[nodiscard]] static code_matrix encode(residual_quantizer<M, U, R, I, Z, float> const& q, matrix<float> const& x,
                                          run_point const& p) {
    std::vector<residual_level<float>> levels;
    for (std::size_t l = 0; l < q.level_count(); ++l) levels.push_back(q.level(l));
    using metric = kept_channels<M>;
    residual_quantizer<metric, default_rule_t<metric>, R> searched(
        q.options(), metric(choose(levels.front().search.words, p), q.dim()), {}, q.scheme());
    searched.set_levels(std::move(levels), q.dim());
    return searched.encode(x);
  }

  template <class M, class U, class R, class I, class Z>
  [[nodiscard]] static code_matrix encode(product_quantizer<M, U, R, I, Z, float> const& q, matrix<float> const& x,
                                          run_point const& p) {
    matrix<float> const turned = q.rotation().size() == 0 ? x : matrix<float>(x * q.rotation());
    code_matrix codes(x.rows(), static_cast<index_t>(q.level_count()));
    index_t first = 0;
    for (std::size_t g = 0; g < q.level_count(); ++g) {
      matrix<float> const& words = q.part(g).words();
      std::vector<code_t> const found =
          requantise<float>(matrix<float>(turned.middleCols(first, words.cols())), words, choose(words, p), M{});
      for (index_t i = 0; i < codes.rows(); ++i) codes(i, static_cast<index_t>(g)) = found[static_cast<std::size_t>(i)];
      first += words.cols();
    }
    return codes;
  }

 private:
  [[nodiscard]] static channel_list choose(matrix<float> const& words, run_point const& p) {
    double const share = p.number("keep");
    if (!(share > 0 && share <= 1)) throw value_error("best_channels", "\"keep\" must be above 0 and at most 1");
    auto const kept = static_cast<std::size_t>(std::ceil(share * static_cast<double>(words.cols())));
    return select_channels(channel_scores(C{}, words), kept);
  }
};

}  // namespace sidera::inline SIDERA_ABI
