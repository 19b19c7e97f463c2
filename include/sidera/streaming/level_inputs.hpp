// SPDX-License-Identifier: MIT
#pragma once
/// \file  What a level of a residual quantizer searches, made anew in every pass from rows that are streamed.
#include <sidera/quantizers/residual_encoder.hpp>
#include <sidera/streaming/code_store.hpp>
#include <sidera/streaming/row_blocks.hpp>
#include <sidera/streaming/stream_options.hpp>

namespace sidera::inline SIDERA_ABI {

/// Hands out the residuals, prefixes and queries of every row, block by block and on all workers.
///
/// They are those of training in memory, bit for bit: a row's codes are kept or computed again (the encoder gives the
/// codes that training left), and the words they explain are subtracted in the order of the levels.
template <Scalar T, Metric M, ResidualScheme R, RowSource<T> S>
class level_inputs {
 public:
  level_inputs(S const& source, stream_options const& options, std::vector<std::size_t> const& words,
               executor_ref executor)
      : blocks_(source, options.block_rows, options.read_ahead), executor_(executor), workers_(executor.concurrency()) {
    std::size_t bytes = 0;
    for (std::size_t l = 0; l + 1 < words.size(); ++l) bytes += code_store::bytes_per_code(words[l]);
    auto const fits = [&](std::size_t per_row) {
      return blocks_.rows() == 0 || per_row <= options.code_bytes / blocks_.rows();
    };
    keeps_codes_ = fits(bytes);
    has_room_ = fits(bytes + code_store::bytes_per_code(*std::max_element(words.begin(), words.end())));
    if (keeps_codes_)
      for (std::size_t l = 0; l + 1 < words.size(); ++l) stores_.emplace_back(blocks_.rows(), words[l]);
  }

  /// Calls use(first, rows, workspace, worker) for pieces of the data: `first` is the number of the first row, `rows`
  /// the rows themselves, and in the workspace are residual and prefix behind the levels of `encoder` and the query of
  /// the next level, or none when there is no next one. Pieces with the same `worker` never overlap.
  template <class Use>
  void for_each(residual_encoder<T, M, R> const& encoder, std::size_t levels, Use use) {
    std::size_t const level = encoder.level_count();
    blocks_.for_each(
        "fit_stream",
        [&](std::size_t start, matrix_cref<T> const& rows) {
          block_partition const pieces{row_count(rows), piece_rows};
          executor_.run(pieces.count(), [&](std::size_t p, std::size_t worker) {
            residual_workspace<T>& w = workers_[worker];
            auto const piece =
                rows.middleRows(static_cast<index_t>(pieces.begin(p)), static_cast<index_t>(pieces.length(p)));
            if (keeps_codes_ && stored_ >= level) {
              walk_kept(
                  encoder, levels, piece, [at = start + pieces.begin(p)](std::size_t i) { return at + i; }, w);
            } else {
              walk_down(encoder, piece, start + pieces.begin(p), w);
              if (level < levels) encoder.compose(w.residual, w.prefix, level, w.query);
            }
            use(start + pieces.begin(p), matrix_cref<T>(piece), w, worker);
          });
        },
        checked_);
    checked_ = true;
    if (keeps_codes_) stored_ = std::min(level, stores_.size());
  }

  /// Calls use(b, queries) for every batch of rows, whose numbers(b) ascend: their queries of the next level. After a
  /// first pass with this encoder.
  template <class Numbers, class Use>
  void for_each_batch(residual_encoder<T, M, R> const& encoder, std::size_t levels, block_partition const& batches,
                      Numbers const& numbers, Use use) {
    matrix<T> queries;
    blocks_.for_each_batch(batches, numbers,
                           [&](std::size_t b, std::span<std::size_t const> which, matrix_cref<T> const& rows) {
                             queries_of(encoder, levels, which, rows, queries);
                             use(b, matrix_cref<T>(queries));
                           });
  }

  /// Whether the codes of one more level may be kept, those of the level in training.
  [[nodiscard]] bool has_room() const noexcept { return has_room_; }
  /// The codes of level `l`, all levels before having theirs, so that they need not be searched for again.
  void take_codes(std::size_t l, code_store codes) {
    if (!keeps_codes_ || l >= stores_.size() || stored_ != l) return;
    stores_[l] = std::move(codes);
    stored_ = l + 1;
  }

  [[nodiscard]] std::size_t rows() const noexcept { return blocks_.rows(); }
  [[nodiscard]] std::size_t worker_count() const noexcept { return workers_.size(); }

