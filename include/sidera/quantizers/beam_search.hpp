// SPDX-License-Identifier: MIT
#pragma once
/// \file  Encoding that keeps the best few hypotheses per level instead of one.
#include <sidera/quantizers/plain_beam.hpp>
#include <sidera/quantizers/table_beam.hpp>

namespace sidera::inline SIDERA_ABI {

/// Beam search over the levels of a residual encoder.
///
/// After each level the `width` hypotheses whose query is nearest to its last word are kept (for RQ with squared
/// Euclidean distance: those with the smallest residual). Ties go to the better earlier hypothesis, then to the lower
/// code. width = 1 is the greedy encoder. \ref plain_beam is how, and \ref table_beam, sooner, for an encoder with
/// tables.
template <Scalar T, Metric M, ResidualScheme R>
class beam_search {
 public:
  /// Rows that are worth a call.
  static constexpr std::size_t block_rows = residual_tables<T>::block_rows;

  /// `encoder` must outlive the search.
  beam_search(residual_encoder<T, M, R> const& encoder, std::size_t width)
      : by_tables_(encoder.tables().usable()), plain_(encoder, width), tables_(encoder, width) {}

  /// Codes of the best hypothesis of every row, in out.cols() levels.
  void encode(matrix_cref<T> const& x, code_matrix_ref out) {
    for_each_block(x, column_count(out), [&](index_t first, index_t rows, auto const& found, std::size_t beams) {
      for (index_t i = 0; i < rows; ++i) out.row(first + i) = found.row(i * static_cast<index_t>(beams));
    });
  }

  /// All hypotheses of every row, best first: out holds rows * hypotheses rows. Returns the hypotheses per row.
  std::size_t encode_all(matrix_cref<T> const& x, std::size_t levels, code_matrix& out) {
    std::size_t per_row = 1;
    out.resize(0, static_cast<index_t>(levels));
    for_each_block(x, levels, [&](index_t first, index_t, auto const& found, std::size_t beams) {
      auto const count = static_cast<index_t>(per_row = beams);
      if (first == 0) out.resize(x.rows() * count, found.cols());
      out.middleRows(first * count, found.rows()) = found;
    });
    return per_row;
  }

 private:
  template <class Sink>
  void for_each_block(matrix_cref<T> const& x, std::size_t levels, Sink const& sink) {
    block_partition const blocks{row_count(x), block_rows};
    for (std::size_t b = 0; b < blocks.count(); ++b) {
      auto const first = static_cast<index_t>(blocks.begin(b)), rows = static_cast<index_t>(blocks.length(b));
      auto const run = [&](auto& search) {
        std::size_t const beams = search.search(x.middleRows(first, rows), levels);
        sink(first, rows, search.codes(), beams);
      };
      by_tables_ ? run(tables_) : run(plain_);
    }
  }

  bool by_tables_;
  plain_beam<T, M, R> plain_;
  table_beam<T, M, R> tables_;
};

}  // namespace sidera::inline SIDERA_ABI
