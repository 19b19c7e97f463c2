// SPDX-License-Identifier: MIT
#pragma once
/// \file  A second look at some scores of integers of 8 bits: what the integers of the row and of the word leave, as
///        integers once more.
#include <sidera/simd/integer_panels.hpp>
#include <sidera/simd/word_rows.hpp>
#include <vector>

namespace sidera::inline SIDERA_ABI::simd {

/// Rows of fewer numbers are read as fast as what their integers leave.
inline constexpr std::size_t fewest_with_remainders = 256;

/// Rows of 8-bit integers with their remainders, as \ref quantize_rows writes them. A register behind the last integer
/// of the last row is read too.
struct finer_rows {
  std::int8_t const *integers, *remainders;
};

/// The words of \ref integer_panels of 8 bits, w_j close to t (p_j + v_j / f) with integers v_j, f = remainder_steps.
/// With a row close to s (q + r / f), the score of the panels, s t <q, p_j> + bias_j, becomes about a hundred times
/// better by the correction s t / f (<q, v_j> + <r, p_j>).
class finer_words {
 public:
  finer_words() = default;
  /// `words` are the words of `panels`.
  finer_words(integer_panels<std::int8_t> const& panels, word_rows<float> const& words)
      : dim_(words.dim()), length_(remainder_row_length<std::int8_t>(dim_)), scale_(panels.scale()) {
    usable_ = panels.usable() && dim_ <= most_entries;
    if (!usable_) return;
    std::size_t const all = words.size() * length_;
    std::fill_n(integers_.reserve(all), all, std::int8_t{0});
    std::fill_n(remainders_.reserve(all), all, std::int8_t{0});
    starts_.resize(words.size());
    std::vector<float> left(dim_);
    for (std::size_t j = 0; j < words.size(); ++j) {
      panels.word_error(j, words.direction(j), left.data());
      add_word(j, panels, words, left);
    }
  }

  /// False where sums of products may not fit 32 bits, and where `panels` are not usable.
  [[nodiscard]] bool usable() const noexcept { return usable_; }

  /// Adds its correction to scores[i], the score of pairs[i] in `panels`.
  void correct(finer_rows const& rows, std::span<row_and_word const> pairs, float* scores) const noexcept {
    constexpr std::size_t w = width<float>;
    std::size_t const row_length = integer_row_length<std::int8_t>(dim_), lanes = integer_lanes<std::int8_t>(dim_);
    for (std::size_t first = 0; first < pairs.size(); first += w) {
      std::size_t const count = std::min(w, pairs.size() - first);
      row_and_word const* const some = pairs.data() + first;
      batch<float> sums[w];
      std::fill_n(sums, w, batch<float>(0.0f));
      for (std::size_t i = 0; i < count; i += at_once) add_products_of(rows, {some, count}, i, sums + i);
      alignas(64) float joined[w];
      lane_sums<float>(sums).store_aligned(joined);
      for (std::size_t i = 0; i < count; ++i)
        scores[first + i] +=
            (joined[i] + starts_[some[i].word]) *
            (detail::scale_of(rows.integers + some[i].row * row_length, lanes) * scale_ / remainder_steps);
    }
  }

  /// How far the corrected score of a row a with |a| <= `length`, |a - s q| <= `row_error` and |a - s (q + r / f)| <=
  /// `finer_error` can be from the sum <a, w_j> + bias_j of the numbers in the panels of floats. With W the longest
  /// |w_j|, E and F the longest |w_j - t p_j| and |w_j - t (p_j + v_j / f)|:
  ///
  ///   1. In real numbers <a, w> - s t (<q, p> + (<q, v> + <r, p>) / f) = s t <r, v> / f^2 + <a - s (q + r / f), w> +
  ///      <s (q + r / f), w - t (p + v / f)>, and |s r / f| <= row_error + finer_error, |t v / f| <= E + F.
  ///   2. Integers are summed exactly, lane by lane. Lanes become floats, and they and the start are joined: at most 9
  ///      roundings of what is in all at most 2 dim 255 127, times s t / f with s <= length / 127: 19 u dim t length.
  ///   3. The score of the panels has 5 roundings, the scales of the correction 3, the last sum 1, of terms that are in
  ///      all at most |bias| + 2 (length + row_error) (W + E): 10 u of them.
  ///   4. What underflows, as in integer_panels::score_error, twice.
  [[nodiscard]] double score_error(double length, double row_error, double finer_error) const noexcept {
    double const real = (row_error + finer_error) * (error_ + finer_error_) + finer_error * word_ +
                        (length + finer_error) * finer_error_;
    double const rounded = 10 * unit * (bias_ + 2 * (length + row_error) * (word_ + error_)) +
                           19 * unit * static_cast<double>(dim_) * static_cast<double>(scale_) * length;
    return (real + rounded) * (1 + 1e-6) + 0x1p-116;
  }

