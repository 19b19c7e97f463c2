// SPDX-License-Identifier: MIT
#pragma once
/// \file  Finite scalar quantization, FSQ: every column is rounded by itself.
#include <sidera/codebooks/usage.hpp>
#include <sidera/core/level_codes.hpp>
#include <sidera/quantizers/concepts.hpp>
#include <sidera/quantizers/scalar_cells.hpp>

namespace sidera::inline SIDERA_ABI {

/// The numbers of a finite scalar quantizer.
struct finite_scalar_options {
  std::vector<std::size_t> levels = {8};  ///< words per column, each at least 2; one entry stands for all columns
  double gain = 1;                        ///< column d is seen as u = gain (x_d - mean_d) / deviation_d
};

/// FSQ (Mentzer et al., "Finite scalar quantization: VQ-VAE made simple", ICLR 2024; arXiv 2309.15505): no codebook is
/// searched, column d becomes one of levels_d cells of tanh u, see \ref tanh_cells. With levels of 2 the codes are
/// signs: LFQ (Yu et al., arXiv 2310.05737).
///
/// The paper puts it behind an encoder of a few columns (\ref finite_scalar_layer); of given data, `fit` takes mean and
/// deviation of each column as the bounds, and the mean of the rows in each cell as its word, which is the best word
/// for that cell. Level l of the codes is column l; \ref mixed_radix joins them to one number.
///
/// Promises: the time of encoding a row does not depend on the product of the levels; ties go to the lower code. `fit`
/// changes nothing when it throws.
template <Scalar T = float>
class finite_scalar_quantizer {
 public:
  using scalar_type = T;

  explicit finite_scalar_quantizer(finite_scalar_options options = {}) : options_(std::move(options)) {
    if (options_.levels.empty()) throw value_error("finite_scalar_options", "levels is empty");
    for (std::size_t const k : options_.levels)
      if (k < 2) throw value_error("finite_scalar_options", "levels has " + to_text(k) + ", expected at least 2");
    if (!(options_.gain > 0)) throw value_error("finite_scalar_options", "gain must be above 0");
  }

  /// Takes bounds and words from the rows of `x` (N x D, N >= the most levels of a column, finite).
  fit_report fit(matrix_cref<T> const& x, executor_ref executor = {}, observer const& = {}) {
    check_training_rows(x);
    std::vector<scalar_cells<T>> cells(column_count(x));
    std::vector<double> squares(column_count(x)), spread(column_count(x));
    fit_report report;
    report.codes.resize(x.rows(), x.cols());
    executor.run(cells.size(), [&](std::size_t d, std::size_t) {
      auto const [mean, deviation] = moments(x, d);
      spread[d] = deviation * deviation * static_cast<double>(x.rows());
      cells[d] = bounded_cells(levels_of(d), mean, deviation);
      squares[d] = take_means(x, d, cells[d], report.codes);
    });
    double const total = sum(spread);
    double left = total;
    for (std::size_t d = 0; d < cells.size(); ++d) {
      left += squares[d] - spread[d];
      report.levels.push_back(level_of(report.codes, d, cells[d].words.size(),
                                       squares[d] / static_cast<double>(x.rows()),
                                       total > 0 ? std::max(left, 0.0) / total : 0));
    }
    cells_ = std::move(cells);
    return report;
  }

  /// N x D codes.
  [[nodiscard]] code_matrix encode(matrix_cref<T> const& x, executor_ref executor = {}) const {
    require_fitted("finite_scalar_quantizer::encode");
    require_columns(x, dim(), "finite_scalar_quantizer::encode", "x");
    require_finite<T>(x, "finite_scalar_quantizer::encode", "x");
    code_matrix out(x.rows(), x.cols());
    block_partition const blocks{row_count(x), 1024};
    executor.run(blocks.count(), [&](std::size_t b, std::size_t) {
      for (std::size_t i = blocks.begin(b); i < blocks.begin(b) + blocks.length(b); ++i) {
        auto const row = row_span(x, static_cast<index_t>(i));
        for (std::size_t d = 0; d < row.size(); ++d)
          out(static_cast<index_t>(i), static_cast<index_t>(d)) = cells_[d].code(row[d]);
      }
    });
    return out;
  }

