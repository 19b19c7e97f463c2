// SPDX-License-Identifier: MIT
#pragma once
/// \file  The words of a search as integers of 16 or 8 bits, and how far their scores can be from those of the numbers.
#include <sidera/simd/integer_rows.hpp>
#include <sidera/simd/word_panels.hpp>
#include <utility>

namespace sidera::inline SIDERA_ABI::simd {

/// The integers of \ref word_panels: w_j is close to scale * p_j, p_j of 16-bit or 8-bit integers, one scale for all
/// words. Sums of products with rows of \ref quantize_rows are exact in 32 bits.
///
/// They serve as a first pass: scores are cheap and less precise than those of float, by a bound that is known for
/// every row; where it does not leave one word only, better ones decide.
///
/// Layout: panels as in word_panels, [panel][lane of d][word][entries of a lane].
template <class Entry>
class integer_panels {
 public:
  using row_entry = Entry;
  static constexpr std::size_t words_per_panel = word_panels<float>::words_per_panel;
  static constexpr std::size_t tile_rows = detail::integer_tile_rows;  ///< that are scored together

  integer_panels() = default;
  explicit integer_panels(word_panels<float> const& words)
      : dim_(words.dim()),
        panel_count_(words.panel_count()),
        limit_(largest_integer(words.dim())),
        packed_(panel_count_ * panel_entries()),
        halves_(by_halves ? 2 * panel_count_ * panel_halves() : 0),
        starts_(words.panel_count() * words_per_panel),
        bias_(words.panel_count() * words_per_panel) {
    std::copy_n(words.bias(0), panel_count_ * words_per_panel, bias_.data());
    std::fill_n(packed_.data(), panel_count_ * panel_entries(), Entry{0});
    if constexpr (by_halves) std::fill_n(halves_.data(), 2 * panel_count_ * panel_halves(), std::int8_t{0});
    std::fill_n(starts_.data(), panel_count_ * words_per_panel, 0);
    double most = 0;
    for (std::size_t j = 0; j < words.words(); ++j)
      for (std::size_t d = 0; d < dim_; ++d) most = larger(most, std::abs(static_cast<double>(words.entry(j, d))));
    if (limit_ < coarsest || !(most < 1e30)) return;  // also for a NaN
    scale_ = most >= 1e-18 ? static_cast<float>(most / limit_) : 0.0f;
    for (std::size_t j = 0; j < words.words(); ++j) pack(words, j);
    usable_ = detail::has_integer_tile<Entry>;
    set_errors();
  }

  /// The largest magnitude of an integer of `dim` entries. Of 16 bits: dim times its square is below 2^31, and it has
  /// \ref detail::halves. Of 8 bits: 127, or 0 where dim * 127 * 255, more than any sum, is not below 2^31.
  [[nodiscard]] static int largest_integer(std::size_t dim) noexcept {
    if constexpr (sizeof(Entry) == 1) return dim < 66'000 ? 127 : 0;
    double const most = std::sqrt((0x1p31 - 1) / static_cast<double>(std::max<std::size_t>(dim, 2)));
    return static_cast<int>(std::min(127.0 * 257, most * (1 - 1e-12)));
  }

  /// Whether a pass in integers can pay for words of `dim` entries: below 16, it is mostly the work around the
  /// products.
  [[nodiscard]] static constexpr bool pays(std::size_t dim) noexcept {
    return detail::has_integer_tile<Entry> && dim >= 16;
  }

  /// False where there are no integer registers, where integers of that many entries would be too coarse, and where
  /// words are out of range.
  [[nodiscard]] bool usable() const noexcept { return usable_; }
  [[nodiscard]] std::size_t dim() const noexcept { return dim_; }
  [[nodiscard]] std::size_t panel_count() const noexcept { return panel_count_; }
  [[nodiscard]] std::size_t row_length() const noexcept { return integer_row_length<Entry>(dim_); }

  /// Whether a \ref matrix_unit_session serves these panels.
  [[nodiscard]] bool wants_unit() const noexcept { return (by_matrix_unit || by_halves) && usable_; }

  /// Writes `count` rows, `stride` numbers apart, less `centre` as numbers and as integers, row_length() of them. They
  /// fit all panels of as many entries.
  void load_rows(float const* x, std::size_t stride, std::size_t count, float const* centre,
                 quantized_rows<Entry> const& out) const noexcept {
    quantize_rows(x, stride, count, centre, dim_, limit_, out);
  }

  /// Writes the scores of panel p of tile_rows rows, row r to scores[r * stride], aligned. `rows` is what \ref
  /// load_rows wrote, one row after the other.
  template <class Rules>
  void store_scores(Entry const* rows, std::size_t p, float* scores, std::size_t stride, Rules const&,
                    fetch_ahead ahead = {}) const noexcept {
    store_scores(rows, p, nullptr, 0, scores, stride, ahead);
  }

