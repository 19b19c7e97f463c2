// SPDX-License-Identifier: MIT
#pragma once
#include <limits>
#include <sidera/core/check.hpp>
#include <vector>

namespace sidera::inline SIDERA_ABI {

/// Several codes as one number and back: c_0 + words_0 (c_1 + words_1 (c_2 + ...)), the index of a word in the codebook
/// that the levels imply; Mentzer et al., "Finite scalar quantization" (ICLR 2024).
///
/// Throws value_error where the product of `words` does not fit a code, or a word count is 0.
class mixed_radix {
 public:
  explicit mixed_radix(std::vector<std::size_t> words) : words_(std::move(words)) {
    for (std::size_t const k : words_) {
      if (k == 0 || size_ > largest / k)
        throw value_error("mixed_radix",
                          "the product of the words per level is 0 or more than " + std::to_string(largest));
      size_ *= k;
    }
  }

  /// How many numbers there are: the product of the words.
  [[nodiscard]] std::size_t size() const noexcept { return size_; }

  /// N x 1 numbers of N x L codes; a row that lacks a code gives no_code. Throws shape_error and value_error.
  [[nodiscard]] code_matrix join(code_matrix_cref const& codes) const {
    require_columns(codes, words_.size(), "mixed_radix::join", "codes");
    code_matrix out(codes.rows(), 1);
    for (index_t i = 0; i < codes.rows(); ++i) {
      std::size_t number = 0;
      bool whole = true;
      for (std::size_t l = words_.size(); l-- > 0;) {
        code_t const c = codes(i, static_cast<index_t>(l));
        if (c >= 0) require_below(static_cast<std::size_t>(c), words_[l], i);
        whole = whole && c >= 0;
        if (whole) number = number * words_[l] + static_cast<std::size_t>(c);
      }
      out(i, 0) = whole ? static_cast<code_t>(number) : no_code;
    }
    return out;
  }

  /// N x L codes of N x 1 numbers. Throws shape_error and value_error.
  [[nodiscard]] code_matrix split(code_matrix_cref const& numbers) const {
    require_columns(numbers, 1, "mixed_radix::split", "numbers");
    code_matrix out = code_matrix::Constant(numbers.rows(), static_cast<index_t>(words_.size()), no_code);
    for (index_t i = 0; i < numbers.rows(); ++i) {
      if (numbers(i, 0) < 0) continue;
      auto left = static_cast<std::size_t>(numbers(i, 0));
      require_below(left, size_, i);
      for (std::size_t l = 0; l < words_.size(); left /= words_[l], ++l)
        out(i, static_cast<index_t>(l)) = static_cast<code_t>(left % words_[l]);
    }
    return out;
  }

 private:
  static constexpr std::size_t largest = static_cast<std::size_t>(std::numeric_limits<code_t>::max());

  static void require_below(std::size_t code, std::size_t words, index_t row) {
    if (code >= words)
      throw value_error(
          "mixed_radix",
          "row " + std::to_string(row) + " has code " + std::to_string(code) + ", there are " + std::to_string(words),
          static_cast<std::size_t>(row));
  }

  std::vector<std::size_t> words_;
  std::size_t size_ = 1;
};

}  // namespace sidera::inline SIDERA_ABI
