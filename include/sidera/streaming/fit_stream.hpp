// SPDX-License-Identifier: MIT
#pragma once
/// \file  Training and encoding of residual quantizers on data larger than memory, on one rank or several.
#include <sidera/communicators/serial.hpp>
#include <sidera/io/npy_writer.hpp>
#include <sidera/quantizers/residual_quantizer.hpp>
#include <sidera/streaming/stream_trainer.hpp>

namespace sidera::inline SIDERA_ABI {

/// Learns the codebooks of `model` from the rows of `source`, which are read several times.
///
///   residual_quantizer psrq({.levels = 3, .words = 256}, squared_euclidean{}, lloyd{}, prefix_residual{});
///   auto const report = fit_stream(psrq, open_shards({"a.npy", "b.npy"}), {.checkpoint = "psrq.part"});
///
/// Promises: the same codebooks and the same report as `model.fit` on all rows in memory, bit for bit (the report has
/// no codes: \ref encode_stream writes them), for any blocks, shards, threads and ranks (ranks with equal instruction
/// sets). Memory: three blocks of rows, the codes that `options.code_bytes` allows, the initialiser's sample
/// (k-means++: 64 rows per word, and a distance per row of it and draw; k-means|| keeps 12 bytes for every row instead
/// and goes through the rows itself), and words x columns numbers per worker. Time:
/// that of fit, and reading; without room for the codes, also encoding in every pass.
///
/// Rules with `batch_size` (\ref mini_batch, \ref ema) see the batches that they see in memory. Those are random rows,
/// so the source is read a row at a time in every epoch: cheap where the operating system caches the file, slow where a
/// seek costs more than the row. The order of an epoch takes eight bytes for every row of all ranks.
///
/// With `options.checkpoint` the state is saved after every update of the words, or every epoch of batches; the next
/// call with the same model and rows goes on from the file and ends with the same bits. The file stays when training is
/// complete. One that was made with other rows, numbers or policies is refused with file_error.
///
/// Several ranks: each calls it with its own rows (maybe none), equal options and its communicator; the rows of rank 0
/// come first. All end with the same model, and observers are called on every rank.
///
/// Throws what `fit` throws and file_error, which names the shard or checkpoint at fault; the model is unchanged then.
/// Frozen levels, a warm start and a beam in training are refused with value_error; rules that are no \ref StreamedRule
/// do not compile, with the reason.
template <StreamedMetric M, UpdateRule U, StreamedScheme R, StreamedInitialiser I, StreamedDeadCodePolicy Z, Scalar T,
          RowSource<T> S, Communicator C = serial_communicator>
fit_report fit_stream(residual_quantizer<M, U, R, I, Z, T>& model, S const& source, stream_options const& options = {},
                      executor_ref executor = {}, observer const& watch = {}, C const& ranks = {}) {
  static_assert(detail::explain_streamed_rule<U>());
  check(options);
  if (model.frozen_levels() > 0) throw value_error("fit_stream", "frozen levels cannot be trained from a stream");
  if (model.options().warm_start && model.fitted())
    throw value_error("fit_stream", "a warm start is not possible from a stream");
  stream_trainer<T, M, U, R, I, Z, S, C> trainer(model.recipe(), source, options, executor, watch, ranks);
  auto result = trainer.run();
  model.set_encoder(std::move(result.encoder));
  return std::move(result.report);
}

/// Writes the codes of the rows of `source` to a .npy file (int32, N x levels), block by block; the file appears whole
/// or not at all. The codes are those of `model.encode`. Throws what encode throws and file_error.
template <class Model, RowSource<typename Model::scalar_type> S>
void encode_stream(Model const& model, S const& source, std::string const& path, stream_options const& options = {},
                   executor_ref executor = {}) {
  check(options);
  if (!model.fitted()) throw not_fitted_error("encode_stream", "call fit or load first");
  if (source.rows() != 0 && source.columns() != model.dim())
    throw shape_error("encode_stream", "the source has " + std::to_string(source.columns()) + " columns, the model " +
                                           std::to_string(model.dim()));
  atomic_file file(path);
  std::size_t const extents[] = {source.rows(), model.level_count()};
  file.write(detail::npy_preamble<code_t>(extents));
  row_blocks<typename Model::scalar_type, S> const blocks(source, options.block_rows, options.read_ahead);
  blocks.for_each("encode_stream", [&](std::size_t, auto const& rows) {
    code_matrix const codes = model.encode(rows, executor);
    file.write(std::as_bytes(std::span(codes.data(), static_cast<std::size_t>(codes.size()))));
  });
  file.commit();
}

}  // namespace sidera::inline SIDERA_ABI
