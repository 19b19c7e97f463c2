// SPDX-License-Identifier: MIT
#pragma once
/// \file  Greedy encoding and decoding with trained levels: the part of a residual quantizer that serving needs.
#include <sidera/codebooks/word_search.hpp>
#include <sidera/metrics/squared_euclidean.hpp>
#include <sidera/quantizers/greedy_tables.hpp>
#include <sidera/residual_schemes/concepts.hpp>

namespace sidera::inline SIDERA_ABI {

/// Memory that encoding reuses from block to block.
template <Scalar T>
struct residual_workspace {
  matrix<T> residual, prefix, query;
  std::vector<code_t> codes;
  word_search_workspace<T> search;
  table_workspace<T> tables;
  std::vector<index_t> unproven;
  matrix<T> unproven_rows;
  code_matrix unproven_codes;
};

/// Walks rows down the levels. All members are const and may be called from many threads, each with its own workspace.
template <Scalar T, Metric M, ResidualScheme R>
class residual_encoder {
 public:
  residual_encoder() = default;
  residual_encoder(M const& metric, R const& scheme, std::size_t dim) : metric_(metric), scheme_(scheme), dim_(dim) {}

  /// Adds the next level.
  void push_level(residual_level<T> level) {
    searches_.emplace_back(level.search.words, metric_);
    levels_.push_back(std::move(level));
    tables_ = {};
  }
  void truncate(std::size_t levels) {
    searches_.erase(searches_.begin() + static_cast<std::ptrdiff_t>(levels), searches_.end());
    levels_.resize(levels);
    tables_ = {};
  }

  [[nodiscard]] std::size_t dim() const noexcept { return dim_; }
  [[nodiscard]] std::size_t level_count() const noexcept { return levels_.size(); }
  [[nodiscard]] residual_level<T> const& level(std::size_t l) const { return levels_.at(l); }
  [[nodiscard]] word_search<T, M> const& search(std::size_t l) const { return searches_.at(l); }
  [[nodiscard]] M const& metric() const noexcept { return metric_; }
  [[nodiscard]] R const& scheme() const noexcept { return scheme_; }

  /// For encoding many rows: builds the tables of the one-product encoder and prepares the searches; to be called when
  /// all levels are there. Without it, and for metrics and schemes that it does not fit, encoding goes level by level.
  void prepare() {
    if constexpr (has_tables) tables_ = residual_tables<T>(levels_, dim_, scheme_.prefix_weight());
    if (tables_.usable() && !levels_are_faster()) return;
    for (auto& search : searches_) search.prepare_for_many_rows();
  }

  /// Not usable unless \ref prepare was called for a metric and a scheme that they fit.
  [[nodiscard]] residual_tables<T> const& tables() const noexcept { return tables_; }

  /// Rows that \ref encode goes through together; for more of them it does so again and again.
  [[nodiscard]] std::size_t rows_at_once() const {
    return tables_.usable() && !levels_are_faster() ? tables_.block_rows : residual_rows;
  }

  /// Codes of the rows of `x` in out.cols() levels. Allocates nothing once the workspace has seen a block of this size.
  void encode(matrix_cref<T> const& x, code_matrix_ref out, residual_workspace<T>& w) const {
    encode(x, out, w, [](index_t) {});
  }

  /// The same of rows first, first + 1, ... of what a caller of `function` has given, in whose name value_error is
  /// thrown for the first one that is not finite; `out` is then of no use.
  void encode_checked(matrix_cref<T> const& x, code_matrix_ref out, residual_workspace<T>& w, std::string_view function,
                      std::size_t first) const {
    auto const check = [&](index_t begin, index_t count) {
      require_finite<T>(x.middleRows(begin, count), function, "x", first + static_cast<std::size_t>(begin));
    };
    bool const by_tables = tables_.usable() && !levels_are_faster();  // of which no row that is not finite is proven
    if (!by_tables) check(0, x.rows());
    encode(x, out, w, [&](index_t unproven) { check(unproven, 1); });
  }

  /// The plain way: search, subtract, search again.
  void encode_by_levels(matrix_cref<T> const& x, code_matrix_ref out, residual_workspace<T>& w) const {
    start(x, w);
    w.codes.resize(row_count(x));
    for (index_t l = 0; l < out.cols(); ++l) {
      auto const level = static_cast<std::size_t>(l);
      compose(w.residual, w.prefix, level, w.query);
      searches_[level].nearest(w.query, w.codes, w.search);
      for (index_t i = 0; i < out.rows(); ++i) out(i, l) = w.codes[static_cast<std::size_t>(i)];
      advance(w.residual, w.prefix, w.codes, level);
    }
  }

  /// A linear scheme whose query has no prefix half at this level: see \ref ResidualScheme.
  [[nodiscard]] bool searches_residual(std::size_t level) const {
    if constexpr (LinearResidualScheme<R>)
      return scheme_.width(dim_, level) == dim_;
    else
      return false;
  }

  /// Residual = x, prefix = 0.
  static void start(matrix_cref<T> const& x, residual_workspace<T>& w) {
    w.residual = x;
    w.prefix.setZero(x.rows(), x.cols());
  }

  /// The rows that level `level` searches.
  void compose(matrix<T> const& residual, matrix<T> const& prefix, std::size_t level, matrix<T>& query) const {
    query.resize(residual.rows(), static_cast<index_t>(scheme_.width(dim_, level)));
    for (index_t i = 0; i < residual.rows(); ++i)
      scheme_.compose(std::span<T const>(row_span(residual, i)), std::span<T const>(row_span(prefix, i)), level,
                      row_span(query, i));
  }

