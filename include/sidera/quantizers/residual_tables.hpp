// SPDX-License-Identifier: MIT
#pragma once
/// \file  Residual encoding from one product, greedy and for a beam.
#include <sidera/core/matrix.hpp>
#include <sidera/quantizers/residual_level.hpp>
#include <sidera/simd/exact_sum.hpp>
#include <sidera/simd/nearest.hpp>
#include <sidera/simd/product.hpp>
#include <vector>

namespace sidera::inline SIDERA_ABI {

/// Memory of one worker.
template <Scalar T>
struct table_workspace {
  simd::running_best<T> best;
  std::vector<T const*> tables;
};

/// Scores of all levels from the sample itself, for squared Euclidean distance and queries [residual ; weight *
/// prefix].
///
/// With words [A_l ; weight B_l] and prefix p = sum_{m<l} A_m[i_m], the nearest word of level l is the one with the
/// largest
///   <x, A_l[j]> - n_l[j] / 2 - sum_{m<l} <A_m[i_m], A_l[j] - weight^2 B_l[j]>,  n_l = |A_l|^2 + weight^2 |B_l|^2:
/// one product with the stacked words, then one table row per earlier level. PSRQ costs as much as RQ. The distances do
/// not change when x, A_1 and the B_l are moved by one point, here the mean of A_1, so data far away do not cancel.
///
/// A code counts as proven when its score leads by more than all roundings together, here and in the plain encoder;
/// the caller encodes the other rows level by level. So both ways give the same codes, always.
template <Scalar T>
class residual_tables {
 public:
  /// More table entries than this (64 MiB of float) are not worth it.
  static constexpr std::size_t table_limit = std::size_t{1} << 24;

  /// Deeper codes go the plain way.
  static constexpr std::size_t most_levels = 32;

  residual_tables() = default;
  residual_tables(std::vector<residual_level<T>> const& levels, std::size_t dim, double weight)
      : dim_(static_cast<index_t>(dim)), weight_(static_cast<double>(static_cast<T>(weight))) {
    if (!fits(levels)) return;
    row_vector<double> const origin = levels.front().explained.template cast<double>().colwise().mean();
    origin_ = origin.template cast<T>();
    weighted_origin_ = weight_ * origin_.template cast<double>();
    for (std::size_t l = 0; l < levels.size(); ++l) add_level(levels, l);
    add_integers();
  }

  [[nodiscard]] bool usable() const noexcept { return !steps_.empty(); }

  /// Rows per block; the same for all levels.
  [[nodiscard]] std::size_t block_rows() const noexcept { return 16 * simd::detail::tile_rows; }

  /// Codes of up to block_rows() rows in out.cols() levels; numbers of rows that are not proven go to `unproven`.
  void encode(matrix_cref<T> const& x, code_matrix_ref out, table_workspace<T>& tw, simd::search_workspace<T>& w,
              std::vector<index_t>& unproven) const {
    unproven.clear();
    start(x, w);
    for (index_t l = 0; l < out.cols(); ++l) encode_level(out, l, tw, w);
    for (index_t i = 0; i < out.rows(); ++i)
      if (out(i, out.cols() - 1) == no_code) unproven.push_back(i);
  }

  /// For a beam: what \ref scores and \ref uncertainty are asked about next, up to block_rows() rows.
  void start(matrix_cref<T> const& x, simd::search_workspace<T>& w) const {
    simd::centre_rows(steps_.front().panels, x.data(), static_cast<std::size_t>(x.outerStride()), row_count(x), w);
    if constexpr (std::is_same_v<T, float>)
      if (by_integers_) simd::integer_rows(steps_.front().integers, row_count(x), w);
  }

  [[nodiscard]] std::size_t level_count() const noexcept { return steps_.size(); }

  /// Numbers per row of scores and per table row of level l: its words and some padding.
  [[nodiscard]] std::size_t stride(std::size_t l) const noexcept {
    return steps_[l].panels.panel_count() * simd::word_panels<T>::words_per_panel;
  }

