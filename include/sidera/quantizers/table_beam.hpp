// SPDX-License-Identifier: MIT
#pragma once
/// \file  Beam search of a residual encoder that has tables.
#include <array>
#include <numeric>
#include <sidera/quantizers/beam_tables.hpp>
#include <sidera/quantizers/residual_encoder.hpp>
#include <sidera/simd/table_scores.hpp>
#include <tuple>

namespace sidera::inline SIDERA_ABI {

/// What \ref beam_search finds, from one product for all hypotheses of a row: their scores differ by table rows. No
/// residual is computed for them.
///
/// A hypothesis carries half of what its query's square falls short of the best one's. The chosen word's score moves it
/// to the next level, so that scores of all hypotheses compare. Their order is proven where they lie further apart than
/// everything that was rounded, here and in the plain way; otherwise residuals are computed after all and the few words
/// that matter are compared in double. The hypotheses are those of the plain way, always.
template <Scalar T, Metric M, ResidualScheme R>
class table_beam {
 public:
  /// `encoder` must outlive the search; its tables must be usable.
  table_beam(residual_encoder<T, M, R> const& encoder, std::size_t width) : encoder_(&encoder), width_(width) {}

  /// Searches up to residual_tables::block_rows rows. Returns the hypotheses per row.
  std::size_t search(matrix_cref<T> const& x, std::size_t levels) {
    rows_ = row_count(x);
    beams_ = 1;
    codes_.setConstant(x.rows(), static_cast<index_t>(levels), no_code);
    shifts_.assign(rows_, 0.0);
    doubts_.assign(rows_, 0.0);
    tables().start(x, kernel_);
    simd::matrix_unit_session const session(tables().wants_unit());
    for (std::size_t l = 0; l < levels; ++l) expand(x, l);
    return beams_;
  }

  /// Codes of all hypotheses, those of a row together, best first.
  [[nodiscard]] code_matrix const& codes() const noexcept { return codes_; }

 private:
  /// Words that can be among the best of their rows, each behind one of the hypotheses.
  struct candidates {
    std::vector<simd::row_and_word> words;
    std::vector<std::uint32_t> hypotheses;  ///< of all rows
    std::vector<T> scores;

    [[nodiscard]] std::size_t size() const noexcept { return words.size(); }
    void resize(std::size_t n) { words.resize(n), hypotheses.resize(n), scores.resize(n); }
  };
  /// Of one row.
  struct shortlist {
    std::size_t begin = 0, end = 0;  ///< of the candidates
    double doubt = 0;  ///< how far scores can be from what the plain way compares; infinite: not to be trusted
  };

  [[nodiscard]] beam_tables<T> tables() const noexcept { return beam_tables<T>(encoder_->tables()); }

  void expand(matrix_cref<T> const& x, std::size_t level) {
    std::size_t const words = encoder_->search(level).size(), stride = tables().stride(level),
                      tile_rows = tables().tile_rows();
    std::size_t const kept = std::min(width_, beams_ * words);
    (void)scores_.reserve(tile_rows * stride);
    (void)values_.reserve(beams_ * stride);
    (void)maxima_.reserve(simd::maxima_count<T>(beams_ * stride));
    positions_.resize(beams_ * stride);
    next_codes_.resize(static_cast<index_t>(rows_ * kept), codes_.cols());
    next_shifts_.resize(rows_ * kept);
    for (std::size_t first = 0; first < rows_; first += tile_rows)
      expand_tile(x, first, std::min(tile_rows, rows_ - first), level, kept);
    codes_.swap(next_codes_);
    shifts_.swap(next_shifts_);
    beams_ = kept;
  }

  void expand_tile(matrix_cref<T> const& x, std::size_t first, std::size_t count, std::size_t level, std::size_t kept) {
    std::size_t const stride = tables().stride(level);
    std::array<shortlist, beam_tables<T>::most_tile_rows> lists;
    tables().scores(level, first, scores_.data(), kernel_);
    look_up_tables(first * beams_, count * beams_, level);
    candidates_.resize(0);
    for (std::size_t r = 0; r < count; ++r)
      lists[r] =
          list_candidates(first + r, scores_.data() + r * stride, used_.data() + r * beams_ * level, level, kept);
    if (tables().coarse()) give_fine_scores(first * beams_, level);
    for (std::size_t r = 0; r < count; ++r) {
      std::size_t const to = (first + r) * kept;
      if (!proven(lists[r], kept)) compare_in_double(x, first + r, level, lists[r]);
      for (std::size_t h = 0; h < kept; ++h) adopt(lists[r].begin + order_[h], to + h, level);
      for (std::size_t h = kept; h-- > 0;) next_shifts_[to + h] -= next_shifts_[to];
    }
  }

