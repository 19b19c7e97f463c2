// SPDX-License-Identifier: MIT
#pragma once
#include <numeric>
#include <sidera/core/check.hpp>
#include <vector>

namespace sidera::inline SIDERA_ABI {

/// One range of integers for the codes of all levels, as the embedding table of a model wants it: code c of level l is
/// token first + words_0 + ... + words_(l-1) + c.
class offset_vocabulary {
 public:
  /// `first` leaves room for other tokens (padding, special ones, a language model's own).
  /// Throws value_error for tokens that do not fit.
  explicit offset_vocabulary(std::vector<std::size_t> words, std::size_t first = 0) : starts_{first} {
    require_room(first, 0, "first");
    for (std::size_t l = 0; l < words.size(); ++l) {
      require_room(words[l], starts_.back(), "the words of level " + std::to_string(l));
      starts_.push_back(starts_.back() + words[l]);
    }
  }

  [[nodiscard]] std::size_t levels() const noexcept { return starts_.size() - 1; }
  /// Tokens of all levels.
  [[nodiscard]] std::size_t size() const noexcept { return starts_.back() - starts_.front(); }

  /// The tokens of IDs; a missing code stays missing. Throws shape_error for another number of levels, value_error,
  /// with the row, for a code without a word.
  [[nodiscard]] code_matrix tokens(code_matrix_cref const& ids) const {
    require_columns(ids, levels(), "offset_vocabulary::tokens", "ids");
    code_matrix out(ids.rows(), ids.cols());
    for (index_t i = 0; i < ids.rows(); ++i)
      for (index_t l = 0; l < ids.cols(); ++l) {
        auto const level = static_cast<std::size_t>(l);
        code_t const code = ids(i, l);
        if (code >= 0 && static_cast<std::size_t>(code) >= starts_[level + 1] - starts_[level])
          throw value_error(
              "offset_vocabulary::tokens",
              "row " + std::to_string(i) + " has code " + std::to_string(code) + " at level " + std::to_string(l),
              static_cast<std::size_t>(i));
        out(i, l) = code < 0 ? no_code : static_cast<code_t>(starts_[level]) + code;
      }
    return out;
  }

  /// The IDs of tokens. Throws value_error, with the row, for a token that belongs to another level or to none.
  [[nodiscard]] code_matrix ids(code_matrix_cref const& tokens) const {
    require_columns(tokens, levels(), "offset_vocabulary::ids", "tokens");
    code_matrix out(tokens.rows(), tokens.cols());
    for (index_t i = 0; i < tokens.rows(); ++i)
      for (index_t l = 0; l < tokens.cols(); ++l) {
        auto const level = static_cast<std::size_t>(l);
        code_t const token = tokens(i, l);
        if (token >= 0 &&
            (static_cast<std::size_t>(token) < starts_[level] || static_cast<std::size_t>(token) >= starts_[level + 1]))
          throw value_error(
              "offset_vocabulary::ids",
              "row " + std::to_string(i) + " has token " + std::to_string(token) + " at level " + std::to_string(l),
              static_cast<std::size_t>(i));
        out(i, l) = token < 0 ? no_code : token - static_cast<code_t>(starts_[level]);
      }
    return out;
  }

 private:
  static void require_room(std::size_t wanted, std::size_t used, std::string const& what) {
    constexpr auto most = static_cast<std::size_t>(std::numeric_limits<code_t>::max());
    if (wanted > most - used)
      throw value_error("offset_vocabulary", what + ": " + std::to_string(wanted) + " tokens behind " +
                                                 std::to_string(used) + " do not fit 31 bits");
  }

  std::vector<std::size_t> starts_;
};

}  // namespace sidera::inline SIDERA_ABI
