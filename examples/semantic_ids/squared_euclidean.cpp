// SPDX-License-Identifier: MIT
/// \file  Squared Euclidean distance, and the search by inner product, which has the same training.
#include <sidera/metrics/inner_product.hpp>
#include <sidera/metrics/squared_euclidean.hpp>

#include "compositions.hpp"

namespace program {
namespace {

/// Codebooks of squared Euclidean distance, searched by inner product: an inner product has no centre to train towards.
class searched_by_inner_product {
  using trained_type =
      sidera::residual_quantizer<sidera::squared_euclidean, sidera::lloyd, sidera::prefix_residual, chosen_initialiser>;
  using search_type = sidera::residual_quantizer<sidera::inner_product, sidera::lloyd, sidera::prefix_residual>;

 public:
  using scalar_type = float;

  searched_by_inner_product(settings const& s, sidera::prefix_residual scheme)
      : trained_(residual_options(s), {}, {}, scheme, {s.init}), search_(residual_options(s), {}, {}, scheme) {}

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

}  // namespace

sidera::any_quantizer<float> squared_euclidean_quantizer(settings const& s) {
  return with_rule(s, sidera::squared_euclidean{});
}

sidera::any_quantizer<float> inner_product_quantizer(settings const& s) {
  return searched_by_inner_product(s, {.weight = s.scheme == "psrq" ? s.prefix_weight : 0});
}

}  // namespace program
