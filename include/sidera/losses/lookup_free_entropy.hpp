// SPDX-License-Identifier: MIT
#pragma once
#include <sidera/autodiff/ops/add.hpp>
#include <sidera/autodiff/ops/exp.hpp>
#include <sidera/autodiff/ops/log.hpp>
#include <sidera/autodiff/ops/log_softmax.hpp>
#include <sidera/autodiff/ops/matmul.hpp>
#include <sidera/autodiff/ops/mean.hpp>
#include <sidera/autodiff/ops/mul.hpp>
#include <sidera/autodiff/ops/scale.hpp>
#include <sidera/autodiff/ops/slice.hpp>
#include <sidera/autodiff/ops/sum.hpp>

namespace sidera::inline SIDERA_ABI {

struct lookup_free_entropy_options {
  double temperature = 1;      ///< of the softmax over the words; above 0
  double diversity = 1;        ///< weight of the entropy of the whole batch
  std::size_t group_bits = 8;  ///< the entropies are those of groups of so many bits, 2^group_bits words each
};

/// What keeps sign codes decided and spread: L = mean_i H(p_i) - diversity H(mean_i p_i), in nats, with p_i the softmax
/// of -|z_i - c|^2 / temperature over the words c in {-1, 1}^bits: the entropy penalty of Yu et al. (arXiv 2310.05737).
/// Small where every row is sure of its word and the batch uses all words alike.
///
/// z is N x bits, N >= 1. Bits are independent given z, so the first entropy is the sum over groups of columns exactly;
/// the second one is that sum if groups are independent over the batch, and exact where group_bits >= bits. O(N bits
/// 2^group_bits). Groups of 1 .. 16 bits.
template <Scalar T>
[[nodiscard]] variable<T> lookup_free_entropy(variable<T> z, lookup_free_entropy_options o = {}) {
  constexpr std::string_view where = "lookup_free_entropy";
  if (z.rows() == 0 || z.cols() == 0) throw shape_error(where, "z is " + shape_text(z) + ", expected at least 1 x 1");
  if (!(o.temperature > 0)) throw value_error(where, "temperature must be above 0");
  if (o.group_bits == 0 || o.group_bits > 16) throw value_error(where, "group_bits must be in 1 .. 16");
  tape<T>& t = z.owner();
  variable<T> total = t.constant(T(0));
  for (std::size_t first = 0; first < z.cols(); first += o.group_bits) {
    std::size_t const bits = std::min(o.group_bits, z.cols() - first);
    matrix<T> words(index_t{1} << bits, static_cast<index_t>(bits));
    for (index_t j = 0; j < words.rows(); ++j)
      for (index_t b = 0; b < words.cols(); ++b) words(j, b) = T((j >> b & 1) != 0 ? 1 : -1);
    // |z - c|^2 = |z|^2 - 2 z c + bits: all but 2 z c is the same for every word
    variable<T> const scores = matmul_nt(slice_columns(z, first, bits), t.constant(words)) * (2 / o.temperature);
    variable<T> const log_p = log_softmax(scores), p = exp(log_p), all = mean_over_rows(p);
    variable<T> const decided = sum(p * log_p) / -static_cast<double>(z.rows());
    total = total + (decided + o.diversity * sum(all * log(all + 1e-12)));
  }
  return total;
}

}  // namespace sidera::inline SIDERA_ABI