  /// The same of rows that lie anywhere, row r at rows[r]; of the first `Vectors` registers of words.
  template <std::size_t Vectors = detail::tile_vectors>
  void store_scores(Entry const* const* rows, std::size_t p, float* scores, std::size_t stride,
                    fetch_ahead ahead = {}) const noexcept {
    if constexpr (by_matrix_unit)
      if (detail::matrix_unit_is_ready)
        return detail::store_unit_scores<Vectors>(rows, panel(p), {scores, stride}, ahead);
    for (std::size_t r = 0; r < tile_rows; r += detail::register_rows)
      detail::store_integer_scores<Vectors>(rows + r, panel(p), detail::score_place{scores + r * stride, stride},
                                            std::exchange(ahead, {}));
  }

  /// The same less the numbers of `table_count` table rows: those of row r are at tables[r * table_count], aligned, a
  /// number for every word of every panel.
  void store_scores(Entry const* rows, std::size_t p, float const* const* tables, std::size_t table_count,
                    float* scores, std::size_t stride, fetch_ahead ahead = {}) const noexcept {
    detail::table_part part{tables, table_count, p * words_per_panel};
    detail::score_place out{scores, stride};
    if constexpr (by_matrix_unit)
      if (detail::matrix_unit_is_ready)
        return detail::store_unit_scores(rows, row_length(), panel(p), part, out, ahead);
    if constexpr (by_halves)
      if (detail::matrix_unit_is_ready)
        return detail::store_unit_scores(rows, row_length(), detail::halves_of(rows, dim_), panel(p), halves(p),
                                         detail::unit_steps(dim_), part, out);
    for (std::size_t r = 0; r < tile_rows; r += detail::register_rows) {
      detail::store_integer_scores(rows, row_length(), panel(p), part, out, std::exchange(ahead, {}));
      rows += detail::register_rows * row_length();
      part.rows += detail::register_rows * table_count;
      out.scores += detail::register_rows * stride;
    }
  }

  /// How far the score of a row a with |a| <= `length` and |a - s q| <= `row_error` can be from the sum
  /// <a, w_j> + bias_j of the numbers in the panels of floats.
  ///
  ///   1. <a, w> - <s q, scale p> = <a - s q, w> + <s q, w - scale p>: at most row_error W + (length + row_error) E, W
  ///      the longest |w_j|, E the longest |w_j - scale p_j| (Cauchy and Schwarz).
  ///   2. The sum of integers is exact. As a float it is rounded once, and so are the product of the scales, the
  ///      product of both and the sum with the bias: at most 5 u (|bias| + (length + row_error) (W + E)).
  ///   3. What underflows: the product of the scales loses at most half the smallest number, which the sum of integers
  ///      raises by less than 2^31; with the later operations less than 2^-117.
  [[nodiscard]] double score_error(double length, double row_error) const noexcept {
    return error_at_zero_ + row_error * error_per_row_error_ + length * error_per_length_;
  }

  /// How far the difference of the scores of two words can be from that of the sums that they stand for: in 1 above,
  /// with w_j - w_k and the difference of their errors instead of w_j and w_j - scale p_j.
  [[nodiscard]] double difference_error(double length, double row_error) const noexcept {
    return 2 * error_at_zero_ + row_error * difference_per_row_error_ + length * difference_per_length_;
  }
  /// No two words are farther apart than `words`, and no two of \ref word_error than `errors`. Without it: twice the
  /// longest ones.
  void set_distances(double words, double errors) noexcept {
    constexpr double slack = 1 + 1e-6;
    double const apart = std::fmin(words, 2 * largest_word_),
                 left = std::fmin(errors + 4 * unit * largest_error_, 2 * largest_error_);
    difference_per_length_ = (left + 2 * rounding()) * slack;
    difference_per_row_error_ = (apart + left + 2 * rounding()) * slack;
  }
  /// The scale of all words.
  [[nodiscard]] float scale() const noexcept { return scale_; }
  /// Entry d of p_j.
  [[nodiscard]] Entry integer(std::size_t j, std::size_t d) const noexcept { return packed_.data()[place(j, d)]; }
  /// out_d = w_d - scale p_d for word j, w as it is in the panels of floats, rounded once.
  void word_error(std::size_t j, float const* w, float* out) const noexcept {
    for (std::size_t d = 0; d < dim_; ++d)
      out[d] = static_cast<float>(static_cast<double>(w[d]) -
                                  static_cast<double>(scale_) * static_cast<double>(integer(j, d)));
  }

 private:
  static constexpr std::size_t lane_entries = detail::lane_entries<Entry>;
  static constexpr bool by_matrix_unit = detail::serves_integers<Entry>, by_halves = detail::serves_halves<Entry>;
  static constexpr double unit = static_cast<double>(std::numeric_limits<float>::epsilon()) / 2;
  static constexpr int coarsest = sizeof(Entry) == 1 ? 127 : 256;  ///< fewer steps than that leave too many words

