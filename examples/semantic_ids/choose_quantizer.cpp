// SPDX-License-Identifier: MIT
/// \file  Names on the command line become types: each branch is one compile-time composition of policies.
#include "choose_quantizer.hpp"

#include <sidera/codebooks/random_rows.hpp>
#include <sidera/metrics/cosine.hpp>
#include <sidera/metrics/inner_product.hpp>
#include <sidera/metrics/manhattan.hpp>
#include <sidera/quantizers/optimized_rotation.hpp>
#include <sidera/quantizers/product_quantizer.hpp>
#include <sidera/update_rules/balanced.hpp>
#include <sidera/update_rules/ema.hpp>
#include <sidera/update_rules/mini_batch.hpp>

namespace program {
namespace {

/// k-means++ or random rows.
struct chosen_initialiser {
  bool random = false;

  template <sidera::Scalar T, class M>
  [[nodiscard]] sidera::codebook<T> operator()(sidera::matrix_cref<T> const& x, std::size_t words, M const& metric,
                                               sidera::initialiser_context const& context) const {
    return random ? sidera::random_rows{}(x, words, metric, context)
                  : sidera::kmeans_plus_plus{}(x, words, metric, context);
  }
};

sidera::residual_quantizer_options residual_options(settings const& s) {
  return {.levels = s.levels,
          .words_per_level = s.words_per_level(),
          .iterations = s.iterations,
          .restarts = s.restarts,
          .beam = s.beam,
          .seed = s.seed};
}

/// Codebooks of squared Euclidean distance, searched by inner product: an inner product has no centre to train towards.
class inner_product_quantizer {
  using trained_type =
      sidera::residual_quantizer<sidera::squared_euclidean, sidera::lloyd, sidera::prefix_residual, chosen_initialiser>;
  using search_type = sidera::residual_quantizer<sidera::inner_product, sidera::lloyd, sidera::prefix_residual>;

 public:
  using scalar_type = float;

  inner_product_quantizer(settings const& s, sidera::prefix_residual scheme)
      : trained_(residual_options(s), {}, {}, scheme, {s.init == "random"}),
        search_(residual_options(s), {}, {}, scheme) {}

  sidera::fit_report fit(sidera::matrix_cref<float> const& x, sidera::executor_ref executor,
                         sidera::observer const& watch) {
    sidera::fit_report report = trained_.fit(x, executor, watch);
    std::vector<sidera::residual_level<float>> levels;
    for (std::size_t l = 0; l < trained_.level_count(); ++l) levels.push_back(trained_.level(l));
    search_.set_levels(std::move(levels), trained_.dim());
    report.codes = search_.encode(x, executor);
    return report;
  }
  [[nodiscard]] sidera::code_matrix encode(sidera::matrix_cref<float> const& x, sidera::executor_ref executor) const {
    return search_.encode(x, executor);
  }
  [[nodiscard]] sidera::matrix<float> decode(sidera::code_matrix const& codes) const { return search_.decode(codes); }
  [[nodiscard]] std::size_t level_count() const { return search_.level_count(); }
  [[nodiscard]] std::size_t word_count(std::size_t level) const { return search_.word_count(level); }
  [[nodiscard]] std::size_t dim() const { return search_.dim(); }
  [[nodiscard]] bool fitted() const { return search_.fitted(); }
  [[nodiscard]] sidera::field_set fields() const { return search_.fields(); }
  void load(sidera::field_set const& f) { search_.load(f); }

 private:
  trained_type trained_;
  search_type search_;
};

template <class M, class U>
sidera::any_quantizer<float> with_scheme(settings const& s, M metric, U rule) {
  chosen_initialiser const init{s.init == "random"};
  if (s.scheme == "pq" || s.scheme == "opq") {
    sidera::product_quantizer_options const options{.subspaces = s.levels,
                                                    .words = s.words.front(),
                                                    .iterations = s.iterations,
                                                    .restarts = s.restarts,
                                                    .seed = s.seed};
    sidera::optimized_rotation rotation;
    if (s.scheme == "pq") rotation.rounds = 0;  // no rotation at all, and half the instantiations
    return sidera::product_quantizer(options, metric, rule, rotation, init);
  }
  sidera::prefix_residual const scheme{.weight = s.scheme == "psrq" ? s.prefix_weight : 0};
  return sidera::residual_quantizer(residual_options(s), metric, rule, scheme, init);
}

template <class M>
sidera::any_quantizer<float> with_rule(settings const& s, M metric) {
  using centre = typename M::representative_type;
  if constexpr (std::same_as<centre, sidera::representative::median>) {
    if (s.update != "lloyd")
      throw std::invalid_argument("--metric l1 is trained by medians: only --update lloyd goes with it");
    return with_scheme(s, metric, sidera::coordinate_median{});
  } else {
    if (s.update == "minibatch") return with_scheme(s, metric, sidera::basic_mini_batch<centre>{});
    if (s.update == "ema") return with_scheme(s, metric, sidera::basic_ema<centre>{});
    if (s.update == "balanced") return with_scheme(s, metric, sidera::basic_balanced<centre>{});
    return with_scheme(s, metric, sidera::basic_lloyd<centre>{});
  }
}

}  // namespace

sidera::any_quantizer<float> choose_quantizer(settings const& s) {
  bool const product = s.scheme == "pq" || s.scheme == "opq";
  if (product && s.beam > 1) throw std::invalid_argument("--beam goes with the residual schemes, not with " + s.scheme);
  if (product && s.words.size() > 1) throw std::invalid_argument("--words takes one number with --scheme " + s.scheme);
  if (s.metric == "ip") {
    if (product) throw std::invalid_argument("--metric ip goes with the residual schemes, not with " + s.scheme);
    if (s.update != "lloyd") throw std::invalid_argument("--metric ip is trained with --update lloyd");
    return inner_product_quantizer(s, {.weight = s.scheme == "psrq" ? s.prefix_weight : 0});
  }
  if (s.metric == "cosine") return with_rule(s, sidera::cosine{});
  if (s.metric == "l1") return with_rule(s, sidera::manhattan{});
  return with_rule(s, sidera::squared_euclidean{});
}

}  // namespace program
