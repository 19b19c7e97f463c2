// SPDX-License-Identifier: MIT
#pragma once
/// \file  The words and tables of residual encoding from one product.
#include <sidera/core/matrix.hpp>
#include <sidera/quantizers/residual_level.hpp>
#include <sidera/simd/candidates.hpp>
#include <sidera/simd/finer_words.hpp>
#include <sidera/simd/integer_panels.hpp>
#include <sidera/simd/product.hpp>
#include <sidera/simd/word_distances.hpp>
#include <vector>

namespace sidera::inline SIDERA_ABI {

/// What one level of \ref residual_tables needs: its words, packed, and what earlier codes take from their scores.
template <Scalar T>
struct level_tables {
  simd::word_panels<T> panels;
  simd::first_pass_panels first_pass;           ///< of greedy encoding
  simd::integer_panels<std::int16_t> integers;  ///< of a beam, whose scores have to be better
  simd::word_rows<T> words;                     ///< for levels with integers
  simd::finer_words finer;                      ///< for wide rows in a first pass by integers of 8 bits
  std::size_t stride = 0;                       ///< numbers per row of scores and of tables: words and padding
  std::vector<simd::aligned_buffer<T>> tables;  ///< of every earlier level m: K_m rows
  row_vector<T> carry;                          ///< what choosing a word adds to half of the query's square ...
  std::vector<matrix<T>> carry_tables;          ///< ... less what earlier codes take from that; empty: nothing
  double table_limit = 0;                       ///< no sum of table entries is larger in magnitude
  double carry_limit = 0;                       ///< nothing that is carried is larger in magnitude
  double largest_a = 0, largest_b = 0;          ///< |A_l[j]|, |B_l[j]| (moved), the largest
};

/// Builds them from trained levels; \ref residual_tables has the formulas.
template <Scalar T>
class level_tables_builder {
 public:
  /// More table entries than this (64 MiB of float) are not worth it.
  static constexpr std::size_t table_limit = std::size_t{1} << 24;

  /// Deeper codes go the plain way.
  static constexpr std::size_t most_levels = 32;

  /// False for words that explain something else than themselves, for levels behind the first some of which have a
  /// prefix half and some have none, and for tables that would be too large.
  [[nodiscard]] static bool fits(std::vector<residual_level<T>> const& levels) {
    std::size_t entries = 0, before = 0;
    for (auto const& level : levels) {
      if (level.explained != level.search.words.leftCols(level.explained.cols())) return false;
      if (before > 0 && level.search.words.cols() != levels[1].search.words.cols()) return false;
      entries += before * (level.search.size() + simd::score_chunk<T>);
      before += level.search.size();
    }
    return !levels.empty() && levels.size() <= most_levels && entries <= table_limit;
  }

  /// `origin` is subtracted from the samples, the words of the first level and the prefixes.
  level_tables_builder(row_vector<T> const& origin, double weight)
      : origin_(origin.template cast<double>()), given_origin_(origin), weight_(weight) {}

  [[nodiscard]] std::vector<level_tables<T>> build(std::vector<residual_level<T>> const& levels) const {
    std::vector<level_tables<T>> out;
    for (std::size_t l = 0; l < levels.size(); ++l) out.push_back(level(levels, l));
    if constexpr (std::is_same_v<T, float>) add_integers(out);
    return out;
  }

 private:
  /// A_l, moved by the origin at the first level.
  [[nodiscard]] matrix<double> explained(residual_level<T> const& level, std::size_t l) const {
    matrix<double> a = level.explained.template cast<double>();
    if (l == 0) a.rowwise() -= origin_;
    return a;
  }
  [[nodiscard]] bool has_prefix(residual_level<T> const& level) const {
    return level.search.words.cols() != origin_.cols();
  }
  /// weight * B_l, moved; zero where the level has no prefix half.
  [[nodiscard]] matrix<double> weighted_prefix(residual_level<T> const& level) const {
    if (!has_prefix(level)) return matrix<double>::Zero(level.explained.rows(), origin_.cols());
    matrix<double> b = level.search.words.rightCols(origin_.cols()).template cast<double>();
    return b.rowwise() - weight_ * origin_;
  }

