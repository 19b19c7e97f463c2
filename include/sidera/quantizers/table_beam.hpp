// SPDX-License-Identifier: MIT
#pragma once
/// \file  Beam search of a residual encoder that has tables.
#include <sidera/quantizers/residual_encoder.hpp>
#include <sidera/simd/table_scores.hpp>

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

  /// Searches up to residual_tables::block_rows() rows. Returns the hypotheses per row.
  std::size_t search(matrix_cref<T> const& x, std::size_t levels) {
    rows_ = row_count(x);
    beams_ = 1;
    codes_.setConstant(x.rows(), static_cast<index_t>(levels), no_code);
    shifts_.assign(rows_, 0.0);
    doubts_.assign(rows_, 0.0);
    tables().start(x, kernel_);
    for (std::size_t l = 0; l < levels; ++l) expand(x, l);
    return beams_;
  }

  /// Codes of all hypotheses, those of a row together, best first.
  [[nodiscard]] code_matrix const& codes() const noexcept { return codes_; }

 private:
  struct candidate {
    T score;
    std::uint32_t hypothesis;  ///< of the row
    code_t code;
  };
  struct measured_candidate {
    double distance;
    candidate which;
  };

  [[nodiscard]] residual_tables<T> const& tables() const noexcept { return encoder_->tables(); }

  void expand(matrix_cref<T> const& x, std::size_t level) {
    std::size_t const words = encoder_->search(level).size(), stride = tables().stride(level);
    std::size_t const kept = std::min(width_, beams_ * words);
    tables().scores(level, rows_, scores_.reserve(simd::detail::whole_tiles(rows_) * stride), kernel_);
    (void)values_.reserve(beams_ * stride);
    (void)maxima_.reserve(beams_ * maxima_stride(level));
    next_codes_.resize(static_cast<index_t>(rows_ * kept), codes_.cols());
    next_shifts_.resize(rows_ * kept);
    for (std::size_t row = 0; row < rows_; ++row) {
      double const doubt = shortlist(row, level, words, kept);
      if (!proven(kept, doubt)) compare_in_double(x, row, level);
      for (std::size_t h = 0; h < kept; ++h) adopt(candidates_[h], row, row * kept + h, level);
      for (std::size_t h = kept; h-- > 0;) next_shifts_[row * kept + h] -= next_shifts_[row * kept];
    }
    codes_.swap(next_codes_);
    shifts_.swap(next_shifts_);
    beams_ = kept;
  }

  /// Lists the candidates: all words that can be among the best `kept`. Returns how far each of their scores can be
  /// from what the plain way compares; infinite where scores must not be trusted.
  double shortlist(std::size_t row, std::size_t level, std::size_t words, std::size_t kept) {
    std::size_t const stride = tables().stride(level);
    alignas(64) T lanes[simd::score_chunk<T>];
    std::fill(std::begin(lanes), std::end(lanes), -std::numeric_limits<T>::infinity());
    double const farthest = fill_values(row, level, lanes);
    doubts_[row] += tables().score_doubt(level, row, farthest, kernel_);
    double const doubt = doubts_[row] + tables().plain_doubt(level, row, kernel_);
    candidates_.clear();
    if (!std::isfinite(doubt)) {
      for (std::size_t h = 0; h < beams_; ++h)
        for (std::size_t j = 0; j < words; ++j) list(h, j, T(0));
      return doubt;
    }
    double const coarse = doubt + tables().coarse_doubt(level, row, kernel_);
    T const bound = lower_bound_of_best(lanes, kept, coarse);
    for (std::size_t h = 0; h < beams_; ++h) {
      T const* const values = values_.data() + h * stride;
      simd::for_each_at_least(values, maxima_.data() + h * maxima_stride(level), stride, bound, [&](std::size_t j) {
        if (j < words) list(h, j, values[j]);
      });
    }
    if (tables().coarse()) refine(row, level, kept, coarse);
    return doubt;
  }

  void list(std::size_t hypothesis, std::size_t word, T score) {
    candidates_.push_back({score, static_cast<std::uint32_t>(hypothesis), static_cast<code_t>(word)});
  }

  /// Gives fine scores to the candidates, but for those that the coarse ones of all candidates exclude.
  void refine(std::size_t row, std::size_t level, std::size_t kept, double coarse) {
    sort_by_score();
    double const least = static_cast<double>(candidates_[kept - 1].score) - 2 * coarse;
    while (static_cast<double>(candidates_.back().score) < least) candidates_.pop_back();
    for (candidate& c : candidates_) c.score = fine_score(c, row, level);
  }

  void sort_by_score() {
    std::sort(candidates_.begin(), candidates_.end(),
              [](candidate const& a, candidate const& b) { return a.score > b.score; });
  }

  [[nodiscard]] T fine_score(candidate const& c, std::size_t row, std::size_t level) const {
    std::size_t const at = row * beams_ + c.hypothesis;
    T score = tables().fine_score(level, row, c.code, kernel_) + static_cast<T>(shifts_[at]);
    for (std::size_t m = 0; m < level; ++m) score -= tables().table_row(level, m, code_of(at, m))[c.code];
    return score;
  }

  /// Scores of all hypotheses to values_, their largest to `lanes`. Returns the farthest shift.
  [[nodiscard]] double fill_values(std::size_t row, std::size_t level, T* lanes) {
    std::size_t const stride = tables().stride(level);
    double farthest = 0;
    for (std::size_t h = 0; h < beams_; ++h) {
      std::size_t const at = row * beams_ + h;
      farthest = std::max(farthest, std::abs(shifts_[at]));
      T const* used[residual_tables<T>::most_levels];
      for (std::size_t m = 0; m < level; ++m) used[m] = tables().table_row(level, m, code_of(at, m));
      simd::scores_after_tables(scores_.data() + row * stride, static_cast<T>(shifts_[at]), used, level, stride,
                                values_.data() + h * stride, maxima_.data() + h * maxima_stride(level), lanes);
    }
    return farthest;
  }

  [[nodiscard]] std::size_t maxima_stride(std::size_t level) const noexcept {
    return tables().stride(level) / simd::score_chunk<T> * simd::width<T>;
  }
  [[nodiscard]] code_t code_of(std::size_t hypothesis, std::size_t level) const {
    return codes_(static_cast<index_t>(hypothesis), static_cast<index_t>(level));
  }

  /// No word of the best `kept` has a smaller score: each lane's maximum is a score of another word, so the kept-th
  /// largest of them is no better than the kept-th best of all. -infinity where that says nothing.
  [[nodiscard]] static T lower_bound_of_best(T const* lanes, std::size_t kept, double doubt) noexcept {
    constexpr T none = -std::numeric_limits<T>::infinity();
    if (kept > simd::score_chunk<T>) return none;
    auto const exact = static_cast<double>(simd::kth_largest_lane(lanes, kept)) - 2 * doubt;
    return std::nextafter(static_cast<T>(exact), none);
  }

  /// Sorts the candidates; whether their scores are far enough apart to prove the first `kept`.
  [[nodiscard]] bool proven(std::size_t kept, double doubt) {
    if (!std::isfinite(doubt)) return false;
    sort_by_score();
    for (std::size_t k = 0; k < kept && k + 1 < candidates_.size(); ++k)
      if (!(static_cast<double>(candidates_[k].score) - static_cast<double>(candidates_[k + 1].score) > 2 * doubt))
        return false;
    return true;
  }

  /// Sorts the candidates as the plain way does.
  void compare_in_double(matrix_cref<T> const& x, std::size_t row, std::size_t level) {
    auto const beams = static_cast<index_t>(beams_);
    plain_.residual = x.row(static_cast<index_t>(row)).replicate(beams, 1);
    plain_.prefix.setZero(beams, x.cols());
    plain_.codes.resize(beams_);
    for (std::size_t m = 0; m < level; ++m) {
      for (std::size_t h = 0; h < beams_; ++h) plain_.codes[h] = code_of(row * beams_ + h, m);
      encoder_->advance(plain_.residual, plain_.prefix, plain_.codes, m);
    }
    encoder_->compose(plain_.residual, plain_.prefix, level, plain_.query);
    measured_.clear();
    for (candidate const& c : candidates_) {
      auto const query = row_span(plain_.query, static_cast<index_t>(c.hypothesis));
      measured_.push_back({encoder_->search(level).distance_to(query, c.code), c});
    }
    std::sort(measured_.begin(), measured_.end(), [](measured_candidate const& a, measured_candidate const& b) {
      return std::tie(a.distance, a.which.hypothesis, a.which.code) <
             std::tie(b.distance, b.which.hypothesis, b.which.code);
    });
    std::transform(measured_.begin(), measured_.end(), candidates_.begin(),
                   [](measured_candidate const& m) { return m.which; });
  }

  void adopt(candidate const& chosen, std::size_t row, std::size_t to, std::size_t level) {
    std::size_t const from = row * beams_ + chosen.hypothesis;
    code_t* const codes = row_span(next_codes_, static_cast<index_t>(to)).data();
    code_t const* const before = row_span(codes_, static_cast<index_t>(from)).data();
    std::copy_n(before, level, codes);
    codes[level] = chosen.code;
    next_shifts_[to] = static_cast<double>(chosen.score) + tables().carried(level, {codes, level + 1});
  }

  residual_encoder<T, M, R> const* encoder_;
  std::size_t width_, rows_ = 0, beams_ = 1;
  code_matrix codes_, next_codes_;            ///< rows * hypotheses x levels
  std::vector<double> shifts_, next_shifts_;  ///< by hypothesis: half of |query|^2, less than that of the best one
  std::vector<double> doubts_;                ///< by row: how far a shift can be from the real number
  std::vector<candidate> candidates_;
  std::vector<measured_candidate> measured_;
  typename residual_tables<T>::beam_workspace kernel_;
  simd::aligned_buffer<T> scores_, values_, maxima_;
  residual_workspace<T> plain_;
};

}  // namespace sidera::inline SIDERA_ABI