 private:
  static constexpr std::size_t at_once = std::min<std::size_t>(4, width<float>);
  static constexpr std::size_t most_entries = 33'000;  ///< 2 dim 255 127 is below 2^31
  static constexpr double unit = static_cast<double>(std::numeric_limits<float>::epsilon()) / 2;

  void add_word(std::size_t j, integer_panels<std::int8_t> const& panels, word_rows<float> const& words,
                std::vector<float> const& left) {
    std::int8_t *const integers = integers_.data() + j * length_, *const remainders = remainders_.data() + j * length_;
    double const step = static_cast<double>(scale_) / static_cast<double>(remainder_steps);
    double square = 0, error = 0, finer = 0;
    std::int32_t sum = 0;
    for (std::size_t d = 0; d < dim_; ++d) {
      auto const rest = static_cast<double>(left[d]), word = static_cast<double>(words.direction(j)[d]);
      integers[d] = panels.integer(j, d);
      double const v = scale_ > 0 ? std::clamp(std::nearbyint(rest / step), -127.0, 127.0) : 0.0;
      remainders[d] = static_cast<std::int8_t>(v);
      sum += integers[d] + remainders[d];
      square += word * word;
      error += rest * rest;
      finer += (rest - step * v) * (rest - step * v);
    }
    starts_[j] = static_cast<float>(-detail::stored_offset<std::int8_t> * sum);
    // The numbers in `left` are rounded once.
    double const rounded = unit * std::sqrt(error + 1e-300);
    word_ = std::max(word_, std::sqrt(square + 1e-300));
    error_ = std::max(error_, std::sqrt(error + 1e-300) + rounded);
    finer_error_ = std::max(finer_error_, std::sqrt(finer + 1e-300) + rounded);
    bias_ = std::max(bias_, std::abs(static_cast<double>(words.bias(j))));
  }

  /// Lane-wise sums for pairs first, first + 1, ..., at_once of them; behind the last one it is repeated.
  SIDERA_ALWAYS_INLINE void add_products_of(finer_rows const& rows, std::span<row_and_word const> pairs,
                                            std::size_t first, batch<float>* sums) const noexcept {
    using entry = std::int8_t;
    constexpr std::size_t step = sizeof(detail::integer_batch);
    std::size_t const row_length = integer_row_length<entry>(dim_);
    entry const *integers[at_once], *remainders[at_once], *words[at_once], *finer[at_once];
    for (std::size_t k = 0; k < at_once; ++k) {
      row_and_word const pair = pairs[std::min(first + k, pairs.size() - 1)];
      integers[k] = rows.integers + pair.row * row_length;
      remainders[k] = rows.remainders + pair.row * length_;
      words[k] = integers_.data() + pair.word * length_;
      finer[k] = remainders_.data() + pair.word * length_;
    }
    detail::integer_batch sum[at_once];
    detail::unroll<at_once>([&](auto k) __attribute__((always_inline)) { sum[k] = detail::everywhere(0); });
    for (std::size_t d = 0; d < length_; d += step)
      detail::unroll<at_once>([&](auto k) __attribute__((always_inline)) {
        detail::integer_batch q;
        std::memcpy(&q, integers[k] + d, step);
        sum[k] = detail::add_products<entry>(sum[k], q, detail::load_integers(finer[k] + d));
        sum[k] = detail::add_products<entry>(sum[k], detail::load_integers(remainders[k] + d),
                                             detail::load_integers(words[k] + d));
      });
    detail::unroll<at_once>([&](auto k) __attribute__((always_inline)) { sums[k] = detail::as_floats(sum[k]); });
  }

  std::size_t dim_ = 0, length_ = 0;
  float scale_ = 0;
  bool usable_ = false;
  aligned_buffer<std::int8_t> integers_, remainders_;  ///< word by word, length_ of each
  std::vector<float> starts_;                          ///< less what detail::stored_offset adds to the sums
  double word_ = 0, error_ = 0, finer_error_ = 0, bias_ = 0;
};

}  // namespace sidera::inline SIDERA_ABI::simd
