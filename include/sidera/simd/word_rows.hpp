// SPDX-License-Identifier: MIT
#pragma once
/// \file  The words of a search row by row, for the scores of a few of them.
#include <algorithm>
#include <sidera/simd/first_lanes.hpp>
#include <sidera/simd/lane_mask.hpp>
#include <sidera/simd/lane_sums.hpp>
#include <sidera/simd/word_panels.hpp>
#include <span>

namespace sidera::inline SIDERA_ABI::simd {

/// A row of a block and a word whose score it wants.
struct row_and_word {
  std::uint32_t row, word;
};

/// The numbers of \ref word_panels once more, word by word. Panels are read as a whole; where a first pass leaves a few
/// words of a row, these are.
template <Scalar T>
class word_rows {
 public:
  word_rows() = default;
  explicit word_rows(word_panels<T> const& panels)
      : words_(panels.words()), dim_(panels.dim()), bias_(panels.words()), rows_(panels.words() * dim_) {
    std::copy_n(panels.bias(0), panels.words(), bias_.data());
    for (std::size_t j = 0; j < panels.words(); ++j)
      for (std::size_t d = 0; d < dim_; ++d) rows_.data()[j * dim_ + d] = panels.entry(j, d);
  }

  /// For word_panels::score_error: a term is a product in a lane-wise sum, or in one of two that are joined; then come
  /// the lanes, the rest of the row and the bias.
  [[nodiscard]] std::size_t roundings() const noexcept {
    constexpr std::size_t w = width<T>;
    return std::max(1 + dim_ / (2 * w) + 1 + joined_lanes_roundings<T> + dim_ % (2 * w) + 1,
                    dim_ / w + 1 + joined_lanes_roundings<T> + 1);
  }

  [[nodiscard]] std::size_t size() const noexcept { return words_; }
  [[nodiscard]] std::size_t dim() const noexcept { return dim_; }

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
  /// scores[i] = the score of the word of pairs[i] for its row, row r at centred + r * dim. Several at a time: alone,
  /// a score is mostly waiting.
  void scores(T const* centred, std::span<row_and_word const> pairs, T* scores) const noexcept {
    constexpr std::size_t w = width<T>;
    for (std::size_t first = 0; first < pairs.size(); first += w) {
      std::size_t const count = std::min(w, pairs.size() - first);
      row_and_word const* const some = pairs.data() + first;
      batch<T> sums[w];
      std::fill_n(sums, w, batch<T>(T(0)));
      for (std::size_t i = 0; i < count; i += at_once) add_products(centred, {some, count}, i, sums + i);
      alignas(64) T joined[w];
      lane_sums<T>(sums).store_aligned(joined);
      for (std::size_t i = 0; i < count; ++i) scores[first + i] = bias(some[i].word) + joined[i];
    }
  }

 private:
  static constexpr std::size_t at_once = std::min<std::size_t>(4, width<T>);

  /// Lane-wise sums for pairs first, first + 1, ..., at_once of them; behind the last one it is repeated.
  SIDERA_ALWAYS_INLINE void add_products(T const* centred, std::span<row_and_word const> pairs, std::size_t first,
                                         batch<T>* sums) const noexcept {
    T const *rows[at_once], *words[at_once];
    for (std::size_t k = 0; k < at_once; ++k) {
      row_and_word const pair = pairs[std::min(first + k, pairs.size() - 1)];
      rows[k] = centred + pair.row * dim_;
      words[k] = direction(pair.word);
    }
    batch<T> sum[at_once];
    detail::unroll<at_once>([&](auto k) __attribute__((always_inline)) { sum[k] = batch<T>(T(0)); });
    std::size_t d = 0;
    for (; d + width<T> <= dim_; d += width<T>)
      detail::unroll<at_once>([&](auto k) __attribute__((always_inline)) {
        sum[k] = detail::fused_multiply_add<T>(load(rows[k] + d), load(words[k] + d), sum[k]);
      });
    if (std::size_t const left = dim_ - d; left > 0)
      detail::unroll<at_once>([&](auto k) __attribute__((always_inline)) {
        sum[k] = detail::fused_multiply_add<T>(load_first(rows[k] + d, left, T(0)),
                                               load_first(words[k] + d, left, T(0)), sum[k]);
      });
    detail::unroll<at_once>([&](auto k) __attribute__((always_inline)) { sums[k] = sum[k]; });
  }

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

  std::size_t words_ = 0, dim_ = 0;
  aligned_buffer<T> bias_, rows_;
};

}  // namespace sidera::inline SIDERA_ABI::simd
