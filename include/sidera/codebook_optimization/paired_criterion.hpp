// SPDX-License-Identifier: MIT
#pragma once
#include <sidera/codebook_optimization/concepts.hpp>
#include <sidera/core/check.hpp>

namespace sidera::inline SIDERA_ABI {

/// Channels in which the modalities of one item move together and in which their means agree:
///   J_k = cov(a_k, b_k) - gap_weight (mean a_k - mean b_k)^2,
/// averaged over all pairs of modalities. With the default of 1/4 the second term is the variance that a pure shift
/// between two modalities adds to a codebook of both.
///
/// It needs paired features in the space of the codebook (no labels) and does not look at the words, so it survives a
/// codebook that split by modality, where \ref toc_criterion keeps exactly the wrong channels.
struct paired_criterion {
  std::vector<matrix<double>> modalities = {};  ///< two or more, N x D each; row n of all is item n
  double gap_weight = 0.25;

  template <Scalar T>
  [[nodiscard]] std::vector<double> operator()(matrix_cref<T> const& words) const {
    require_pairs(column_count(words));
    std::vector<matrix<double>> centred;
    std::vector<row_vector<double>> means;
    for (matrix<double> const& m : modalities) {
      means.emplace_back(m.colwise().mean());
      centred.emplace_back(m.rowwise() - means.back());
    }
    row_vector<double> sum = row_vector<double>::Zero(words.cols());
    for (std::size_t p = 0; p < centred.size(); ++p)
      for (std::size_t q = 0; q < p; ++q) {
        sum += centred[p].cwiseProduct(centred[q]).colwise().mean();
        sum -= gap_weight * (means[p] - means[q]).cwiseAbs2();
      }
    sum *= 2 / static_cast<double>(centred.size() * (centred.size() - 1));
    return {sum.data(), sum.data() + sum.size()};
  }

 private:
  void require_pairs(std::size_t dim) const {
    constexpr std::string_view where = "paired_criterion";
    if (modalities.size() < 2)
      throw shape_error(where, std::to_string(modalities.size()) + " modalities are given, expected at least 2");
    for (matrix<double> const& m : modalities) {
      require_not_empty(m, where, "a modality");
      require_columns(m, dim, where, "a modality");
      require_rows(m, row_count(modalities.front()), where, "a modality");
      require_finite<double>(m, where, "a modality");
    }
  }
};
static_assert(ChannelCriterion<paired_criterion>);

}  // namespace sidera::inline SIDERA_ABI