  /// <x, A_l[j]> - n_l[j] / 2 but for a number that all words share, for `count` rows and every word; padding is
  /// -infinity. `out` is aligned and has room for whole register tiles: count rounded up times stride(l).
  void scores(std::size_t l, std::size_t count, T* out, simd::search_workspace<T> const& w) const {
    with_panels(steps_[l], [&](auto const& panels) {
      using panels_type = std::remove_cvref_t<decltype(panels)>;
      for (std::size_t first = 0; first < count; first += simd::detail::tile_rows)
        for (std::size_t p = 0; p < panels.panel_count(); ++p)
          panels.store_scores(w.template rows_for<panels_type>() + first * panels.row_length(), p,
                              out + first * stride(l) + p * panels_type::words_per_panel, stride(l),
                              simd::multiply_add_step{});
    });
  }

  /// What the words of level l cannot change of the squared distance to this query, moved like the scores.
  [[nodiscard]] double common_square(std::span<T const> query) const noexcept {
    auto const dim = static_cast<std::size_t>(dim_);
    auto const add_square = [](auto sum, auto v) { return simd::multiply_add(v, v, sum); };
    auto const add_moved = [](auto sum, auto v, auto o) { return simd::multiply_add(v - o, v - o, sum); };
    double const residual = simd::exact_sum(dim, add_square, query.data());
    if (query.size() == dim) return residual;
    return residual + simd::exact_sum(dim, add_moved, query.data() + dim, weighted_origin_.data());
  }

  /// What the scores of level l lose when level m < l has this code: stride(l) numbers.
  [[nodiscard]] T const* table_row(std::size_t l, std::size_t m, code_t code) const noexcept {
    return steps_[l].tables[m].data() + static_cast<std::size_t>(code) * stride(l);
  }

  /// How far a score of row i, less its table rows and moved by at most `shift`, can be from what the plain encoder
  /// compares, with its own roundings; infinite where the score must not be trusted.
  [[nodiscard]] double uncertainty(std::size_t l, std::size_t i, double shift,
                                   simd::search_workspace<T> const& w) const noexcept {
    constexpr double u = static_cast<double>(std::numeric_limits<T>::epsilon()) / 2;
    step const& s = steps_[l];
    double const length = w.lengths.data()[i], limit = static_cast<double>(std::numeric_limits<T>::max()) / 8;
    if (!s.panels.in_range(length) || !(s.table_limit + std::abs(shift) < limit))
      return std::numeric_limits<double>::infinity();
    double const terms = static_cast<double>(l) + 3;  // every table and the shift are one more rounding each
    return error(s, l, length, integer_error(i, w)) +
           terms * u * (s.panels.score_limit(length) + s.table_limit + 2 * std::abs(shift));
  }

 private:
  struct step {
    simd::word_panels<T> panels;
    simd::integer_panels integers;                ///< of all levels or of none
    std::vector<simd::aligned_buffer<T>> tables;  ///< of every earlier level m: K_m rows of row_stride numbers
    double table_limit = 0;                       ///< no sum of table entries is larger in magnitude
    double largest_a = 0, largest_b = 0;          ///< |A_l[j]|, |B_l[j]| (moved), the largest
  };

  /// False for words that explain something else than themselves, and for tables that would be too large.
  [[nodiscard]] static bool fits(std::vector<residual_level<T>> const& levels) {
    std::size_t entries = 0, before = 0;
    for (auto const& level : levels) {
      if (level.explained != level.search.words.leftCols(level.explained.cols())) return false;
      entries += before * (level.search.size() + simd::word_panels<T>::words_per_panel);
      before += level.search.size();
    }
    return !levels.empty() && levels.size() <= most_levels && entries <= table_limit;
  }

