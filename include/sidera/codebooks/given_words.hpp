// SPDX-License-Identifier: MIT
#pragma once
#include <sidera/codebooks/initialiser.hpp>
#include <sidera/core/fields.hpp>
#include <vector>

namespace sidera::inline SIDERA_ABI {

/// Words, or row numbers to take them from, that the caller names: one entry per level.
struct given_words {
  std::vector<matrix<double>> words = {};       ///< per level; used where not empty
  std::vector<std::vector<index_t>> rows = {};  ///< per level: rows of that level's input

  void save(field_set& f) const {
    for (std::size_t l = 0; l < words.size(); ++l) f.put("given_words.words_" + std::to_string(l), words[l]);
    for (std::size_t l = 0; l < rows.size(); ++l)
      f.put("given_words.rows_" + std::to_string(l), std::vector<std::int64_t>(rows[l].begin(), rows[l].end()));
  }

  template <Scalar T, class M>
  [[nodiscard]] codebook<T> operator()(matrix_cref<T> const& x, std::size_t count, M const&,
                                       initialiser_context const& context) const {
    if (context.level < words.size() && words[context.level].size() != 0) {
      matrix<T> given = words[context.level].template cast<T>();
      require_columns(given, column_count(x), "given_words", "words");
      require_rows(given, count, "given_words", "words");
      return {std::move(given)};
    }
    if (context.level >= rows.size())
      throw value_error("given_words", "nothing is given for level " + std::to_string(context.level));
    return from_rows<T>(x, count, rows[context.level]);
  }

  /// The given rows of this level; none where words are given.
  [[nodiscard]] std::vector<std::size_t> sample(std::size_t count, std::size_t,
                                                initialiser_context const& context) const {
    if (context.level < words.size() && words[context.level].size() != 0) return {};
    if (context.level >= rows.size())
      throw value_error("given_words", "nothing is given for level " + std::to_string(context.level));
    for (index_t const row : rows[context.level])
      if (row < 0 || static_cast<std::size_t>(row) >= count)
        throw value_error("given_words",
                          "row " + std::to_string(row) + " is given, x has " + std::to_string(count) + " rows");
    return {rows[context.level].begin(), rows[context.level].end()};
  }
  template <Scalar T, class M>
  [[nodiscard]] codebook<T> from_sample(matrix_cref<T> const& x, std::size_t count, M const& metric,
                                        initialiser_context const& context) const {
    if (context.level < words.size() && words[context.level].size() != 0) return (*this)(x, count, metric, context);
    if (row_count(x) != count)
      throw shape_error("given_words",
                        std::to_string(x.rows()) + " rows are given for " + std::to_string(count) + " words");
    return {x};
  }

 private:
  template <Scalar T>
  [[nodiscard]] static codebook<T> from_rows(matrix_cref<T> const& x, std::size_t count,
                                             std::vector<index_t> const& chosen) {
    if (chosen.size() != count)
      throw shape_error("given_words",
                        std::to_string(chosen.size()) + " rows are given for " + std::to_string(count) + " words");
    codebook<T> book{matrix<T>(static_cast<index_t>(count), x.cols())};
    for (std::size_t j = 0; j < count; ++j) {
      if (chosen[j] < 0 || chosen[j] >= x.rows())
        throw value_error("given_words", "row " + std::to_string(chosen[j]) + " is given, x has " +
                                             std::to_string(x.rows()) + " rows");
      book.words.row(static_cast<index_t>(j)) = x.row(chosen[j]);
    }
    return book;
  }
};
static_assert(SamplingInitialiser<given_words>);

}  // namespace sidera::inline SIDERA_ABI
