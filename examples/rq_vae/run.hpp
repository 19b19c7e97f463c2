// SPDX-License-Identifier: MIT
#pragma once
/// \file  Reading, training, measuring: the job itself.
#include <cstdio>
#include <filesystem>
#include <memory>
#include <sidera/core/level_codes.hpp>
#include <sidera/core/thread_pool.hpp>
#include <sidera/evaluation/distortion.hpp>
#include <sidera/evaluation/usage_statistics.hpp>
#include <sidera/io/file_checksum.hpp>
#include <sidera/io/npy_writer.hpp>
#include <sidera/semantic_ids/collisions.hpp>
#include <sidera/training/checkpoint.hpp>

#include "../common/rq_vae_model.hpp"
#include "../common/stopwatch.hpp"
#include "settings.hpp"

namespace program {

using sidera::index_t;

/// Columns around 0, all entries together with a variance of 1. Refuses rows that are not finite, and constants.
[[nodiscard]] inline matrix<float> scaled(matrix<float> x) {
  for (index_t i = 0; i < x.rows(); ++i)
    if (!x.row(i).allFinite())
      throw sidera::value_error("--view", "row " + std::to_string(i) + " has a NaN or an infinity",
                                static_cast<std::size_t>(i));
  if (x.rows() < 5) throw sidera::value_error("--view", "there are fewer than 5 rows");
  sidera::row_vector<float> const mean = x.colwise().mean();
  x.rowwise() -= mean;
  float const deviation = std::sqrt(x.squaredNorm() / static_cast<float>(x.size()));
  if (!(deviation > 0)) throw sidera::value_error("--view", "all rows are equal");
  return x / deviation;
}

/// Every fifth row is held out.
struct split {
  matrix<float> training, held_out;

  explicit split(matrix<float> const& x)
      : training(x.rows() - (x.rows() + 4) / 5, x.cols()), held_out((x.rows() + 4) / 5, x.cols()) {
    for (index_t i = 0; i < x.rows(); ++i) (i % 5 == 0 ? held_out.row(i / 5) : training.row(i - i / 5 - 1)) = x.row(i);
  }
};

/// For twin.py: the rows, the first values of all parameters and the order in which training visits the rows.
inline void write_twin(settings const& s, rq_vae const& model, matrix<float> const& training) {
  std::filesystem::create_directories(s.twin);
  sidera::write_npy(s.twin + "/x.npy", training);
  for (std::size_t p = 0; p < model.store.size(); ++p)
    sidera::write_npy(s.twin + "/" + model.store.name({p}) + ".npy", matrix<float>(model.store.value({p})));
  sidera::batch_order order(sidera::row_count(training), s.batch, s.seed);
  sidera::code_matrix rows(static_cast<index_t>(s.epochs), training.rows());
  for (index_t e = 0; e < rows.rows(); ++e) {
    order.start(static_cast<std::size_t>(e));
    for (std::size_t b = 0, i = 0; b < order.batches(); ++b)
      for (std::size_t const row : order[b]) rows(e, static_cast<index_t>(i++)) = static_cast<sidera::code_t>(row);
  }
  sidera::write_npy(s.twin + "/order.npy", rows);
}

/// A checkpoint says what was in the file of its rows, whatever its name.
[[nodiscard]] inline sidera::field_set rows_of_checkpoint(settings const& s) {
  sidera::field_set origin;
  if (!s.checkpoint.empty()) origin.metadata["rows.crc32"] = sidera::file_checksum(s.view);
  return origin;
}
inline void require_same_rows(std::string const& checkpoint, sidera::field_set const& found,
                              sidera::field_set const& origin) {
  std::string const key = "rows.crc32";
  if (auto const at = found.metadata.find(key); at == found.metadata.end() || at->second != origin.metadata.at(key))
    throw sidera::file_error(checkpoint, "belongs to a training on other rows: take another file or delete it");
}

inline void train(result& r, rq_vae& model, split const& data, sidera::executor_ref executor) {
  settings const& s = r.how;
  sidera::trainer t(model.store, sidera::row_count(data.training),
                    {.epochs = s.epochs, .batch = s.batch, .seed = s.seed},
                    sidera::adam{.learning_rate = s.learning_rate}, executor, {"main"});
  sidera::field_set const origin = rows_of_checkpoint(s);
  if (!s.checkpoint.empty() && std::filesystem::exists(s.checkpoint))
    require_same_rows(s.checkpoint, sidera::load_checkpoint(s.checkpoint, t), origin);
  auto const loss = [&](tape<float>& tape, std::span<std::size_t const> rows, sidera::pass p) {
    return model.loss(take_rows(tape, data.training, rows), p);
  };
  auto const held_out = [&] { return sidera::relative_error<float>(data.held_out, model.reconstruct(data.held_out)); };
  auto const progress = [&](sidera::iteration_report const& e) {
    if (!s.quiet)
      std::printf("epoch %3zu  loss %.5f  held-out error %.4f\n", e.iteration, e.objective,
                  t.report().epochs.back().held_out.value_or(0));
    if (!s.checkpoint.empty()) save_checkpoint(s.checkpoint, t, origin);
  };
  for (auto const& e : t.fit(loss, {held_out, progress}).epochs) r.epochs.push_back({e.loss, e.held_out.value_or(0)});
}

[[nodiscard]] inline result run(settings const& s) {
  matrix<float> const x = scaled(sidera::load_matrix<float>(s.view));
  result r{.how = s, .rows = sidera::row_count(x), .columns = sidera::column_count(x)};
  split const data(x);
  if (sidera::row_count(data.training) < s.words)
    throw sidera::value_error("--words", "there are fewer rows than the " + std::to_string(s.words) + " words");
  sidera::thread_pool pool(s.threads == 0 ? std::max(1U, std::thread::hardware_concurrency()) : s.threads);
  rq_vae model({s.hidden, s.latent, s.levels, s.words, s.commitment, s.seed}, r.columns);
  model.start(data.training);
  if (!s.twin.empty()) write_twin(s, model, data.training);
  stopwatch watch;
  train(r, model, data, pool);
  r.seconds = watch.lap();
  sidera::code_matrix const codes = model.encode(x, pool);
  for (std::size_t l = 0; l < s.levels; ++l)
    r.perplexity.push_back(sidera::usage_of(sidera::level_codes(codes, l), s.words).perplexity);
  r.unique_ratio = sidera::report_collisions(codes).unique_ratio;
  if (!s.ids_out.empty()) sidera::write_npy(s.ids_out, codes);
  return r;
}

}  // namespace program