  /// used_ = what the codes of each of `count` hypotheses take from the scores of the level: `level` rows of tables.
  void look_up_tables(std::size_t first, std::size_t count, std::size_t level) {
    used_.resize(count * level);
    for (std::size_t h = 0; h < count; ++h)
      for (std::size_t m = 0; m < level; ++m)
        used_[h * level + m] = encoder_->tables().table_row(level, m, code_of(first + h, m));
  }

  /// Lists all words of a row that can be among the best `kept`. `used` are the table rows of its hypotheses.
  shortlist list_candidates(std::size_t row, T const* scores, T const* const* used, std::size_t level,
                            std::size_t kept) {
    std::size_t const stride = tables().stride(level);
    alignas(64) T lanes[simd::score_chunk<T>];
    std::fill(std::begin(lanes), std::end(lanes), -std::numeric_limits<T>::infinity());
    double const farthest = fill_values(row, scores, used, level, lanes);
    doubts_[row] += tables().score_doubt(level, row, farthest, kernel_);
    double const doubt = doubts_[row] + tables().plain_doubt(level, row, kernel_);
    if (!std::isfinite(doubt)) return list(row, position_all_words(level), level, doubt);
    T const bound = lower_bound_of_best(lanes, kept, doubt + tables().coarse_doubt(level, row, kernel_));
    std::size_t const found =
        simd::positions_at_least(values_.data(), maxima_.data(), beams_ * stride, bound, positions_.data());
    return list(row, found, level, doubt);
  }

  /// positions_ = those of all values but for the padding; returns how many.
  std::size_t position_all_words(std::size_t level) {
    std::size_t const stride = tables().stride(level), words = encoder_->search(level).size();
    std::uint32_t* next = positions_.data();
    for (std::size_t h = 0; h < beams_; ++h, next += words)
      std::iota(next, next + words, static_cast<std::uint32_t>(h * stride));
    return beams_ * words;
  }

  /// Lists the values of a row at the first `count` of positions_.
  shortlist list(std::size_t row, std::size_t count, std::size_t level, double doubt) {
    std::size_t const begin = candidates_.size(), first = row * beams_;
    auto const stride = static_cast<std::uint32_t>(tables().stride(level));
    candidates_.resize(begin + count);
    for (std::size_t i = 0; i < count; ++i) {
      std::uint32_t const at = positions_[i], hypothesis = at / stride;
      candidates_.words[begin + i] = {static_cast<std::uint32_t>(row), at - hypothesis * stride};
      candidates_.hypotheses[begin + i] = static_cast<std::uint32_t>(first) + hypothesis;
      candidates_.scores[begin + i] = values_.data()[at];
    }
    return {begin, begin + count, doubt};
  }

  /// Scores of single precision for all candidates; used_ begins with hypothesis `first`.
  void give_fine_scores(std::size_t first, std::size_t level) {
    tables().fine_scores(level, candidates_.words, candidates_.scores.data(), kernel_);
    for (std::size_t i = 0; i < candidates_.size(); ++i) {
      std::size_t const hypothesis = candidates_.hypotheses[i];
      T const* const* const used = used_.data() + (hypothesis - first) * level;
      T score = candidates_.scores[i] + static_cast<T>(shifts_[hypothesis]);
      for (std::size_t m = 0; m < level; ++m) score -= used[m][candidates_.words[i].word];
      candidates_.scores[i] = score;
    }
  }

  /// Scores of all hypotheses to values_, their largest to `lanes`. Returns the farthest shift.
  [[nodiscard]] double fill_values(std::size_t row, T const* scores, T const* const* used, std::size_t level,
                                   T* lanes) {
    std::size_t const stride = tables().stride(level), maxima = simd::maxima_count<T>(stride);
    double farthest = 0;
    for (std::size_t h = 0; h < beams_; ++h) {
      double const shift = shifts_[row * beams_ + h];
      farthest = std::max(farthest, std::abs(shift));
      simd::scores_after_tables(scores, static_cast<T>(shift), used + h * level, level, stride,
                                values_.data() + h * stride, maxima_.data() + h * maxima, lanes);
    }
    return farthest;
  }