 private:
  static constexpr std::size_t piece_rows = 1024;

  void queries_of(residual_encoder<T, M, R> const& encoder, std::size_t levels, std::span<std::size_t const> numbers,
                  matrix_cref<T> const& x, matrix<T>& out) {
    std::size_t const level = encoder.level_count();
    out.resize(x.rows(), static_cast<index_t>(encoder.scheme().width(encoder.dim(), level)));
    block_partition const pieces{numbers.size(), piece_rows / 8};
    executor_.run(pieces.count(), [&](std::size_t p, std::size_t worker) {
      residual_workspace<T>& w = workers_[worker];
      auto const first = static_cast<index_t>(pieces.begin(p)), rows = static_cast<index_t>(pieces.length(p));
      auto const number = [at = numbers.subspan(pieces.begin(p))](std::size_t i) { return at[i]; };
      if (keeps_codes_) {
        walk_kept(encoder, levels, x.middleRows(first, rows), number, w);
      } else {
        walk_down(encoder, x.middleRows(first, rows), 0, w);
        encoder.compose(w.residual, w.prefix, level, w.query);
      }
      out.middleRows(first, rows) = w.query;
    });
  }

  /// Row by row, as all codes are known: a row stays in the first cache from level to level. Row i of x is number(i).
  template <class Number>
  void walk_kept(residual_encoder<T, M, R> const& encoder, std::size_t levels, matrix_cref<T> const& x,
                 Number const& number, residual_workspace<T>& w) const {
    std::size_t const level = encoder.level_count(), columns = column_count(x);
    w.residual.resize(x.rows(), x.cols());
    w.prefix.resize(x.rows(), x.cols());
    if (level < levels) w.query.resize(x.rows(), static_cast<index_t>(encoder.scheme().width(columns, level)));
    for (index_t i = 0; i < x.rows(); ++i) {
      auto residual = w.residual.row(i), prefix = w.prefix.row(i);
      residual = x.row(i);
      prefix.setZero();
      for (std::size_t l = 0; l < level; ++l) {
        auto const explained = encoder.level(l).explained.row(stores_[l].get(number(static_cast<std::size_t>(i))));
        residual -= explained;
        prefix += explained;
      }
      if (level < levels)
        encoder.scheme().compose(std::span<T const>(row_span(w.residual, i)), std::span<T const>(row_span(w.prefix, i)),
                                 level, row_span(w.query, i));
    }
  }

  void walk_down(residual_encoder<T, M, R> const& encoder, matrix_cref<T> const& x, std::size_t first,
                 residual_workspace<T>& w) {
    std::size_t const level = encoder.level_count();
    code_matrix codes;
    if (!keeps_codes_ && level > 0) {
      codes.resize(x.rows(), static_cast<index_t>(level));
      encoder.encode(x, codes, w);
    }
    encoder.start(x, w);
    w.codes.resize(row_count(x));
    for (std::size_t l = 0; l < level; ++l) {
      if (!keeps_codes_)
        for (std::size_t i = 0; i < w.codes.size(); ++i)
          w.codes[i] = codes(static_cast<index_t>(i), static_cast<index_t>(l));
      else if (l < stored_)
        for (std::size_t i = 0; i < w.codes.size(); ++i) w.codes[i] = stores_[l].get(first + i);
      else
        search_and_store(encoder, l, first, w);
      encoder.advance(w.residual, w.prefix, w.codes, l);
    }
  }

  /// The first pass behind a new level. The codes of the last level are never needed again.
  void search_and_store(residual_encoder<T, M, R> const& encoder, std::size_t l, std::size_t first,
                        residual_workspace<T>& w) {
    encoder.compose(w.residual, w.prefix, l, w.query);
    encoder.search(l).nearest(w.query, w.codes, w.search);
    if (l < stores_.size())
      for (std::size_t i = 0; i < w.codes.size(); ++i) stores_[l].set(first + i, w.codes[i]);
  }

  row_blocks<T, S> blocks_;
  executor_ref executor_;
  std::vector<residual_workspace<T>> workers_;
  std::vector<code_store> stores_;  ///< of all levels but the last
  std::size_t stored_ = 0;          ///< levels whose codes are kept already
  bool keeps_codes_ = true, has_room_ = true;
  bool checked_ = false;  ///< every row has been seen to be finite
};

}  // namespace sidera::inline SIDERA_ABI
