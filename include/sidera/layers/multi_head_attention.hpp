// SPDX-License-Identifier: MIT
#pragma once
#include <cmath>
#include <sidera/autodiff/ops/batched_matmul.hpp>
#include <sidera/autodiff/ops/heads.hpp>
#include <sidera/autodiff/ops/scale.hpp>
#include <sidera/autodiff/ops/softmax.hpp>
#include <sidera/layers/linear.hpp>

namespace sidera::inline SIDERA_ABI {

/// What multi-head attention gives, and with which weights.
template <Scalar T>
struct attention_result {
  variable<T> y;        ///< batch * query time x dim
  variable<T> weights;  ///< (batch * heads * query time) x key time
};

/// Multi-head scaled dot-product attention between two batches of sequences; Vaswani et al., "Attention is all you
/// need" (NeurIPS 2017), eq. 1.
///
/// Head h has the columns h * dim / heads and on of the projections. Parameters: "name.query.weight",
/// "name.query.bias", the same of key, value and out.
struct multi_head_attention {
  linear<> query, key, value, out;
  std::size_t heads = 1;

  multi_head_attention() = default;
  /// Throws shape_error unless `heads` divides `dim`.
  template <Scalar T, WeightInitializer I = xavier_uniform>
  multi_head_attention(parameters<T>& store, std::string const& name, std::size_t dim, std::size_t head_count,
                       random_stream stream, I const& init = {})
      : heads(head_count) {
    if (heads == 0 || dim % heads != 0)
      throw shape_error("multi_head_attention",
                        std::to_string(dim) + " columns cannot be cut into " + std::to_string(heads) + " heads");
    for (auto const& [layer, part] : {std::pair{&query, ".query"}, {&key, ".key"}, {&value, ".value"}, {&out, ".out"}})
      *layer = linear<>(store, name + part, dim, dim, stream, {}, bias_use::yes, init);
  }

  /// Self-attention: every step of x attends to the valid steps of its sample. A sample without any gives the bias of
  /// `out`.
  template <Scalar T>
  [[nodiscard]] variable<T> operator()(variable<T> x, sequence s, pass = {}) const {
    return attend(x, s.shape, x, x, s).y;
  }
  /// Cross-attention: steps of `q` attend to the valid steps of `k` and `v`, which share the sequence `s`.
  template <Scalar T>
  [[nodiscard]] attention_result<T> attend(variable<T> q, sequence_shape q_shape, variable<T> k, variable<T> v,
                                           sequence s) const {
    s.require_mask("multi_head_attention");
    if (q_shape.batch != s.shape.batch)
      throw shape_error("multi_head_attention", "queries have a batch of " + std::to_string(q_shape.batch) +
                                                    ", keys one of " + std::to_string(s.shape.batch));
    std::size_t const blocks = q_shape.batch * heads;
    variable<T> const qh = split_heads(query(q), q_shape, heads);
    variable<T> const kh = split_heads(key(k), s.shape, heads), vh = split_heads(value(v), s.shape, heads);
    variable<T> const scores = scale(batched_matmul_nt(qh, kh, blocks), 1 / std::sqrt(static_cast<double>(qh.cols())));
    variable<T> const weights = s.valid.empty() ? softmax(scores) : masked_softmax(scores, s.valid);
    return {out(merge_heads(batched_matmul(weights, vh, blocks), q_shape, heads)), weights};
  }
};
static_assert(SequenceLayer<multi_head_attention>);

}  // namespace sidera::inline SIDERA_ABI
