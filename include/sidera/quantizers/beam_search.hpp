// SPDX-License-Identifier: MIT
#pragma once
/// \file  Encoding that keeps the best few hypotheses per level instead of one.
#include <sidera/quantizers/residual_encoder.hpp>
#include <sidera/simd/table_scores.hpp>

namespace sidera::inline SIDERA_ABI {

/// Beam search over the levels of a residual encoder.
///
/// After each level the `width` hypotheses whose query is nearest to its last word are kept (for RQ with squared
/// Euclidean distance: those with the smallest residual). Ties go to the better earlier hypothesis, then to the lower
/// code. width = 1 is the greedy encoder.
///
/// With an encoder that has tables, one product serves all hypotheses of a row: their scores differ by table rows, and
/// only words whose score can be among the best, all roundings included, are compared in double. The codes are those of
/// the plain way, always.
template <Scalar T, Metric M, ResidualScheme R>
class beam_search {
 public:
  /// Rows that are worth a call.
  static constexpr std::size_t block_rows = 16 * simd::detail::tile_rows;

  /// `encoder` must outlive the search.
  beam_search(residual_encoder<T, M, R> const& encoder, std::size_t width) : encoder_(&encoder), width_(width) {}

  /// Codes of the best hypothesis of every row, in out.cols() levels.
  void encode(matrix_cref<T> const& x, code_matrix_ref out) {
    search(x, column_count(out));
    for (index_t i = 0; i < x.rows(); ++i)
      out.row(i) = codes_.row(i * static_cast<index_t>(beams_)).leftCols(out.cols());
  }

  /// All hypotheses of every row, best first: out holds rows * hypotheses rows. Returns the hypotheses per row.
  std::size_t encode_all(matrix_cref<T> const& x, std::size_t levels, code_matrix& out) {
    search(x, levels);
    out = codes_.leftCols(static_cast<index_t>(levels));
    return beams_;
  }

 private:
  struct candidate {
    double distance;
    std::size_t parent;
    code_t code;
    [[nodiscard]] bool operator<(candidate const& o) const noexcept {
      if (distance != o.distance) return distance < o.distance;
      return parent != o.parent ? parent < o.parent : code < o.code;
    }
  };

  void search(matrix_cref<T> const& x, std::size_t levels) {
    rows_ = row_count(x);
    beams_ = 1;
    encoder_->start(x, state_);
    codes_.setConstant(x.rows(), static_cast<index_t>(encoder_->level_count()), no_code);
    by_tables_ = encoder_->tables().usable() && rows_ <= encoder_->tables().block_rows();
    if (by_tables_) encoder_->tables().start(x, kernel_);
    for (std::size_t l = 0; l < levels; ++l) expand(l);
  }

  void expand(std::size_t level) {
    auto const& words = encoder_->search(level);
    std::size_t const tried = std::min(width_, words.size()), kept = std::min(width_, beams_ * tried);
    encoder_->compose(state_.residual, state_.prefix, level, state_.query);
    if (by_tables_)
      prepare_scores(level);
    else
      find_nearest(words, tried);
    next_.residual.resize(static_cast<index_t>(rows_ * kept), state_.residual.cols());
    next_.prefix.resize(next_.residual.rows(), next_.residual.cols());
    next_codes_.resize(next_.residual.rows(), codes_.cols());
    for (std::size_t row = 0; row < rows_; ++row) {
      if (by_tables_)
        shortlist(row, level, words, kept);
      else
        list_nearest(row, words, tried);
      std::sort(candidates_.begin(), candidates_.end());
      for (std::size_t h = 0; h < kept; ++h) adopt(candidates_[h], row * kept + h, level);
    }
    state_.residual.swap(next_.residual);
    state_.prefix.swap(next_.prefix);
    codes_.swap(next_codes_);
    beams_ = kept;
  }

  // The plain way: the nearest words of every hypothesis.

  void find_nearest(word_search<T, M> const& words, std::size_t tried) {
    nearest_.resize(state_.query.rows(), static_cast<index_t>(tried));
    words.nearest_k(state_.query, nearest_);
  }

  void list_nearest(std::size_t row, word_search<T, M> const& words, std::size_t tried) {
    candidates_.clear();
    for (std::size_t parent = row * beams_; parent < (row + 1) * beams_; ++parent)
      for (std::size_t t = 0; t < tried; ++t)
        list(words, parent, nearest_(static_cast<index_t>(parent), static_cast<index_t>(t)));
  }

