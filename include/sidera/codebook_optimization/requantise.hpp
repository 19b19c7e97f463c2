// SPDX-License-Identifier: MIT
#pragma once
/// \file  Two ways to apply a channel selection: slice the words, or search in the kept channels.
#include <sidera/codebook_optimization/select_channels.hpp>
#include <sidera/codebooks/word_search.hpp>
#include <sidera/metrics/column_metrics.hpp>
#include <sidera/metrics/squared_euclidean.hpp>

namespace sidera::inline SIDERA_ABI {

/// Throws value_error unless all channels are columns of a matrix with `columns` columns, none is named twice, and
/// there is one at least.
inline void require_channels(std::span<index_t const> channels, std::size_t columns, std::string_view function) {
  if (channels.empty()) throw value_error(function, "no channels are kept");
  std::vector<bool> kept(columns, false);
  for (index_t const k : channels) {
    if (k < 0 || static_cast<std::size_t>(k) >= columns)
      throw value_error(function, "channel " + std::to_string(k) + " is kept, there are " + std::to_string(columns));
    if (kept[static_cast<std::size_t>(k)])
      throw value_error(function, "channel " + std::to_string(k) + " is kept twice");
    kept[static_cast<std::size_t>(k)] = true;
  }
}

/// The kept columns of `rows`, in the order of `channels`: N x K. Applied to words this is TOC as released: which word
/// a row has never changes, only what the word is.
template <Scalar T>
[[nodiscard]] matrix<T> slice_words(matrix<T> const& rows, channel_list const& channels) {
  require_channels(channels, column_count(rows), "slice_words");
  matrix<T> out(rows.rows(), static_cast<index_t>(channels.size()));
  for (index_t i = 0; i < out.rows(); ++i)
    for (index_t k = 0; k < out.cols(); ++k) out(i, k) = rows(i, channels[static_cast<std::size_t>(k)]);
  return out;
}

/// The metric for rows of which only `channels` are left.
template <Metric M>
[[nodiscard]] M metric_on_channels(M const& metric, channel_list const& channels) {
  if constexpr (ColumnMetric<M>)
    return metric.on_columns(channels);
  else
    return metric;
}

/// Searches the nearest word in the kept channels alone; see \ref word_search for its promises. Codes are those of the
/// whole codebook. Const members may be called from many threads.
template <Scalar T, Metric M = squared_euclidean>
class channel_search {
 public:
  /// Throws value_error for channels that are no columns of `words` or named twice, and with the row of a word that is
  /// not finite.
  channel_search(matrix<T> const& words, channel_list channels, M const& metric = {})
      : dim_(column_count(words)),
        channels_(std::move(channels)),
        search_(slice_words(words, channels_), metric_on_channels(metric, channels_)) {
    require_finite<T>(words, "channel_search", "words");
    search_.prepare_for_many_rows();
  }

  /// N codes for the rows of `x` (N x D: all channels, of which the kept ones are read).
  [[nodiscard]] std::vector<code_t> nearest(matrix<T> const& x, executor_ref executor = {}) const {
    require_columns(x, dim_, "channel_search::nearest", "x");
    require_finite<T>(x, "channel_search::nearest", "x");
    std::vector<code_t> codes(row_count(x));
    search_.nearest(slice_words(x, channels_), codes, executor);
    return codes;
  }

  [[nodiscard]] channel_list const& channels() const noexcept { return channels_; }
  [[nodiscard]] word_search<T, M> const& search() const noexcept { return search_; }

 private:
  std::size_t dim_;
  channel_list channels_;
  word_search<T, M> search_;
};

/// argmin_j metric(x_i[channels], word_j[channels]): what TOC argues for. With all channels these are the plain codes.
template <Scalar T, Metric M = squared_euclidean>
[[nodiscard]] std::vector<code_t> requantise(matrix<T> const& x, matrix<T> const& words, channel_list const& channels,
                                             M const& metric = {}, executor_ref executor = {}) {
  return channel_search<T, M>(words, channels, metric).nearest(x, executor);
}

}  // namespace sidera::inline SIDERA_ABI