  /// A_l, moved by the origin at the first level.
  [[nodiscard]] matrix<double> explained(residual_level<T> const& level, std::size_t l) const {
    matrix<double> a = level.explained.template cast<double>();
    if (l == 0) a.rowwise() -= origin_.template cast<double>();
    return a;
  }
  /// weight * B_l, moved; zero where the level has no prefix half.
  [[nodiscard]] matrix<double> weighted_prefix(residual_level<T> const& level) const {
    if (level.search.words.cols() == dim_) return matrix<double>::Zero(level.explained.rows(), dim_);
    matrix<double> b = level.search.words.rightCols(dim_).template cast<double>();
    return b.rowwise() - weighted_origin_;
  }

  void add_level(std::vector<residual_level<T>> const& levels, std::size_t l) {
    matrix<double> const a = explained(levels[l], l), b = weighted_prefix(levels[l]);
    row_vector<double> const origin = origin_.template cast<double>();
    row_vector<double> bias(a.rows());
    for (index_t j = 0; j < a.rows(); ++j)
      bias(j) = -(a.row(j).squaredNorm() + b.row(j).squaredNorm()) / 2 - a.row(j).dot(origin);
    step s;
    s.panels = simd::word_panels<T>({a.data(), static_cast<std::size_t>(a.size())},
                                    {bias.data(), static_cast<std::size_t>(bias.size())},
                                    {origin_.data(), static_cast<std::size_t>(origin_.size())});
    s.largest_a = std::sqrt(a.rowwise().squaredNorm().maxCoeff());
    s.largest_b = std::sqrt(b.rowwise().squaredNorm().maxCoeff());
    matrix<double> const target = a - weight_ * b;
    for (std::size_t m = 0; m < l; ++m) {
      matrix<double> const products = simd::product_nt<double>(explained(levels[m], m), target);
      s.table_limit += products.cwiseAbs().maxCoeff();
      s.tables.push_back(padded(products, s.panels.panel_count() * simd::word_panels<T>::words_per_panel));
    }
    steps_.push_back(std::move(s));
  }

  [[nodiscard]] static simd::aligned_buffer<T> padded(matrix<double> const& rows, std::size_t stride) {
    simd::aligned_buffer<T> out(row_count(rows) * stride);
    std::fill_n(out.data(), row_count(rows) * stride, T(0));
    for (index_t i = 0; i < rows.rows(); ++i)
      for (index_t j = 0; j < rows.cols(); ++j)
        out.data()[static_cast<std::size_t>(i) * stride + static_cast<std::size_t>(j)] = static_cast<T>(rows(i, j));
    return out;
  }

  /// The first pass in integers, where all levels have one.
  void add_integers() {
    if constexpr (std::is_same_v<T, float> && simd::detail::has_integer_tile) {
      by_integers_ = dim_ >= least_integer_dim;
      for (step& s : steps_)
        if (by_integers_) by_integers_ = (s.integers = simd::integer_panels(s.panels)).usable();
    }
  }

  /// Calls f with the panels that this level is searched with.
  template <class F>
  void with_panels(step const& s, F const& f) const {
    if constexpr (std::is_same_v<T, float>)
      if (by_integers_) return f(s.integers);
    f(s.panels);
  }

  [[nodiscard]] double integer_error(std::size_t i, simd::search_workspace<T> const& w) const noexcept {
    return by_integers_ ? w.integer_errors.data()[i] : 0.0;
  }

