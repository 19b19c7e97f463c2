// SPDX-License-Identifier: MIT
#pragma once
#include <cmath>
#include <sidera/core/fields.hpp>
#include <sidera/core/number_text.hpp>
#include <sidera/residual_schemes/concepts.hpp>

namespace sidera::inline SIDERA_ABI {

/// Search [residual ; weight * prefix] from the second level on: progressive semantic residual quantization, PSRQ
/// (arXiv 2508.20359, section 3.2). The first half of the chosen word is subtracted from the residual.
///
/// weight = 1 is the paper. weight = 0 is \ref additive_residual, bit for bit. A larger weight keeps more of the first
/// level's meaning in the later codes; it costs distortion and distinct IDs.
struct prefix_residual {
  double weight = 1;

  [[nodiscard]] std::size_t width(std::size_t dim, std::size_t level) const noexcept {
    return level == 0 || weight == 0 ? dim : 2 * dim;
  }
  [[nodiscard]] double prefix_weight() const noexcept { return weight; }

  template <Scalar T>
  void compose(std::span<T const> residual, std::span<T const> prefix, std::size_t, std::span<T> query) const {
    auto const half = std::copy(residual.begin(), residual.end(), query.begin());
    if (query.size() == residual.size()) return;
    std::transform(prefix.begin(), prefix.end(), half, [w = static_cast<T>(weight)](T p) { return w * p; });
  }

  void save(field_set& fields) const { fields.metadata["prefix_weight"] = to_text(weight); }
  void load(field_set const& fields) {
    constexpr std::string_view where = "prefix_residual::load";
    std::string const& text = fields.get_text("prefix_weight");
    auto const read = from_text<double>(text, where);
    if (!(read >= 0 && std::isfinite(read)))
      throw value_error(where, "the prefix weight is " + text + ", expected a number of at least 0");
    weight = read;
  }
};
static_assert(LinearResidualScheme<prefix_residual>);

}  // namespace sidera::inline SIDERA_ABI