  void list(word_search<T, M> const& words, std::size_t parent, code_t code) {
    candidates_.push_back(
        {words.distance_to(row_span(state_.query, static_cast<index_t>(parent)), code), parent, code});
  }

  // By tables: half of |query|^2 less the distance, for all hypotheses of a row, but for what they have in common.

  void prepare_scores(std::size_t level) {
    std::size_t const stride = encoder_->tables().stride(level);
    encoder_->tables().scores(level, rows_, scores_.reserve(simd::detail::whole_tiles(rows_) * stride), kernel_);
    (void)values_.reserve(beams_ * stride);
  }

  void shortlist(std::size_t row, std::size_t level, word_search<T, M> const& words, std::size_t kept) {
    std::size_t const stride = encoder_->tables().stride(level);
    alignas(64) T lanes[simd::maxima_lanes<T>];
    std::fill(std::begin(lanes), std::end(lanes), -std::numeric_limits<T>::infinity());
    double const farthest = fill_values(row, level, lanes);
    double const doubt = encoder_->tables().uncertainty(level, row, farthest, kernel_);
    candidates_.clear();
    if (!std::isfinite(doubt)) return list_all(row, words);
    T const bound = lower_bound_of_best(lanes, kept, doubt);
    for (std::size_t h = 0; h < beams_; ++h)
      simd::for_each_at_least(values_.data() + h * stride, stride, bound, [&](std::size_t j) {
        if (j < words.size()) list(words, row * beams_ + h, static_cast<code_t>(j));
      });
  }

  void list_all(std::size_t row, word_search<T, M> const& words) {
    for (std::size_t parent = row * beams_; parent < (row + 1) * beams_; ++parent)
      for (std::size_t j = 0; j < words.size(); ++j) list(words, parent, static_cast<code_t>(j));
  }

  /// Scores of all hypotheses to values_, their largest to `lanes`. Returns the farthest shift.
  [[nodiscard]] double fill_values(std::size_t row, std::size_t level, T* lanes) {
    auto const& tables = encoder_->tables();
    std::size_t const stride = tables.stride(level);
    double farthest = 0, first = 0;
    for (std::size_t h = 0; h < beams_; ++h) {
      auto const parent = static_cast<index_t>(row * beams_ + h);
      double const square = tables.common_square(row_span(state_.query, parent));
      if (h == 0) first = square;
      double const shift = (first - square) / 2;
      farthest = std::max(farthest, std::abs(shift));
      T const* used[residual_tables<T>::most_levels];
      for (std::size_t m = 0; m < level; ++m)
        used[m] = tables.table_row(level, m, codes_(parent, static_cast<index_t>(m)));
      simd::scores_after_tables(scores_.data() + row * stride, static_cast<T>(shift), used, level, stride,
                                values_.data() + h * stride, lanes);
    }
    return farthest;
  }

  /// No word of the best `kept` has a smaller score: each lane's maximum is a score of another word, so the kept-th
  /// largest of them is no better than the kept-th best of all. -infinity where that says nothing.
  [[nodiscard]] static T lower_bound_of_best(T* lanes, std::size_t kept, double doubt) noexcept {
    constexpr T none = -std::numeric_limits<T>::infinity();
    if (kept > simd::maxima_lanes<T>) return none;
    std::nth_element(lanes, lanes + kept - 1, lanes + simd::maxima_lanes<T>, std::greater<>());
    auto const exact = static_cast<double>(lanes[kept - 1]) - 2 * doubt;
    return std::nextafter(static_cast<T>(exact), none);
  }

  void adopt(candidate const& chosen, std::size_t to, std::size_t level) {
    auto const from = static_cast<index_t>(chosen.parent), row = static_cast<index_t>(to);
    auto const explained = encoder_->level(level).explained.row(chosen.code);
    next_.residual.row(row) = state_.residual.row(from) - explained;
    next_.prefix.row(row) = state_.prefix.row(from) + explained;
    next_codes_.row(row) = codes_.row(from);
    next_codes_(row, static_cast<index_t>(level)) = chosen.code;
  }

  residual_encoder<T, M, R> const* encoder_;
  std::size_t width_;
  std::size_t rows_ = 0, beams_ = 1;
  bool by_tables_ = false;
  residual_workspace<T> state_, next_;
  code_matrix codes_, next_codes_, nearest_;
  std::vector<candidate> candidates_;
  typename residual_tables<T>::beam_workspace kernel_;
  simd::aligned_buffer<T> scores_, values_;
};

}  // namespace sidera::inline SIDERA_ABI
