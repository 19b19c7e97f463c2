// SPDX-License-Identifier: MIT
#pragma once
/// \file  The words of a search row by row, for the scores of a few of them.
#include <sidera/simd/lane_mask.hpp>
#include <sidera/simd/word_panels.hpp>

namespace sidera::inline SIDERA_ABI::simd {

/// The numbers of \ref word_panels once more, word by word. Panels are read as a whole; where a first pass leaves a few
/// words of a row, these are.
template <Scalar T>
class word_rows {
 public:
  word_rows() = default;
  explicit word_rows(word_panels<T> const& panels)
      : dim_(panels.dim()), bias_(panels.words()), rows_(panels.words() * dim_) {
    std::copy_n(panels.bias(0), panels.words(), bias_.data());
    for (std::size_t j = 0; j < panels.words(); ++j)
      for (std::size_t d = 0; d < dim_; ++d) rows_.data()[j * dim_ + d] = panels.entry(j, d);
  }

  /// For word_panels::score_error: a term is a product in one of two lane-wise sums, which are joined, then their
  /// lanes, then the rest of the row and the bias.
  [[nodiscard]] std::size_t roundings() const noexcept {
    constexpr std::size_t step = 2 * width<T>;
    return 1 + dim_ / step + 1 + joined_lanes_roundings<T> + dim_ % step + 1;
  }

  /// The numbers of word j less the mean direction, and its bias: what \ref score adds up.
  [[nodiscard]] T const* direction(std::size_t j) const noexcept { return rows_.data() + j * dim_; }
  [[nodiscard]] T bias(std::size_t j) const noexcept { return bias_.data()[j]; }

  /// The score of word j for a row from which the centre of the panels is subtracted.
  [[nodiscard]] T score(T const* centred, std::size_t j) const noexcept {
    return sum_of_products([centred](std::size_t d, auto load) { return load(centred + d); }, j);
  }
  /// The same for a row as it is.
  [[nodiscard]] T score(T const* x, T const* centre, std::size_t j) const noexcept {
    return sum_of_products([x, centre](std::size_t d, auto load) { return load(x + d) - load(centre + d); }, j);
  }

 private:
  /// `centred(d, load)` is the number, or the register of numbers, at d.
  template <class Centred>
  [[nodiscard]] SIDERA_ALWAYS_INLINE T sum_of_products(Centred const& centred, std::size_t j) const noexcept {
    constexpr std::size_t w = width<T>;
    auto const batch_at = [](T const* p) __attribute__((always_inline)) {
      return load(p);
    };
    T const* const word = rows_.data() + j * dim_;
    batch<T> even(T(0)), odd(T(0));  // two sums: one multiply-add does not wait for the other
    std::size_t d = 0;
    for (; d + 2 * w <= dim_; d += 2 * w) {
      even = detail::fused_multiply_add<T>(centred(d, batch_at), load(word + d), even);
      odd = detail::fused_multiply_add<T>(centred(d + w, batch_at), load(word + d + w), odd);
    }
    T sum = joined_lanes<T>(even + odd);
    for (; d < dim_; ++d) sum += centred(d, [](T const* p) { return *p; }) * word[d];
    return bias_.data()[j] + sum;
  }

  std::size_t dim_ = 0;
  aligned_buffer<T> bias_, rows_;
};

}  // namespace sidera::inline SIDERA_ABI::simd