  [[nodiscard]] level_tables<T> level(std::vector<residual_level<T>> const& levels, std::size_t l) const {
    matrix<double> const a = explained(levels[l], l), b = weighted_prefix(levels[l]);
    row_vector<double> bias(a.rows());
    for (index_t j = 0; j < a.rows(); ++j)
      bias(j) = -(a.row(j).squaredNorm() + b.row(j).squaredNorm()) / 2 - a.row(j).dot(origin_);
    level_tables<T> s;
    s.panels = simd::word_panels<T>({a.data(), static_cast<std::size_t>(a.size())},
                                    {bias.data(), static_cast<std::size_t>(bias.size())},
                                    {given_origin_.data(), static_cast<std::size_t>(given_origin_.size())});
    s.stride = (row_count(a) + simd::score_chunk<T> - 1) / simd::score_chunk<T> * simd::score_chunk<T>;
    s.largest_a = std::sqrt(a.rowwise().squaredNorm().maxCoeff());
    s.largest_b = std::sqrt(b.rowwise().squaredNorm().maxCoeff());
    matrix<double> const target = a - weight_ * b;
    for (std::size_t m = 0; m < l; ++m) {
      matrix<double> const products = simd::product_nt<double>(explained(levels[m], m), target);
      s.table_limit += products.cwiseAbs().maxCoeff();
      s.tables.push_back(padded(products, s.stride));
    }
    if (l + 1 < levels.size() && has_prefix(levels[l + 1])) add_carry(s, levels, l, a, b);
    return s;
  }

  /// From -|[r ; w p] - [a ; b]|^2 / 2 of this level to -|[r - a ; w (p + a)]|^2 / 2 of the next one's query.
  void add_carry(level_tables<T>& s, std::vector<residual_level<T>> const& levels, std::size_t l,
                 matrix<double> const& a, matrix<double> const& b) const {
    row_vector<double> const own =
        (b.rowwise().squaredNorm() - weight_ * weight_ * a.rowwise().squaredNorm()).transpose() / 2;
    s.carry = own.template cast<T>();
    s.carry_limit = own.cwiseAbs().maxCoeff();
    matrix<double> const target = weight_ * (weight_ * a + b);
    for (std::size_t m = 0; m < l; ++m) {
      matrix<double> const products = simd::product_nt<double>(explained(levels[m], m), target);
      s.carry_limit += products.cwiseAbs().maxCoeff();
      s.carry_tables.push_back(products.template cast<T>());
    }
  }

  [[nodiscard]] static simd::aligned_buffer<T> padded(matrix<double> const& rows, std::size_t stride) {
    simd::aligned_buffer<T> out(row_count(rows) * stride);
    std::fill_n(out.data(), row_count(rows) * stride, T(0));
    for (index_t i = 0; i < rows.rows(); ++i)
      for (index_t j = 0; j < rows.cols(); ++j)
        out.data()[static_cast<std::size_t>(i) * stride + static_cast<std::size_t>(j)] = static_cast<T>(rows(i, j));
    return out;
  }

  /// Integers are usable at all levels or at none.
  static void add_integers(std::vector<level_tables<T>>& levels) {
    std::size_t const dim = levels.front().panels.dim();
    bool first_pass = simd::first_pass_panels::pays(dim), integers = simd::integer_panels<std::int16_t>::pays(dim);
    for (auto& level : levels) {
      if (first_pass) level.first_pass = simd::first_pass_panels(level.panels);
      if (integers) level.integers = simd::integer_panels<std::int16_t>(level.panels);
      first_pass = first_pass && level.first_pass.usable();
      integers = integers && level.integers.usable();
    }
    for (auto& level : levels) {
      if (first_pass || integers) level.words = simd::word_rows<T>(level.panels);
      if (first_pass) simd::measure_distances(level.first_pass, level.words);
      if constexpr (sizeof(simd::first_pass_entry) == 1)
        if (first_pass && dim >= simd::fewest_with_remainders) level.finer = {level.first_pass, level.words};
      if (!first_pass) level.first_pass = {};
      if (!integers) level.integers = {};
    }
  }

  row_vector<double> origin_;
  row_vector<T> given_origin_;
  double weight_;
};

}  // namespace sidera::inline SIDERA_ABI
