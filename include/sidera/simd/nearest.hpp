// SPDX-License-Identifier: MIT
#pragma once
/// \file  The fused search: scores of all words for a block of rows, of which only the best two survive.
#include <sidera/simd/score_tile.hpp>
#include <sidera/simd/word_panels.hpp>

namespace sidera::inline SIDERA_ABI::simd {

/// What the search knows of one row. Scores are those of \ref word_panels, good to within `score_error(length)`.
template <Scalar T>
struct row_best {
  std::size_t word;  ///< of the best score; the lowest one of equals
  T score;
  T runner_up;    ///< the second best score, equal to `score` when two words tie; -infinity with one word
  double length;  ///< |x - centre|
};

/// Memory of one worker; grows to the largest block it has seen.
template <Scalar T>
struct search_workspace {
  aligned_buffer<T> rows, lanes, scores;
  aligned_buffer<double> lengths;
};

/// Rows per block, from the shape of the words alone. Words that fit the second-level cache are streamed past a few
/// rows; more words are cut into groups that fit, and each group serves many rows before the next one is fetched.
template <Scalar T>
[[nodiscard]] std::size_t search_block_rows(word_panels<T> const& panels) noexcept {
  std::size_t const row_bytes = std::max<std::size_t>(1, panels.dim()) * sizeof(T);
  bool const one_group = panels.panel_count() * word_panels<T>::words_per_panel * row_bytes <= (std::size_t{3} << 17);
  std::size_t const rows = std::clamp<std::size_t>((std::size_t{one_group ? 1u : 8u} << 17) / row_bytes, 24, 1200);
  return rows / detail::tile_rows * detail::tile_rows;
}

namespace detail {

/// Copies `count` rows minus the centre, padded with zero rows to whole tiles, and measures them.
template <Scalar T>
void centre_rows(word_panels<T> const& panels, T const* x, std::size_t stride, std::size_t count,
                 search_workspace<T>& w) {
  std::size_t const dim = panels.dim(), padded = (count + tile_rows - 1) / tile_rows * tile_rows;
  T* const out = w.rows.reserve(padded * dim);
  double* const lengths = w.lengths.reserve(padded);
  T const* const centre = panels.centre().data();
  for (std::size_t i = 0; i < count; ++i) {
    T* const row = out + i * dim;
    double square = 0;
    for (std::size_t d = 0; d < dim; ++d) row[d] = x[i * stride + d] - centre[d];
    for (std::size_t first = 0; first < dim; first += 16) {  // short float sums, long double ones
      T part = 0;
      for (std::size_t d = first; d < std::min(first + 16, dim); ++d) part += row[d] * row[d];
      square += static_cast<double>(part);
    }
    lengths[i] = std::sqrt(square) * (1 + 1e-5);  // above the true length, whatever the rounding of the parts
  }
  std::fill(out + count * dim, out + padded * dim, T(0));
}

/// Running best, runner-up and register number of the best, per lane of one row.
template <Scalar T>
struct lane_state {
  static constexpr std::size_t size = 3 * width<T>;

  static void reset(T* lanes) noexcept {
    std::fill(lanes, lanes + 2 * width<T>, -std::numeric_limits<T>::infinity());
    std::fill(lanes + 2 * width<T>, lanes + size, T(0));
  }

  /// Takes in the scores of one panel; `first` is the number of its first register among all registers of words.
  SIDERA_ALWAYS_INLINE static void update(T* lanes, batch<T> const* scores, T first) noexcept {
    constexpr std::size_t w = width<T>;
    auto best = batch<T>::load_aligned(lanes), second = batch<T>::load_aligned(lanes + w),
         number = batch<T>::load_aligned(lanes + 2 * w);
    unroll<tile_vectors>([&](auto v) __attribute__((always_inline)) {
      second = xsimd::max(second, xsimd::min(best, scores[v]));
      number = xsimd::select(scores[v] > best, batch<T>(first + static_cast<T>(v)), number);
      best = xsimd::max(best, scores[v]);
    });
    best.store_aligned(lanes);
    second.store_aligned(lanes + w);
    number.store_aligned(lanes + 2 * w);
  }

