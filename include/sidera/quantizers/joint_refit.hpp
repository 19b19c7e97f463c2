// SPDX-License-Identifier: MIT
#pragma once
/// \file  The words of all levels at once: least squares for codes that are given.
#include <array>
#include <sidera/codebooks/usage.hpp>
#include <sidera/core/check.hpp>
#include <sidera/core/executor.hpp>
#include <sidera/core/number_text.hpp>
#include <vector>

namespace sidera::inline SIDERA_ABI {

struct joint_refit_options {
  double ridge = 1e-3;           ///< in rows: how strongly a word is held where it was; 0 leaves rare words free
  std::size_t iterations = 200;  ///< of conjugate gradients, at most
  double tolerance = 1e-10;      ///< of the residual of the normal equations, relative to the first one
};

/// What \ref joint_refit found. Errors are sums of squared differences over all rows, of the words as they are rounded.
template <Scalar T>
struct joint_refit_result {
  std::vector<matrix<T>> words;  ///< per level, K x D
  double error_before = 0;
  double error_after = 0;  ///< never above error_before
};

/// N x D: row i is the sum of words[l][codes(i, l)] over the levels, added up as \ref residual_quantizer decodes; a row
/// ends at its first no_code.
template <Scalar T>
[[nodiscard]] matrix<T> sum_of_words(code_matrix_cref const& codes, std::vector<matrix<T>> const& words) {
  matrix<T> out = matrix<T>::Zero(codes.rows(), words.empty() ? 0 : words.front().cols());
  for (index_t i = 0; i < codes.rows(); ++i)
    for (index_t l = 0; l < codes.cols() && codes(i, l) >= 0; ++l)
      out.row(i) += words[static_cast<std::size_t>(l)].row(codes(i, l));
  return out;
}

namespace detail {

/// The normal equations of \ref joint_refit, (B'B + ridge) delta = B'(x - B w): B has a row per sample with a one for
/// each of its codes, and is never formed. Columns of x are independent of one another, so a slab of them is the unit
/// of work, and the result does not depend on who does it.
template <Scalar T>
class joint_refit_solver {
 public:
  static constexpr std::size_t slab = 8;

  joint_refit_solver(matrix_cref<T> const& x, code_matrix_cref const& codes, std::vector<matrix<T>>& words,
                     joint_refit_options o)
      : x_(x), words_(words), options_(o), levels_(words.size()) {
    for (auto const& w : words) first_.push_back(first_.back() + row_count(w));
    ids_.assign(row_count(x) * levels_, none);
    weight_.assign(first_.back(), o.ridge);
    for (std::size_t i = 0; i < row_count(x); ++i)
      for (std::size_t l = 0; l < levels_; ++l) {
        code_t const c = codes(static_cast<index_t>(i), static_cast<index_t>(l));
        if (c < 0) break;
        ids_[i * levels_ + l] = first_[l] + static_cast<std::size_t>(c);
        weight_[first_[l] + static_cast<std::size_t>(c)] += 1;
      }
    for (double& w : weight_)
      if (!(w > 0)) w = 1;  // a word without rows and without a ridge: its equation is 0 = 0
  }

  /// Moves the columns first .. first + count of the words and returns their errors, before and after.
  [[nodiscard]] std::pair<double, double> solve(std::size_t first, std::size_t count) const {
    std::vector<double> residual(weight_.size() * slab, 0.0), delta(residual.size(), 0.0);
    std::array<double, slab> const before = errors(
        first, count, [&](std::size_t id, std::size_t d) { return word(id, first + d); }, &residual);
    conjugate_gradients(residual, delta);
    auto const moved = [&](std::size_t id, std::size_t d) {
      return static_cast<T>(static_cast<double>(word(id, first + d)) + delta[id * slab + d]);
    };
    std::array<double, slab> const after = errors(first, count, moved, nullptr);
    std::pair<double, double> sum{0, 0};
    for (std::size_t d = 0; d < count; ++d) {
      bool const better = after[d] < before[d];  // rounding to T can undo a gain that is as small as rounding
      for (std::size_t id = 0; better && id < weight_.size(); ++id) word(id, first + d) = moved(id, d);
      sum.first += before[d];
      sum.second += better ? after[d] : before[d];
    }
    return sum;
  }

