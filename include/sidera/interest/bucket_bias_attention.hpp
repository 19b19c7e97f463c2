// SPDX-License-Identifier: MIT
#pragma once
#include <cmath>
#include <sidera/autodiff/ops/add.hpp>
#include <sidera/autodiff/ops/dot_over_columns.hpp>
#include <sidera/autodiff/ops/gather_rows.hpp>
#include <sidera/autodiff/ops/repeat_over_time.hpp>
#include <sidera/autodiff/ops/reshape.hpp>
#include <sidera/autodiff/ops/scale.hpp>
#include <sidera/interest/interest_pooling.hpp>

namespace sidera::inline SIDERA_ABI {

/// h = sum_j a_j e_j with a = softmax over j of q . e_j / dim^1/2 + sum_m b_m[tier_m(target, item j)]: dot attention
/// whose logits are corrected by how similar the modalities say that target and item are.
///
/// tier_m is the tier of the cosine in modality m (\ref similarity_tiers), b_m one learned number per tier, 0 at first:
/// training starts at \ref dot_attention. After BBQRec (arXiv 2504.06636), which corrects the logits of
/// self-attention by discretised similarities and leaves the rest of the network alone. Its code is not released: that
/// the correction is this table of biases is our reading, its multiplicative form is left out, and the query here is
/// the target alone.
///
/// The features come from the tiers that the ranker is given; each interest has biases of its own. Throws value_error
/// when the ranker has no tiers. Parameter: "name.bias", (modalities * tiers) x 1.
struct bucket_bias_attention {
  struct layer {
    parameter bias;
    tier_counts counts;

    /// batch x dim. `tiers` is (batch * time) x modalities, each below counts.tiers, no_code at padding.
    template <Scalar T>
    [[nodiscard]] variable<T> operator()(variable<T> items, std::span<code_t const> places, variable<T> queries,
                                         std::size_t time, code_matrix const& tiers) const {
      constexpr std::string_view where = "bucket_bias_attention";
      sequence_shape const shape{queries.rows(), time};
      require_rows(tiers, shape.rows(), where, "tiers");
      require_columns(tiers, counts.modalities, where, "tiers");
      variable<T> const dots = dot_over_columns(gather_rows(items, places), repeat_over_time(queries, shape));
      double const width = static_cast<double>(std::max<std::size_t>(items.cols(), 1));  // no columns: finite, too
      variable<T> const logits = 1 / std::sqrt(width) * dots + embedding_sum(items.owner()[bias], tiers, counts.tiers);
      auto const valid = detail::valid_places(places);
      return weighted_sum_of_rows(softmax_weights{}(reshape(logits, shape.batch, time), mask_view(valid)), items,
                                  places);
    }
  };

  template <Scalar T>
  [[nodiscard]] layer attach(parameters<T>& store, std::string const& name, std::size_t, random_stream,
                             tier_counts counts) const {
    if (counts.all() == 0) throw value_error("bucket_bias_attention", "the ranker has no similarity tiers");
    return {store.add(name + ".bias", counts.all(), 1), counts};
  }
};
static_assert(InterestPooling<bucket_bias_attention>);

}  // namespace sidera::inline SIDERA_ABI
