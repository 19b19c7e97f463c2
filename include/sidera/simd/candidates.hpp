// SPDX-License-Identifier: MIT
#pragma once
/// \file  The words of one row whose scores are too close to the best one to be
/// excluded.
#include <algorithm>
#include <bit>
#include <limits>
#include <sidera/simd/first_lanes.hpp>
#include <sidera/simd/lane_mask.hpp>
#include <span>

namespace sidera::inline SIDERA_ABI::simd {

template <Scalar T>
struct scored_word {
  T score;
  std::uint32_t word;
};

/// Scores are looked at in chunks of this many.
template <Scalar T>
inline constexpr std::size_t score_chunk = 4 * width<T>;

/// Numbers that the largest scores of `count` scores take, lane by lane of each chunk.
template <Scalar T>
[[nodiscard]] constexpr std::size_t maxima_count(std::size_t count) noexcept {
  return count / score_chunk<T> * width<T>;
}

/// The largest of `count` scores, a multiple of score_chunk; for each chunk c
/// the largest scores lane by lane go to maxima[c * width]. No score may be
/// NaN. All pointers are aligned.
template <Scalar T>
[[nodiscard]] inline T chunk_maxima(T const* scores, std::size_t count, T* maxima) noexcept {
  constexpr std::size_t w = width<T>;
  batch<T> best(-std::numeric_limits<T>::infinity());
  for (T const* const end = scores + count; scores != end; scores += score_chunk<T>, maxima += w) {
    auto const lower = xsimd::max(batch<T>::load_aligned(scores), batch<T>::load_aligned(scores + w));
    auto const upper = xsimd::max(batch<T>::load_aligned(scores + 2 * w), batch<T>::load_aligned(scores + 3 * w));
    auto const all = xsimd::max(lower, upper);
    all.store_aligned(maxima);
    best = xsimd::max(best, all);
  }
  return largest_lane<T>(best);
}

/// Calls visit(i) for each lane of `maxima`, those of `count` scores, that is at least `bound`: one of the scores i,
/// i + width, ... of the lane's chunk is.
template <Scalar T, class Visit>
SIDERA_ALWAYS_INLINE void for_each_hit(T const* maxima, std::size_t count, T bound, Visit const& visit) {
  constexpr std::size_t w = width<T>, part = 64 / w;  // chunks whose lanes are the bits of one integer
  std::size_t const chunks = count / score_chunk<T>;
  for (std::size_t p = 0; p < chunks; p += part) {
    std::uint64_t hits = 0;
    for (std::size_t c = std::min(chunks, p + part); c-- > p;)
      hits = hits << w % 64 | lanes_at_least<T>(batch<T>::load_aligned(maxima + c * w), batch<T>(bound));
    for (; hits != 0; hits &= hits - 1) {
      auto const hit = static_cast<std::size_t>(std::countr_zero(hits));
      visit((p + hit / w) * score_chunk<T> + hit % w);
    }
  }
}

/// A row's words whose score reaches a bound that rises with the best score.
///
/// A row with more than \ref capacity such words (duplicates, mostly) is given
/// up: `complete()` is false, and all words have to be compared. The capacity
/// is large since words come in groups: before its own group has come, much
/// looks good to a row.
template <Scalar T>
class candidate_list {
 public:
  static constexpr std::size_t capacity = 127;

  void clear() noexcept { best_ = -std::numeric_limits<T>::infinity(), count_ = 0; }
  /// Nothing is excluded: the row has no usable scores.
  void give_up() noexcept { count_ = capacity + 1; }

  [[nodiscard]] bool complete() const noexcept { return count_ <= capacity; }
  [[nodiscard]] std::span<scored_word<T> const> words() const noexcept { return {words_, count_}; }

  /// Takes note of the best score of further words; returns the best one of
  /// all.
  T raise(T best) noexcept {
    best_ = best > best_ ? best : best_;
    return best_;
  }

  /// Takes in scores[i] of the words first + i that reach `bound`, and drops
  /// earlier words that do not. A bound that is no number lets none pass.
  void collect(T const* scores, T const* maxima, std::size_t count, std::size_t first, T bound) noexcept {
    bound = std::max(bound, std::numeric_limits<T>::lowest());  // the padding behind the last
                                                                // word is -infinity
    if (count_ > 0) drop_below(bound);
    for_each_hit<T>(maxima, count, bound, [&](std::size_t at) { collect_lane(scores, at, first, bound); });
  }

  /// Gives every word a better score, word i of the list scores[i], and drops those below lowest(best), best the
  /// largest one. The list must be complete and not empty.
  template <class Lowest>
  void rescore(T const* scores, Lowest const& lowest) noexcept {
    if (count_ < width<T>) {
      batch<T> const all = load_first<T>(scores, count_, -std::numeric_limits<T>::infinity());
      best_ = largest_lane<T>(all);
      std::uint32_t const near = lanes_at_least<T>(all, batch<T>(lowest(best_)));
      if (std::has_single_bit(near)) {  // almost always
        words_[0] = {best_, words_[std::countr_zero(near)].word};
        count_ = 1;
        return;
      }
    }
    best_ = *std::max_element(scores, scores + count_);
    for (std::size_t i = 0; i < count_; ++i) words_[i].score = scores[i];
    drop_below(lowest(best_));
  }

 private:
  /// One lane of one chunk. A row that is given up stays so: count_ is beyond
  /// the capacity.
  void collect_lane(T const* scores, std::size_t at, std::size_t first, T bound) noexcept {
    if (count_ + score_chunk<T> / width < T >> capacity + 1) return give_up();
    for (std::size_t v = 0; v < score_chunk<T>; v += width<T>) {
      words_[count_] = {scores[at + v], static_cast<std::uint32_t>(first + at + v)};
      count_ += scores[at + v] >= bound ? 1u : 0u;
    }
  }

  void drop_below(T bound) noexcept {
    if (!complete()) return;
    std::size_t kept = 0;
    for (std::size_t i = 0; i < count_; ++i)
      if (words_[i].score >= bound) words_[kept++] = words_[i];
    count_ = kept;
  }

  T best_ = -std::numeric_limits<T>::infinity();
  std::size_t count_ = 0;
  scored_word<T> words_[capacity + 1];
};

}  // namespace sidera::inline SIDERA_ABI::simd