 private:
  static constexpr std::size_t none = static_cast<std::size_t>(-1);

  [[nodiscard]] T& word(std::size_t id, std::size_t column) const {
    std::size_t level = 0;
    while (id >= first_[level + 1]) ++level;
    return words_[level](static_cast<index_t>(id - first_[level]), static_cast<index_t>(column));
  }
  [[nodiscard]] std::span<std::size_t const> ids_of(std::size_t row) const {
    return std::span(ids_).subspan(row * levels_, levels_);
  }

  /// Squared differences per column, with the sums in T and in the order of decoding; `back` gets B' (x - B w).
  template <class Word>
  [[nodiscard]] std::array<double, slab> errors(std::size_t first, std::size_t count, Word const& at,
                                                std::vector<double>* back) const {
    matrix<T> table(static_cast<index_t>(weight_.size()), static_cast<index_t>(slab));
    table.setZero();
    for (std::size_t id = 0; id < weight_.size(); ++id)
      for (std::size_t d = 0; d < count; ++d) table.data()[id * slab + d] = at(id, d);
    std::array<double, slab> total{};
    for (std::size_t i = 0; i < row_count(x_); ++i) {
      auto const ids = ids_of(i);
      for (std::size_t d = 0; d < count; ++d) {
        T sum(0);
        for (std::size_t l = 0; l < levels_ && ids[l] != none; ++l) sum += table.data()[ids[l] * slab + d];
        double const left = static_cast<double>(x_(static_cast<index_t>(i), static_cast<index_t>(first + d))) -
                            static_cast<double>(sum);
        total[d] += left * left;
        for (std::size_t l = 0; back != nullptr && l < levels_ && ids[l] != none; ++l)
          (*back)[ids[l] * slab + d] += left;
      }
    }
    return total;
  }

  /// out = (B'B + ridge) p
  void apply(std::vector<double> const& p, std::vector<double>& out) const {
    for (std::size_t k = 0; k < p.size(); ++k) out[k] = options_.ridge * p[k];
    for (std::size_t i = 0; i < row_count(x_); ++i) {
      auto const ids = ids_of(i);
      std::array<double, slab> sum{};
      for (std::size_t l = 0; l < levels_ && ids[l] != none; ++l)
        for (std::size_t d = 0; d < slab; ++d) sum[d] += p[ids[l] * slab + d];
      for (std::size_t l = 0; l < levels_ && ids[l] != none; ++l)
        for (std::size_t d = 0; d < slab; ++d) out[ids[l] * slab + d] += sum[d];
    }
  }

  /// Sum over the words of a b / weight (of a b without `weights`), per column.
  [[nodiscard]] std::array<double, slab> dots(std::vector<double> const& a, std::vector<double> const& b,
                                              bool weights) const {
    std::array<double, slab> sum{};
    for (std::size_t id = 0; id < weight_.size(); ++id)
      for (std::size_t d = 0; d < slab; ++d)
        sum[d] += a[id * slab + d] * b[id * slab + d] / (weights ? weight_[id] : 1);
    return sum;
  }