  /// N x D words; needs the codes of all columns.
  [[nodiscard]] matrix<T> decode(code_matrix_cref const& codes) const {
    require_fitted("finite_scalar_quantizer::decode");
    require_columns(codes, dim(), "finite_scalar_quantizer::decode", "codes");
    matrix<T> out(codes.rows(), codes.cols());
    for (index_t i = 0; i < codes.rows(); ++i)
      for (index_t d = 0; d < codes.cols(); ++d) {
        auto const& words = cells_[static_cast<std::size_t>(d)].words;
        if (codes(i, d) < 0 || static_cast<std::size_t>(codes(i, d)) >= words.size())
          throw value_error("finite_scalar_quantizer::decode",
                            "codes row " + std::to_string(i) + " has code " + std::to_string(codes(i, d)) +
                                ", column " + std::to_string(d) + " has " + std::to_string(words.size()) + " words",
                            static_cast<std::size_t>(i));
        out(i, d) = words[static_cast<std::size_t>(codes(i, d))];
      }
    return out;
  }

  [[nodiscard]] bool fitted() const noexcept { return !cells_.empty(); }
  [[nodiscard]] std::size_t dim() const noexcept { return cells_.size(); }
  [[nodiscard]] std::size_t level_count() const noexcept { return cells_.size(); }
  /// Throws value_error where there is no such column: before there are cells, there is none.
  [[nodiscard]] std::size_t word_count(std::size_t column) const {
    require_index(column, cells_.size(), "finite_scalar_quantizer::word_count", "column");
    return cells_[column].words.size();
  }
  [[nodiscard]] std::vector<scalar_cells<T>> const& cells() const noexcept { return cells_; }

  /// Given cells, one per column; throws value_error where thresholds do not rise or do not fit the words.
  void set_cells(std::vector<scalar_cells<T>> cells) {
    constexpr std::string_view where = "finite_scalar_quantizer::set_cells";
    if (cells.empty()) throw shape_error(where, "there are no columns");
    for (auto const& c : cells) {
      if (c.thresholds.empty() || c.words.size() != c.thresholds.size() + 1)
        throw shape_error(where,
                          to_text(c.words.size()) + " words for " + to_text(c.thresholds.size()) + " thresholds");
      if (!all_finite(std::span<T const>(c.thresholds)) || !all_finite(std::span<T const>(c.words)))
        throw value_error(where, "a threshold or a word is not finite");
      if (!std::is_sorted(c.thresholds.begin(), c.thresholds.end()))
        throw value_error(where, "the thresholds do not rise");
    }
    cells_ = std::move(cells);
  }

  [[nodiscard]] field_set fields() const {
    require_fitted("finite_scalar_quantizer::fields");
    field_set f;
    f.metadata = {{"model", "finite_scalar_quantizer"}, {"dim", to_text(dim())}};
    for (std::size_t d = 0; d < dim(); ++d) {
      f.put("column_" + to_text(d) + ".thresholds", cells_[d].thresholds);
      f.put("column_" + to_text(d) + ".words", cells_[d].words);
    }
    return f;
  }
  void load(field_set const& f) {
    constexpr std::string_view where = "finite_scalar_quantizer::load";
    f.require_model("finite_scalar_quantizer", where);
    auto const dim = from_text<std::size_t>(f.get_text("dim"), where);
    std::vector<scalar_cells<T>> cells;
    for (std::size_t d = 0; d < dim; ++d)
      cells.push_back({f.get_vector<T>("column_" + to_text(d) + ".thresholds"),
                       f.get_vector<T>("column_" + to_text(d) + ".words")});
    set_cells(std::move(cells));
  }