  [[nodiscard]] static row_best<T> collect(T const* lanes, double length) noexcept {
    constexpr std::size_t w = width<T>;
    row_best<T> out{0, -std::numeric_limits<T>::infinity(), -std::numeric_limits<T>::infinity(), length};
    for (std::size_t l = 0; l < w; ++l) {
      std::size_t const word = static_cast<std::size_t>(lanes[2 * w + l]) * w + l;
      out.runner_up = std::max({out.runner_up, lanes[w + l], std::min(out.score, lanes[l])});
      if (lanes[l] > out.score || (lanes[l] == out.score && word < out.word)) out.word = word;
      out.score = std::max(out.score, lanes[l]);
    }
    return out;
  }
};

}  // namespace detail

/// The best two words of `count` rows (`stride` numbers apart, at most search_block_rows of them): out[i] for row i.
///
/// The rows must be finite. Rows whose `in_range(length)` is false have meaningless entries but their length.
template <Scalar T>
void find_best(word_panels<T> const& panels, T const* x, std::size_t stride, std::size_t count, row_best<T>* out,
               search_workspace<T>& w) {
  using state = detail::lane_state<T>;
  constexpr std::size_t words_per_panel = word_panels<T>::words_per_panel;
  detail::centre_rows(panels, x, stride, count, w);
  std::size_t const padded = (count + detail::tile_rows - 1) / detail::tile_rows * detail::tile_rows;
  T* const lanes = w.lanes.reserve(padded * state::size);
  for (std::size_t i = 0; i < padded; ++i) state::reset(lanes + i * state::size);
  std::size_t const dim = panels.dim(), panel_bytes = words_per_panel * std::max<std::size_t>(1, dim) * sizeof(T);
  std::size_t const all = panels.panel_count();
  std::size_t const group = all * panel_bytes <= (std::size_t{3} << 17)
                                ? all
                                : std::max<std::size_t>(1, (std::size_t{1} << 18) / panel_bytes);
  for (std::size_t g = 0; g < all; g += group)
    for (std::size_t i = 0; i < padded; i += detail::tile_rows)
      for (std::size_t p = g; p < std::min(g + group, all); ++p)
        detail::score_tile<T>(
            w.rows.data() + i * dim, panels.panel(p), panels.bias(p),
            dim, [&](std::size_t r, batch<T> const* scores) __attribute__((always_inline)) {
              state::update(lanes + (i + r) * state::size, scores, static_cast<T>(p * detail::tile_vectors));
            });
  for (std::size_t i = 0; i < count; ++i) out[i] = state::collect(lanes + i * state::size, w.lengths.data()[i]);
}

/// Copies `count` rows minus the centre of `panels` to w.rows and their lengths to w.lengths: what \ref centred_scores
/// works on. Panels that share a centre share this step.
template <Scalar T>
void centre_rows(word_panels<T> const& panels, T const* x, std::size_t stride, std::size_t count,
                 search_workspace<T>& w) {
  detail::centre_rows(panels, x, stride, count, w);
}

/// The best two words of up to a tile of the rows that were centred last, after table rows are subtracted:
/// score_j - table_0[j] - table_1[j] - ... Row r of the tile, row first + r of the block, has its `table_count` tables
/// at tables[r * table_count]; each is aligned and holds a number for every word of every panel.
template <Scalar T>
void find_best_after_tables(word_panels<T> const& panels, std::size_t first, std::size_t count, T const* const* tables,
                            std::size_t table_count, row_best<T>* out, search_workspace<T>& w) noexcept {
  using state = detail::lane_state<T>;
  constexpr std::size_t words_per_panel = word_panels<T>::words_per_panel;
  alignas(64) T lanes[detail::tile_rows * state::size];
  for (std::size_t r = 0; r < detail::tile_rows; ++r) state::reset(lanes + r * state::size);
  for (std::size_t p = 0; p < panels.panel_count(); ++p)
    detail::score_tile<T>(
        w.rows.data() + first * panels.dim(), panels.panel(p), panels.bias(p),
        panels.dim(), [&](std::size_t r, batch<T> const* scores) __attribute__((always_inline)) {
          if (r >= count) return;
          batch<T> left[detail::tile_vectors];
          detail::unroll<detail::tile_vectors>([&](auto v) __attribute__((always_inline)) {
            left[v] = scores[v];
            for (std::size_t t = 0; t < table_count; ++t)
              left[v] =
                  left[v] - batch<T>::load_aligned(tables[r * table_count + t] + p * words_per_panel + v * width<T>);
          });
          state::update(lanes + r * state::size, left, static_cast<T>(p * detail::tile_vectors));
        });
  for (std::size_t r = 0; r < count; ++r) out[r] = state::collect(lanes + r * state::size, w.lengths.data()[first + r]);
}

/// All scores of the `count` rows that were centred last: word j of row i is at w.scores[i * row_stride + j], where
/// row_stride, a multiple of the words of a panel, is the return value. Behind the last word stands -infinity.
template <Scalar T>
std::size_t centred_scores(word_panels<T> const& panels, std::size_t count, search_workspace<T>& w) {
  constexpr std::size_t words_per_panel = word_panels<T>::words_per_panel;
  std::size_t const padded = (count + detail::tile_rows - 1) / detail::tile_rows * detail::tile_rows;
  std::size_t const row_stride = panels.panel_count() * words_per_panel, dim = panels.dim();
  T* const scores = w.scores.reserve(padded * row_stride);
  for (std::size_t i = 0; i < padded; i += detail::tile_rows)
    for (std::size_t p = 0; p < panels.panel_count(); ++p)
      detail::score_tile<T>(
          w.rows.data() + i * dim, panels.panel(p), panels.bias(p),
          dim, [&](std::size_t r, batch<T> const* values) __attribute__((always_inline)) {
            T* const to = scores + (i + r) * row_stride + p * words_per_panel;
            for (std::size_t v = 0; v < detail::tile_vectors; ++v) values[v].store_aligned(to + v * width<T>);
          });
  return row_stride;
}

/// Both steps for rows at `x`, `stride` numbers apart.
template <Scalar T>
std::size_t all_scores(word_panels<T> const& panels, T const* x, std::size_t stride, std::size_t count,
                       search_workspace<T>& w) {
  centre_rows(panels, x, stride, count, w);
  return centred_scores(panels, count, w);
}

}  // namespace sidera::inline SIDERA_ABI::simd