  /// Moves what the chosen words explain from the residual to the prefix.
  void advance(matrix<T>& residual, matrix<T>& prefix, std::span<code_t const> codes, std::size_t level) const {
    for (index_t i = 0; i < residual.rows(); ++i) {
      auto const explained = levels_[level].explained.row(codes[static_cast<std::size_t>(i)]);
      residual.row(i) -= explained;
      prefix.row(i) += explained;
    }
  }

  /// The sum of the explained parts, added up in the order of the levels: the prefix that encoding saw, bit for bit.
  [[nodiscard]] matrix<T> decode(code_matrix_cref const& codes) const {
    matrix<T> out = matrix<T>::Zero(codes.rows(), static_cast<index_t>(dim_));
    for (index_t i = 0; i < codes.rows(); ++i)
      for (index_t l = 0; l < codes.cols() && codes(i, l) >= 0; ++l)
        out.row(i) += levels_[static_cast<std::size_t>(l)].explained.row(codes(i, l));
    return out;
  }

 private:
  static constexpr std::size_t residual_rows = 768;
  static constexpr bool has_tables = std::same_as<M, squared_euclidean> && LinearResidualScheme<R>;

  /// Calls check(i) for the rows that \ref encode_by_tables asks about.
  template <class Check>
  void encode(matrix_cref<T> const& x, code_matrix_ref out, residual_workspace<T>& w, Check const& check) const {
    if constexpr (has_tables) {
      if (levels_are_faster()) return encode_residuals(x, out, w);
      if (tables_.usable()) return encode_by_tables(x, out, w, check);
    }
    encode_by_levels(x, out, w);
  }

  /// Where levels search nothing but the residual, integers of 8 bits are found for it again at each level: they leave
  /// fewer words of a short residual than integers of the whole row do, which tables need. That saves less than it
  /// costs where rows are long and a matrix unit makes products cheap.
  [[nodiscard]] bool levels_are_faster() const {
    constexpr std::size_t long_rows = 640;
    if (dim_ >= long_rows && simd::matrix_unit_session::available()) return false;
    if (!std::same_as<T, float> || sizeof(simd::first_pass_entry) > 1 || !simd::first_pass_panels::pays(dim_))
      return false;
    for (std::size_t l = 0; l < level_count(); ++l)
      if (!searches_residual(l)) return false;
    return true;
  }

  /// What \ref encode_by_levels does, for queries that are residuals: some rows at a time, and nothing is copied.
  void encode_residuals(matrix_cref<T> const& x, code_matrix_ref out, residual_workspace<T>& w) const {
    if (out.cols() == 0) return;
    block_partition const blocks{row_count(x), residual_rows};
    for (std::size_t b = 0; b < blocks.count(); ++b) {
      auto const first = static_cast<index_t>(blocks.begin(b)), rows = static_cast<index_t>(blocks.length(b));
      if (w.residual.rows() < rows || w.residual.cols() != x.cols()) w.residual.resize(rows, x.cols());
      w.codes.resize(blocks.length(b));
      auto residual = w.residual.topRows(rows);
      auto const encode_level = [&](auto const& queries, index_t l) {
        searches_[static_cast<std::size_t>(l)].nearest(queries, w.codes, w.search);
        bool const last = l + 1 == out.cols();
        auto const& explained = levels_[static_cast<std::size_t>(l)].explained;
        for (index_t i = 0; i < rows; ++i) {
          code_t const code = out(first + i, l) = w.codes[static_cast<std::size_t>(i)];
          if (!last) residual.row(i) = queries.row(i) - explained.row(code);
        }
      };
      encode_level(x.middleRows(first, rows), 0);
      for (index_t l = 1; l < out.cols(); ++l) encode_level(residual, l);
    }
  }

  /// One product and tables; the rows that are not proven, which check(i) looks at first, are gathered and go the plain
  /// way together.
  template <class Check>
  void encode_by_tables(matrix_cref<T> const& x, code_matrix_ref out, residual_workspace<T>& w,
                        Check const& check) const {
    greedy_tables<T> const by_tables(tables_);
    block_partition const blocks{row_count(x), tables_.block_rows};
    for (std::size_t b = 0; b < blocks.count(); ++b) {
      auto const first = static_cast<index_t>(blocks.begin(b)), rows = static_cast<index_t>(blocks.length(b));
      auto block = out.middleRows(first, rows);
      by_tables.encode(x.middleRows(first, rows), block, w.tables, w.search.kernel, w.unproven);
      for (index_t const i : w.unproven) check(first + i);
      if (w.unproven.empty()) continue;
      auto const count = static_cast<index_t>(w.unproven.size());
      w.unproven_rows.resize(count, x.cols());
      w.unproven_codes.resize(count, out.cols());
      for (index_t k = 0; k < count; ++k)
        w.unproven_rows.row(k) = x.row(first + w.unproven[static_cast<std::size_t>(k)]);
      encode_by_levels(w.unproven_rows, w.unproven_codes, w);
      for (index_t k = 0; k < count; ++k) block.row(w.unproven[static_cast<std::size_t>(k)]) = w.unproven_codes.row(k);
    }
  }

  [[no_unique_address]] M metric_;
  [[no_unique_address]] R scheme_;
  std::size_t dim_ = 0;
  std::vector<residual_level<T>> levels_;
  std::vector<word_search<T, M>> searches_;
  residual_tables<T> tables_;
};

}  // namespace sidera::inline SIDERA_ABI
