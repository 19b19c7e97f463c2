// SPDX-License-Identifier: MIT
#pragma once
/// \file  The best two words of rows that several searches share.
#include <sidera/simd/centred_rows.hpp>
#include <sidera/simd/integer_panels.hpp>

namespace sidera::inline SIDERA_ABI::simd {

/// What the search knows of one row. Scores are those of \ref word_panels, good to within `score_error(length)`.
template <Scalar T>
struct row_best {
  std::size_t word;  ///< of the best score; the lowest one of equals
  T score;
  T runner_up;    ///< the second best score, equal to `score` when two words tie; -infinity with one word
  double length;  ///< |x - centre|
};

/// The rows of a block as integers.
template <class Entry>
struct integer_block {
  aligned_buffer<Entry> rows;
  aligned_buffer<double> errors;        ///< how far those are from the rows
  aligned_buffer<Entry> remainders;     ///< what they leave, where it is asked for: see \ref quantized_rows
  aligned_buffer<double> finer_errors;  ///< how far the integers with the remainders are
};

/// Memory of one worker; grows to the largest block it has seen.
template <Scalar T>
struct search_workspace {
  aligned_buffer<T> rows;
  aligned_buffer<double> lengths;
};

namespace detail {

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

  /// The best of the lanes; the first word if every score is not a number, as those of an overflowing row are. No
  /// branch: which lane wins cannot be predicted.
  [[nodiscard]] static row_best<T> collect(T const* lanes, double length) noexcept {
    constexpr std::size_t w = width<T>;
    T best = lanes[0];
    for (std::size_t l = 1; l < w; ++l) best = std::max(best, lanes[l]);
    T number = std::numeric_limits<T>::infinity();
    std::size_t winner = 0;
    for (std::size_t l = 0; l < w; ++l) {
      bool const first = lanes[l] == best && lanes[2 * w + l] < number;
      number = first ? lanes[2 * w + l] : number;
      winner = first ? l : winner;
    }
    T second = lanes[w + winner];
    for (std::size_t l = 0; l < w; ++l) second = std::max(second, l == winner ? second : lanes[l]);
    number = number < std::numeric_limits<T>::infinity() ? number : T(0);
    return {static_cast<std::size_t>(number) * w + winner, best, second, length};
  }
};

}  // namespace detail

/// Copies `count` rows minus the centre of `panels` to w.rows and their lengths to w.lengths: what \ref centred_scores
/// works on. Panels that share a centre share this step.
template <Scalar T>
void centre_rows(word_panels<T> const& panels, T const* x, std::size_t stride, std::size_t count,
                 search_workspace<T>& w) {
  std::size_t const dim = panels.dim(), padded = detail::whole_tiles(count);
  T* const out = w.rows.reserve(padded * dim);
  double* const lengths = w.lengths.reserve(padded);
  for (std::size_t i = 0; i < count; ++i)
    lengths[i] = centre_row(x + i * stride, panels.centre().data(), dim, out + i * dim);
  std::fill(out + count * dim, out + padded * dim, T(0));
}

/// The same, and the rows as integers; with `remainders`, also what these leave, for \ref finer_words.
template <class Entry>
void centre_rows(word_panels<float> const& panels, integer_panels<Entry> const& integers, float const* x,
                 std::size_t stride, std::size_t count, search_workspace<float>& w, integer_block<Entry>& block,
                 bool remainders = false) {
  std::size_t const length = integers.row_length(), padded = detail::whole_tiles_of<Entry>(count),
                    all = padded * length + sizeof(detail::integer_batch) / sizeof(Entry);
  Entry* const rows = block.rows.reserve(all);
  float* const centred = w.rows.reserve(detail::whole_tiles(count) * panels.dim());
  quantized_rows<Entry> out{centred, rows, w.lengths.reserve(padded), block.errors.reserve(padded)};
  if (remainders) {
    out.remainders = block.remainders.reserve(padded * remainder_row_length<Entry>(panels.dim()));
    out.finer_errors = block.finer_errors.reserve(padded);
  }
  integers.load_rows(x, stride, count, panels.centre().data(), out);
  std::fill(centred + count * panels.dim(), centred + detail::whole_tiles(count) * panels.dim(), 0.0f);
  std::fill(rows + count * length, rows + all, Entry{0});
}

/// The best two words so far of each row of a block, lane by lane.
template <Scalar T>
class running_best {
  using state = detail::lane_state<T>;

 public:
  /// Forgets everything, for up to `rows` rows in whole tiles.
  void reset(std::size_t rows) {
    T* const lanes = lanes_.reserve(rows * state::size);
    for (std::size_t r = 0; r < rows; ++r) state::reset(lanes + r * state::size);
  }

  /// Takes in the words of panel p for the tile of rows that were centred last and begin at row `first`, after table
  /// rows are subtracted: score_j - table_0[j] - table_1[j] - ... Row r of the block has its `table_count` tables at
  /// tables[r * table_count]; each is aligned and holds a number for every word of every panel.
  void add_panel(word_panels<T> const& panels, std::size_t p, std::size_t first, T const* const* tables,
                 std::size_t table_count, search_workspace<T> const& w) noexcept {
    constexpr std::size_t words_per_panel = word_panels<T>::words_per_panel;
    detail::score_tile<T>(
        w.rows.data() + first * panels.dim(), panels.panel(p), panels.bias(p), panels.dim(),
        {}, [&](std::size_t r, batch<T> const* scores) __attribute__((always_inline)) {
          batch<T> left[detail::tile_vectors];
          detail::unroll<detail::tile_vectors>([&](auto v) __attribute__((always_inline)) {
            left[v] = scores[v];
            for (std::size_t t = 0; t < table_count; ++t)
              left[v] = left[v] - batch<T>::load_aligned(tables[(first + r) * table_count + t] + p * words_per_panel +
                                                         v * width<T>);
          });
          state::update(lanes_.data() + (first + r) * state::size, left, static_cast<T>(p * detail::tile_vectors));
        });
  }

  /// Of row r, when all panels have been added.
  [[nodiscard]] row_best<T> best(std::size_t r, search_workspace<T> const& w) const noexcept {
    return state::collect(lanes_.data() + r * state::size, w.lengths.data()[r]);
  }

 private:
  aligned_buffer<T> lanes_;
};

}  // namespace sidera::inline SIDERA_ABI::simd