 private:
  void require_fitted(std::string_view function) const {
    if (!fitted()) throw not_fitted_error(function, "call fit or load first");
  }
  void check_training_rows(matrix_cref<T> const& x) const {
    constexpr std::string_view where = "finite_scalar_quantizer::fit";
    require_not_empty(x, where, "x");
    if (options_.levels.size() > 1) require_columns(x, options_.levels.size(), where, "x");
    std::size_t const most = *std::max_element(options_.levels.begin(), options_.levels.end());
    if (row_count(x) < most)
      throw shape_error(where, "x is " + shape_text(x) + ": fewer rows than the " + to_text(most) + " levels");
    require_finite<T>(x, where, "x");
  }
  [[nodiscard]] std::size_t levels_of(std::size_t column) const {
    return options_.levels[options_.levels.size() == 1 ? 0 : column];
  }
  [[nodiscard]] static double sum(std::vector<double> const& v) {
    double total = 0;
    for (double const x : v) total += x;
    return total;
  }

  /// Mean and standard deviation of a column, in two passes.
  [[nodiscard]] static std::pair<double, double> moments(matrix_cref<T> const& x, std::size_t column) {
    auto const d = static_cast<index_t>(column);
    auto const rows = static_cast<double>(x.rows());
    double mean = 0, squares = 0;
    for (index_t i = 0; i < x.rows(); ++i) mean += static_cast<double>(x(i, d));
    mean /= rows;
    for (index_t i = 0; i < x.rows(); ++i) squares += std::pow(static_cast<double>(x(i, d)) - mean, 2);
    return {mean, std::sqrt(squares / rows)};
  }

  /// \ref tanh_cells in the units of the column; every word on the edge of its cell or in its middle, for cells that
  /// stay empty.
  [[nodiscard]] scalar_cells<T> bounded_cells(std::size_t levels, double mean, double deviation) const {
    auto const unit = tanh_cells<double>(levels);
    constexpr auto largest = static_cast<double>(std::numeric_limits<T>::max());
    scalar_cells<T> cells;
    for (double const t : unit.thresholds)
      cells.thresholds.push_back(static_cast<T>(std::clamp(mean + deviation / options_.gain * t, -largest, largest)));
    for (std::size_t k = 0; k < levels; ++k) {
      T const low = cells.thresholds[k == 0 ? 0 : k - 1], high = cells.thresholds[std::min(k, levels - 2)];
      cells.words.push_back(low / 2 + high / 2);
    }
    return cells;
  }

  /// Codes of the column, then its words; returns the sum of squared errors.
  static double take_means(matrix_cref<T> const& x, std::size_t column, scalar_cells<T>& cells, code_matrix& codes) {
    auto const d = static_cast<index_t>(column);
    std::vector<double> sums(cells.words.size()), counts(cells.words.size());
    for (index_t i = 0; i < x.rows(); ++i) {
      codes(i, d) = cells.code(x(i, d));
      sums[static_cast<std::size_t>(codes(i, d))] += static_cast<double>(x(i, d));
      counts[static_cast<std::size_t>(codes(i, d))] += 1;
    }
    for (std::size_t k = 0; k < sums.size(); ++k)
      if (counts[k] > 0) cells.words[k] = static_cast<T>(sums[k] / counts[k]);
    double squares = 0;
    for (index_t i = 0; i < x.rows(); ++i)
      squares += std::pow(
          static_cast<double>(x(i, d)) - static_cast<double>(cells.words[static_cast<std::size_t>(codes(i, d))]), 2);
    return squares;
  }

  [[nodiscard]] static level_report level_of(code_matrix const& codes, std::size_t column, std::size_t words,
                                             double objective, double relative_error) {
    code_usage usage(words);
    usage.add(level_codes(codes, column));
    return {1, stop_reason::codes_repeat, objective, relative_error, usage.perplexity(), usage.dead()};
  }

  finite_scalar_options options_;
  std::vector<scalar_cells<T>> cells_;
};
static_assert(Quantizer<finite_scalar_quantizer<>>);

}  // namespace sidera::inline SIDERA_ABI