  [[nodiscard]] std::size_t lanes() const noexcept { return integer_lanes<Entry>(dim_); }
  /// With zeros behind the last lane where the unit reads whole steps.
  [[nodiscard]] std::size_t panel_entries() const noexcept {
    std::size_t const all = lanes() * lane_entries;
    return (by_matrix_unit ? detail::whole_steps(all) : all) * words_per_panel;
  }
  [[nodiscard]] detail::integer_panel<Entry> panel(std::size_t p) const noexcept {
    std::size_t const first = p * words_per_panel;
    return {packed_.data() + p * panel_entries(), starts_.data() + first, bias_.data() + first, scale_, lanes()};
  }

  /// Bytes of the high halves of a panel, and of the low ones behind them.
  [[nodiscard]] std::size_t panel_halves() const noexcept { return detail::whole_steps(dim_) * words_per_panel; }
  void set_halves(std::size_t j, std::size_t d, std::int16_t v) noexcept {
    auto const [high, low] = detail::halves_of(v);
    std::int8_t* const at = halves_.data() + 2 * (j / words_per_panel) * panel_halves() +
                            place_in_panel<detail::lane_entries<std::int8_t>>(j, d);
    at[0] = high;
    at[panel_halves()] = low;
  }

  [[nodiscard]] detail::half_bytes halves(std::size_t p) const noexcept {
    return {halves_.data() + 2 * p * panel_halves(), panel_halves()};
  }

  /// The terms of \ref score_error by what they are multiplied with.
  void set_errors() noexcept {
    constexpr double slack = 1 + 1e-6;
    error_per_length_ = (largest_error_ + rounding()) * slack;
    error_per_row_error_ = (largest_word_ + largest_error_ + rounding()) * slack;
    error_at_zero_ = 5 * unit * largest_bias_ * slack + 0x1p-117;
    set_distances(2 * largest_word_, 2 * largest_error_);
  }
  [[nodiscard]] double rounding() const noexcept { return 5 * unit * (largest_word_ + largest_error_); }

  [[nodiscard]] std::size_t place(std::size_t j, std::size_t d) const noexcept {
    return j / words_per_panel * panel_entries() + place_in_panel<lane_entries>(j, d);
  }
  /// Where entry d of word j is in its panel of lanes of `N` entries.
  template <std::size_t N>
  [[nodiscard]] static std::size_t place_in_panel(std::size_t j, std::size_t d) noexcept {
    return (d / N * words_per_panel + j % words_per_panel) * N + d % N;
  }

  /// The larger one; a NaN on either side stays.
  [[nodiscard]] static double larger(double most, double value) noexcept {
    return value <= most || most != most ? most : value;
  }

  void pack(word_panels<float> const& words, std::size_t j) {
    double square = 0, error = 0;
    for (std::size_t d = 0; d < dim_; ++d) {
      auto const w = static_cast<double>(words.entry(j, d)), s = static_cast<double>(scale_);
      double const code = scale_ > 0 ? std::clamp(std::nearbyint(w / s), -double(limit_), double(limit_)) : 0.0;
      packed_.data()[place(j, d)] = static_cast<Entry>(code);
      if constexpr (by_halves) set_halves(j, d, static_cast<Entry>(code));
      starts_.data()[j] -= detail::stored_offset<Entry> * static_cast<std::int32_t>(code);
      square += w * w;
      error += (w - s * code) * (w - s * code);
    }
    largest_word_ = std::max(largest_word_, std::sqrt(square + 1e-300));
    largest_error_ = std::max(largest_error_, std::sqrt(error + 1e-300));
    largest_bias_ = std::max(largest_bias_, std::abs(static_cast<double>(bias_.data()[j])));
  }

  std::size_t dim_ = 0, panel_count_ = 0;
  int limit_ = 0;
  float scale_ = 0;
  bool usable_ = false;
  aligned_buffer<Entry> packed_;
  aligned_buffer<std::int8_t> halves_;  ///< the same in bytes, for a matrix unit: of each panel the high ones, the low
  aligned_buffer<std::int32_t> starts_;
  aligned_buffer<float> bias_;
  double largest_word_ = 0, largest_error_ = 0, largest_bias_ = 0;
  double error_per_length_ = 0, error_per_row_error_ = 0, error_at_zero_ = 0;
  double difference_per_length_ = 0, difference_per_row_error_ = 0;
};

/// What first passes are made in: the smallest integers that there are registers for.
using first_pass_entry = std::conditional_t<detail::has_integer_tile<std::int8_t>, std::int8_t, std::int16_t>;
using first_pass_panels = integer_panels<first_pass_entry>;

}  // namespace sidera::inline SIDERA_ABI::simd