  /// With the counts of the words as preconditioner (Golub and Van Loan, "Matrix computations"); a
  /// column that is solved stands still.
  void conjugate_gradients(std::vector<double>& residual, std::vector<double>& delta) const {
    std::vector<double> p(residual.size()), image(residual.size());
    for (std::size_t k = 0; k < p.size(); ++k) p[k] = residual[k] / weight_[k / slab];
    std::array<double, slab> size = dots(residual, residual, true), enough{};
    for (std::size_t d = 0; d < slab; ++d) enough[d] = size[d] * options_.tolerance * options_.tolerance;
    for (std::size_t round = 0; round < options_.iterations; ++round) {
      apply(p, image);
      std::array<double, slab> const curve = dots(p, image, false);
      std::array<double, slab> step{}, turn{};
      for (std::size_t d = 0; d < slab; ++d) step[d] = size[d] > enough[d] && curve[d] > 0 ? size[d] / curve[d] : 0;
      if (step == std::array<double, slab>{}) return;
      for (std::size_t k = 0; k < p.size(); ++k) {
        delta[k] += step[k % slab] * p[k];
        residual[k] -= step[k % slab] * image[k];
      }
      std::array<double, slab> const next = dots(residual, residual, true);
      for (std::size_t d = 0; d < slab; ++d) turn[d] = size[d] > 0 ? next[d] / size[d] : 0;
      for (std::size_t k = 0; k < p.size(); ++k) p[k] = residual[k] / weight_[k / slab] + turn[k % slab] * p[k];
      size = next;
    }
  }

  matrix_cref<T> x_;
  std::vector<matrix<T>>& words_;
  joint_refit_options options_;
  std::size_t levels_;
  std::vector<std::size_t> first_ = {0};  ///< number of the first word of each level
  std::vector<std::size_t> ids_;          ///< N x L numbers of words
  std::vector<double> weight_;            ///< rows of each word, and the ridge
};

}  // namespace detail

/// Solves for the words of all levels jointly, codes as they are: argmin over w of
///   sum_i |x_i - sum_l w^l_codes(i, l)|^2 + ridge sum |w - words|^2.
/// Training level by level takes each level's words as means of what was left over then; Babenko and Lempitsky,
/// "Additive quantization for extreme vector compression" (CVPR 2014), solve for all at once.
///
/// x is N x D, codes N x L (a row ends at its first no_code), `words` has one K x D matrix per level. Words without
/// rows stay where they are (with a ridge of 0 too). The error never rises, equal input gives equal bits for any
/// executor. O(iterations N L D). Throws shape_error and value_error.
template <Scalar T>
[[nodiscard]] joint_refit_result<T> joint_refit(std::type_identity_t<matrix_cref<T>> const& x,
                                                code_matrix_cref const& codes, std::vector<matrix<T>> words,
                                                joint_refit_options options = {}, executor_ref executor = {}) {
  constexpr std::string_view where = "joint_refit";
  require_columns(codes, words.size(), where, "codes");
  require_rows(codes, row_count(x), where, "codes");
  require_finite<T>(x, where, "x");
  if (!(options.ridge >= 0)) throw value_error(where, "ridge is " + to_text(options.ridge) + ", expected at least 0");
  for (auto const& w : words) require_columns(w, column_count(x), where, "words");
  for (index_t i = 0; i < codes.rows(); ++i)
    for (index_t l = 0; l < codes.cols(); ++l)
      if (codes(i, l) >= static_cast<code_t>(words[static_cast<std::size_t>(l)].rows()))
        throw value_error(where,
                          "codes row " + std::to_string(i) + " has code " + std::to_string(codes(i, l)) + ", level " +
                              std::to_string(l) + " has " + std::to_string(words[static_cast<std::size_t>(l)].rows()) +
                              " words",
                          static_cast<std::size_t>(i));
  joint_refit_result<T> result{std::move(words)};
  using solver_type = detail::joint_refit_solver<T>;
  solver_type const solver(x, codes, result.words, options);
  block_partition const slabs{column_count(x), solver_type::slab};
  std::vector<std::pair<double, double>> errors(slabs.count());
  executor.run(slabs.count(),
               [&](std::size_t b, std::size_t) { errors[b] = solver.solve(slabs.begin(b), slabs.length(b)); });
  for (auto const& [before, after] : errors) result.error_before += before, result.error_after += after;
  return result;
}

}  // namespace sidera::inline SIDERA_ABI
