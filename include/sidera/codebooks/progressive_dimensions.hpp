// SPDX-License-Identifier: MIT
#pragma once
#include <Eigen/Eigenvalues>
#include <cmath>
#include <sidera/codebooks/kmeans_plus_plus.hpp>
#include <sidera/codebooks/pass_statistics.hpp>
#include <sidera/codebooks/word_search.hpp>
#include <sidera/simd/product.hpp>
#include <vector>

namespace sidera::inline SIDERA_ABI {

/// k-means in a growing number of principal directions, each step starting from the cells of the one before (Liu, Lu
/// and Huang, "Improved residual vector quantization", arXiv:1509.05195, section 3.1; the steps are faiss's).
///
/// Directions of large variance are settled first, where few words fill the space; training in all dimensions starts
/// from there and ends in a better optimum where the rows have many dimensions and few directions that matter.
/// Distances are Euclidean whatever the metric. Cost: about 2 * iterations passes in all dimensions, and D^3 for the
/// directions of D columns.
struct progressive_dimensions {
  std::size_t steps = 10;           ///< their numbers of directions grow geometrically up to all
  std::size_t iterations = 10;      ///< Lloyd passes of one step
  std::size_t rows_per_word = 256;  ///< large data are thinned to so many random rows per word; 0: every row

  template <Scalar T, class M>
  [[nodiscard]] codebook<T> operator()(matrix_cref<T> const& x, std::size_t words, M const&,
                                       initialiser_context const& context) const {
    matrix<T> const rows = detail::thinned_rows<T>(x, rows_per_word * words, context.random.fork(1));
    matrix<double> const directions = principal_directions<T>(rows);
    matrix<T> const rotated = simd::product<double>(rows.template cast<double>(), directions).template cast<T>();
    matrix<T> const found = grow<T>(rotated, words, context);
    return {simd::product_nt<double>(found.template cast<double>(), directions).template cast<T>()};
  }

 private:
  /// Orthonormal columns, those of the largest variance first.
  template <Scalar T>
  [[nodiscard]] static matrix<double> principal_directions(matrix_cref<T> const& x) {
    matrix<double> centred = x.template cast<double>();
    centred.rowwise() -= centred.colwise().mean().eval();
    matrix<double> const covariance = simd::product_tn<double>(centred, centred);
    return Eigen::SelfAdjointEigenSolver<matrix<double>>(covariance).eigenvectors().rowwise().reverse();
  }

  [[nodiscard]] index_t width(std::size_t step, index_t all) const {
    double const share = static_cast<double>(step + 1) / static_cast<double>(steps);
    return step + 1 >= steps ? all : static_cast<index_t>(std::pow(static_cast<double>(all), share));
  }

  template <Scalar T>
  [[nodiscard]] matrix<T> grow(matrix<T> const& rotated, std::size_t count, initialiser_context const& context) const {
    matrix<T> const first = rotated.leftCols(width(0, rotated.cols()));
    matrix<T> words = kmeans_plus_plus{}(matrix_cref<T>(first), count, squared_euclidean{}, context).words;
    std::vector<code_t> codes(row_count(rotated));
    for (std::size_t step = 0; step < steps; ++step) {
      matrix<T> const part = rotated.leftCols(words.cols());
      for (std::size_t i = 0; i < iterations; ++i) {
        word_search<T, squared_euclidean>(words, {}).nearest(part, codes, context.executor);
        bool const last = i + 1 == iterations;
        move_to_means<T>(rotated.leftCols(width(last ? step + 1 : step, rotated.cols())), codes, words);
      }
    }
    return words;
  }

  /// The words become the means of their rows, in all columns of `x`; words without rows stay, with zeros in new
  /// columns.
  template <Scalar T>
  static void move_to_means(matrix<T> const& x, std::vector<code_t> const& codes, matrix<T>& words) {
    words.conservativeResizeLike(matrix<T>::Zero(words.rows(), x.cols()));
    auto const cells = pass_statistics<T>::of(x, codes, row_count(words));
    for (std::size_t j = 0; j < cells.words(); ++j)
      if (cells.counts()[j] > 0) cells.mean(j, row_span(words, static_cast<index_t>(j)));
  }
};
static_assert(Initialiser<progressive_dimensions>);

}  // namespace sidera::inline SIDERA_ABI