  /// Codes of one level. Panel by panel, so that a panel is fetched once for all rows of the block.
  void encode_level(code_matrix_ref& out, index_t l, table_workspace<T>& tw, simd::search_workspace<T> const& w) const {
    step const& s = steps_[static_cast<std::size_t>(l)];
    std::size_t const tile = simd::detail::tile_rows, rows = (row_count(out) + tile - 1) / tile * tile;
    point_at_tables(out, s, rows, tw);
    tw.best.reset(rows);
    with_panels(s, [&](auto const& panels) {
      for (std::size_t p = 0; p < panels.panel_count(); ++p)
        for (std::size_t first = 0; first < rows; first += tile)
          tw.best.add_panel(panels, p, first, tw.tables.data(), s.tables.size(), w);
    });
    for (index_t i = 0; i < out.rows(); ++i) {
      auto const row = static_cast<std::size_t>(i);
      simd::row_best<T> const best = tw.best.best(row, w);
      bool const lost = l > 0 && out(i, l - 1) == no_code;
      bool const known = !lost && proven(s, static_cast<std::size_t>(l), best, integer_error(row, w));
      out(i, l) = known ? static_cast<code_t>(best.word) : no_code;
    }
  }

  /// The table rows of every row of the block. A row that was lost at an earlier level and one that fills up the last
  /// tile read any table row: their results are not looked at.
  void point_at_tables(code_matrix_ref const& out, step const& s, std::size_t rows, table_workspace<T>& tw) const {
    std::size_t const count = s.tables.size(), stride = s.panels.panel_count() * simd::word_panels<T>::words_per_panel;
    tw.tables.resize(block_rows() * most_levels);
    for (std::size_t r = 0; r < rows; ++r)
      for (std::size_t m = 0; m < count; ++m) {
        auto const i = std::min(static_cast<index_t>(r), out.rows() - 1);
        code_t const code = std::max(0, out(i, static_cast<index_t>(m)));
        tw.tables[r * count + m] = s.tables[m].data() + static_cast<std::size_t>(code) * stride;
      }
  }

  [[nodiscard]] bool proven(step const& s, std::size_t l, simd::row_best<T> const& best,
                            double integer_error) const noexcept {
    double const lead = static_cast<double>(best.score) - static_cast<double>(best.runner_up);
    return s.panels.in_range(best.length) && s.table_limit < static_cast<double>(std::numeric_limits<T>::max()) / 4 &&
           lead > 2 * error(s, l, best.length, integer_error);
  }

  /// How far score and plain encoder can be from the real numbers together, for a row with |x - origin| = length.
  ///
  /// Score: the product's own bound, and what integers lose; every table entry and every subtraction is rounded once.
  /// Plain encoder: residual and prefix are rounded at every level, residuals are at most `reach` long, prefixes at
  /// most `reach` from the origin; the weighted prefix is rounded once more. A rounding vector e moves a score by <e,
  /// word>. Its comparison in double adds terms of the order of 2^-53.
  [[nodiscard]] double error(step const& s, std::size_t l, double length, double integer_error) const noexcept {
    constexpr double u = static_cast<double>(std::numeric_limits<T>::epsilon()) / 2;
    auto const levels = static_cast<double>(l);
    double reach = length, away = std::sqrt(origin_.template cast<double>().squaredNorm());
    for (std::size_t m = 0; m < l; ++m) reach += steps_[m].largest_a;
    double const product =
        s.panels.score_error(length) + (by_integers_ ? s.integers.score_error(length, integer_error) : 0.0);
    double const tables = 2 * (levels + 1) * u * (s.panels.score_limit(length) + s.table_limit);
    double const residual = 2 * (levels + 1) * u * reach * s.largest_a;
    double const prefix = 2 * (levels + 2) * u * weight_ * (reach + away) * s.largest_b;
    double const all = reach + away + s.largest_a + s.largest_b + weight_ * (reach + away);
    double const in_double = 8 * (2 * static_cast<double>(dim_) + 8) * 0x1p-53 * all * all;
    return product + tables + residual + prefix + in_double;
  }

  static constexpr index_t least_integer_dim = 16;  ///< below that, there is nothing to gain

  index_t dim_ = 0;
  bool by_integers_ = false;
  double weight_ = 0;
  row_vector<T> origin_;
  row_vector<double> weighted_origin_;
  std::vector<step> steps_;
};

}  // namespace sidera::inline SIDERA_ABI
