// SPDX-License-Identifier: MIT
#pragma once
/// \file  The first values of the tables that a ranker looks items up in.
#include <algorithm>
#include <map>
#include <sidera/interest/item_view.hpp>
#include <sidera/layers/initializers.hpp>
#include <sidera/quantizers/concepts.hpp>

namespace sidera::inline SIDERA_ABI {

/// Fills the table of a view.
///
/// Syntax:    `start(table, view, stream)`; the table is word_count() of the view x dim and writable
/// Semantics: the values depend on the policy, the sizes, the name of the view and the stream alone.
/// Models:    \ref random_start, \ref centre_start.
template <class S, class T = float>
concept TableStart = std::copyable<S> &&
    requires(S const start, Eigen::Map<matrix<T>> table, item_view const& view, random_stream stream) {
  start(table, view, stream);
};

/// N(0, deviation^2): what MCCA does on purpose, "to leave the static space" (arXiv 2508.20359).
struct random_start {
  double deviation = 0.05;
  template <class Map>
  void operator()(Map table, item_view const&, random_stream stream) const {
    detail::fill_normal(table, deviation, stream);
  }
};

/// Starts tables at the words of the codebooks: row w is deviation * c * (word w) P, P one matrix of normal numbers for
/// all levels of a view and c such that the mean square of the table is deviation^2. With \ref level_words, the
/// embeddings of the items, sums over levels, are then their reconstructions, up to that scale and to P, which nearly
/// keeps distances (Johnson and Lindenstrauss 1984). Views without words start as in \ref random_start.
///
/// Throws shape_error when a view has other words than its codebooks.
template <Scalar T>
struct centre_start {
  std::map<std::string, matrix<T>> words;  ///< by view; all levels stacked, word_count() x any number of columns
  double deviation = 0.05;

  template <class Map>
  void operator()(Map table, item_view const& view, random_stream stream) const {
    auto const found = words.find(view.name);
    if (found == words.end()) return random_start{deviation}(table, view, stream);
    matrix<T> const& w = found->second;
    if (w.rows() != table.rows())
      throw shape_error("centre_start", "view \"" + view.name + "\" has " + std::to_string(table.rows()) +
                                            " words, its codebooks have " + std::to_string(w.rows()));
    matrix<T> map(w.cols(), table.cols());
    detail::fill_normal(Eigen::Map<matrix<T>>(map.data(), map.rows(), map.cols()), 1, stream);
    table = w * map;
    double const square =
        static_cast<double>(table.squaredNorm()) / static_cast<double>(std::max<index_t>(table.size(), 1));
    table *= static_cast<typename Map::Scalar>(square > 0 ? deviation / std::sqrt(square) : 0);
  }
};
static_assert(TableStart<random_start> && TableStart<centre_start<float>>);

/// What every word adds to a reconstruction, levels stacked: decode(codes) = sum over l of row (first row of level l) +
/// code_l. For quantizers whose reconstruction is such a sum: one codebook, residuals (plain or with prefix), products.
///
/// Found by decoding alone, so it serves \ref any_quantizer too. What all words together share is spread evenly over
/// the levels. Throws value_error when the reconstruction is no sum over levels.
template <Quantizer Q>
[[nodiscard]] auto level_words(Q const& quantizer) {
  using T = typename Q::scalar_type;
  auto const levels = static_cast<index_t>(quantizer.level_count());
  index_t count = 0;
  for (index_t l = 0; l < levels; ++l) count += static_cast<index_t>(quantizer.word_count(static_cast<std::size_t>(l)));
  code_matrix codes = code_matrix::Zero(count + 2, levels);  // then the first words alone, and the last ones
  for (index_t l = 0, row = 0; l < levels; ++l) {
    auto const words = static_cast<code_t>(quantizer.word_count(static_cast<std::size_t>(l)));
    for (code_t w = 0; w < words; ++w) codes(row++, l) = w;
    codes(count + 1, l) = words - 1;
  }
  matrix<T> const decoded = quantizer.decode(codes);
  row_vector<T> const zero = decoded.row(count);
  matrix<T> words = decoded.topRows(count);
  words.rowwise() -= zero * (1 - 1 / static_cast<T>(levels));
  row_vector<T> sum = row_vector<T>::Zero(zero.size());
  for (index_t l = 0, last = -1; l < levels; ++l)
    sum += words.row(last += static_cast<index_t>(quantizer.word_count(static_cast<std::size_t>(l))));
  if (!((sum - decoded.row(count + 1)).norm() <= T(1e-3) * (1 + decoded.norm())))
    throw value_error("level_words", "the reconstruction is no sum over levels");
  return words;
}

namespace detail {

/// A start for one view, in the shape of a \ref WeightInitializer.
template <class Start>
struct start_of_view {
  Start const* start;
  item_view const* view;
  template <class Map>
  void operator()(Map table, fan, random_stream stream) const {
    (*start)(table, *view, stream);
  }
};

}  // namespace detail
}  // namespace sidera::inline SIDERA_ABI