  [[nodiscard]] code_t code_of(std::size_t hypothesis, std::size_t level) const {
    return codes_(static_cast<index_t>(hypothesis), static_cast<index_t>(level));
  }

  /// No word of the best `kept` has a smaller score: each lane's maximum is a score of another word, so the kept-th
  /// largest of them is no better than the kept-th best of all. The lowest number where that says nothing: padding is
  /// -infinity.
  [[nodiscard]] static T lower_bound_of_best(T const* lanes, std::size_t kept, double doubt) noexcept {
    constexpr T lowest = std::numeric_limits<T>::lowest();
    if (kept > simd::score_chunk<T>) return lowest;
    auto const exact = static_cast<double>(simd::kth_largest_lane(lanes, kept)) - 2 * doubt;
    return std::max(lowest, std::nextafter(static_cast<T>(exact), lowest));
  }

  /// Orders the candidates of a row by their scores; whether those are far enough apart to prove the first `kept`.
  [[nodiscard]] bool proven(shortlist const& list, std::size_t kept) {
    std::size_t const count = list.end - list.begin;
    T const* const scores = candidates_.scores.data() + list.begin;
    order_.resize(count);
    if (!std::isfinite(list.doubt)) return false;
    simd::descending_order(scores, count, order_.data());
    for (std::size_t k = 0; k < kept && k + 1 < count; ++k)
      if (!(static_cast<double>(scores[order_[k]]) - static_cast<double>(scores[order_[k + 1]]) > 2 * list.doubt))
        return false;
    return true;
  }

  /// Orders the candidates of a row as the plain way does.
  void compare_in_double(matrix_cref<T> const& x, std::size_t row, std::size_t level, shortlist const& list) {
    auto const beams = static_cast<index_t>(beams_);
    plain_.residual.resize(beams, x.cols());
    plain_.residual.rowwise() = x.row(static_cast<index_t>(row));
    plain_.prefix.setZero(beams, x.cols());
    plain_.codes.resize(beams_);
    for (std::size_t m = 0; m < level; ++m) {
      for (std::size_t h = 0; h < beams_; ++h) plain_.codes[h] = code_of(row * beams_ + h, m);
      encoder_->advance(plain_.residual, plain_.prefix, plain_.codes, m);
    }
    encoder_->compose(plain_.residual, plain_.prefix, level, plain_.query);
    std::uint32_t const* const hypotheses = candidates_.hypotheses.data() + list.begin;
    simd::row_and_word const* const words = candidates_.words.data() + list.begin;
    distances_.resize(order_.size());
    for (std::size_t i = 0; i < order_.size(); ++i) {
      auto const query = row_span(plain_.query, static_cast<index_t>(hypotheses[i] - row * beams_));
      distances_[i] = encoder_->search(level).distance_to(query, static_cast<code_t>(words[i].word));
    }
    std::iota(order_.begin(), order_.end(), 0u);
    std::sort(order_.begin(), order_.end(), [&](std::uint32_t a, std::uint32_t b) {
      return std::tie(distances_[a], hypotheses[a], words[a].word) <
             std::tie(distances_[b], hypotheses[b], words[b].word);
    });
  }

  void adopt(std::size_t chosen, std::size_t to, std::size_t level) {
    code_t* const codes = row_span(next_codes_, static_cast<index_t>(to)).data();
    auto const before = static_cast<index_t>(candidates_.hypotheses[chosen]);
    std::copy_n(row_span(codes_, before).data(), level, codes);
    codes[level] = static_cast<code_t>(candidates_.words[chosen].word);
    next_shifts_[to] = static_cast<double>(candidates_.scores[chosen]) + tables().carried(level, {codes, level + 1});
  }

  residual_encoder<T, M, R> const* encoder_;
  std::size_t width_, rows_ = 0, beams_ = 1;
  code_matrix codes_, next_codes_;            ///< rows * hypotheses x levels
  std::vector<double> shifts_, next_shifts_;  ///< by hypothesis: half of |query|^2, less than that of the best one
  std::vector<double> doubts_;                ///< by row: how far a shift can be from the real number
  std::vector<T const*> used_;                ///< table rows of the hypotheses of a tile
  candidates candidates_;                     ///< of the rows of a tile
  std::vector<std::uint32_t> positions_, order_;
  std::vector<double> distances_;
  typename beam_tables<T>::workspace kernel_;
  simd::aligned_buffer<T> scores_, values_, maxima_;
  residual_workspace<T> plain_;
};

}  // namespace sidera::inline SIDERA_ABI
