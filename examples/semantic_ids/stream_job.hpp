// SPDX-License-Identifier: MIT
#pragma once
/// \file  Fitting and encoding of views that stay in their files, on one rank or several.
#include <filesystem>
#include <sidera/communicators/sum_over.hpp>
#include <sidera/io/save_fields.hpp>
#include <sidera/streaming/fit_stream.hpp>

#include "compositions.hpp"
#include "id_files.hpp"
#include "memory_plan.hpp"
#include "output_paths.hpp"
#include "run.hpp"
#include "stream_result.hpp"
#include "streamable.hpp"
#include "view_rows.hpp"

namespace program {

/// random or kmeans++: both look at a sample of the rows alone.
struct sampling_initialiser : chosen_initialiser {
  [[nodiscard]] std::vector<std::size_t> sample(std::size_t rows, std::size_t words,
                                                sidera::initialiser_context const& context) const {
    if (which == "random") return sidera::random_rows{}.sample(rows, words, context);
    return sidera::kmeans_plus_plus{}.sample(rows, words, context);
  }
  template <sidera::Scalar T, class M>
  [[nodiscard]] sidera::codebook<T> from_sample(sidera::matrix_cref<T> const& x, std::size_t words, M const& metric,
                                                sidera::initialiser_context const& context) const {
    if (which == "random") return sidera::random_rows{}.from_sample(x, words, metric, context);
    return sidera::kmeans_plus_plus{}.from_sample(x, words, metric, context);
  }
};

template <sidera::Communicator C>
class stream_job {
  using trained_type = sidera::residual_quantizer<sidera::squared_euclidean, sidera::lloyd, sidera::prefix_residual,
                                                  sampling_initialiser>;

 public:
  stream_job(settings s, C const& ranks)
      : s_(std::move(s)), ranks_(ranks), pool_(s_.threads), progress_(s_.quiet || ranks.rank() != 0, fits()) {
    require_streamable(s_);
  }

  [[nodiscard]] streamed_result run() {
    if (ranks_.rank() == 0) {
      settings own = s_;
      for (auto& [view, spec] : own.views) spec = own_files(spec);
      require_writable(own);
    }
    view_rows const rows = open({}, false);
    options_ = plan_memory(s_, {rank_rows_of(rows).columns, pool_.concurrency()});
    result_.ranks = ranks_.size();
    result_.items = rank_rows_of(rows).total;
    stopwatch watch;
    model_type const model = s_.model_in.empty() ? fit() : load_model(s_);
    result_.fit_seconds = watch.lap();
    encode(model, rows);
    result_.encode_seconds = watch.lap();
    if (!s_.model_out.empty() && ranks_.rank() == 0) save(model);
    result_.how = s_;
    result_.block_rows = options_.block_rows;
    return std::move(result_);
  }

 private:
  [[nodiscard]] std::size_t fits() const { return s_.views.size() + s_.joint; }

  /// The files of this rank: `spec` with its number for {rank}.
  [[nodiscard]] std::string own_files(std::string spec) const {
    if (auto const at = spec.find("{rank}"); at != std::string::npos)
      spec.replace(at, 6, std::to_string(ranks_.rank()));
    return spec;
  }

  /// The view of that name, or all of them side by side: the rows of this rank. Ranks share the rows of files that all
  /// of them see; files whose name has a {rank} in it are those of one rank.
  [[nodiscard]] view_rows open(std::string const& name, bool scaled) const {
    view_rows rows;
    bool own = false;
    for (auto const& [view, spec] : s_.views) {
      if (!name.empty() && view != name) continue;
      std::string const files = own_files(spec);
      own = own || files != spec;
      rows.add(view, files, scaled && s_.scale == "l2");
    }
    if (own) return rows;
    std::size_t const all = rows.rows(), first = all * ranks_.rank() / ranks_.size();
    rows.keep(first, all * (ranks_.rank() + 1) / ranks_.size() - first);
    return rows;
  }

  [[nodiscard]] sidera::rank_rows rank_rows_of(view_rows const& rows) const {
    return sidera::rank_rows::of(ranks_, rows.rows(), rows.columns());
  }

  [[nodiscard]] model_type fit() {
    std::vector<sidera::trained_view<sidera::any_quantizer<float>>> views;
    for (auto const& [name, spec] : s_.views) {
      view_rows const rows = open(name, true);
      auto quantizer = fit_one(name, rows);
      auto const none = sidera::matrix<float>(0, static_cast<sidera::index_t>(rank_rows_of(rows).columns));
      views.push_back({name, chosen_scaling{s_.scale}.fit<float>(none), mean_of(rows), std::move(quantizer)});
    }
    model_type model = make_model(s_);
    model.set_views(std::move(views), s_.joint ? fit_one("joint", open({}, true)) : choose_quantizer(s_));
    return model;
  }

  /// Becomes the quantizer that the whole run would have been given, had it all rows in memory.
  [[nodiscard]] sidera::any_quantizer<float> fit_one(std::string const& name, view_rows const& rows) {
    trained_type trained(residual_options(s_), {}, {}, {.weight = s_.scheme == "psrq" ? s_.prefix_weight : 0},
                         {{s_.init}});
    auto const report = sidera::fit_stream(trained, rows, options_, pool_, progress_.watch(), ranks_);
    progress_.next_fit();
    for (sidera::level_report const& level : report.levels)
      result_.views[name].relative_error.push_back(level.relative_error);
    sidera::any_quantizer<float> quantizer = choose_quantizer(s_);
    quantizer.load(trained.fields());
    return quantizer;
  }

  /// The mean of every column over all ranks, summed exactly.
  [[nodiscard]] sidera::row_vector<float> mean_of(view_rows const& rows) {
    sidera::rank_rows const all = rank_rows_of(rows);
    std::vector<sidera::order_free_sum> sums(all.columns);
    sidera::row_blocks<float, view_rows> const blocks(rows, options_.block_rows, options_.read_ahead);
    blocks.for_each("--view", [&](std::size_t, sidera::matrix_cref<float> const& x) {
      sidera::block_partition const parts{sums.size(), 8};
      pool_.run(parts.count(), [&](std::size_t p, std::size_t) {
        for (sidera::index_t i = 0; i < x.rows(); ++i)
          for (std::size_t d = parts.begin(p); d < parts.begin(p) + parts.length(p); ++d)
            sums[d].add(static_cast<double>(x(i, static_cast<sidera::index_t>(d))));
      });
    });
    sidera::row_vector<float> mean(static_cast<sidera::index_t>(sums.size()));
    for (std::size_t d = 0; d < sums.size(); ++d)
      mean(static_cast<sidera::index_t>(d)) =
          static_cast<float>(sidera::sum_over(ranks_, sums[d]) / static_cast<double>(all.total));
    return mean;
  }

  /// Writes the IDs and counts how often each word is used.
  void encode(model_type const& model, view_rows const& rows) {
    sidera::rank_rows const all = rank_rows_of(rows);
    std::map<std::string, id_files> files;
    std::map<std::string, std::vector<std::vector<std::int64_t>>> counts;
    if (!s_.ids_out.empty()) std::filesystem::create_directories(s_.ids_out);
    for (std::string const& name : model.names()) {
      auto const& q = model.quantizer(name);
      for (std::size_t l = 0; l < q.level_count(); ++l) counts[name].emplace_back(q.word_count(l));
      if (!s_.ids_out.empty())
        files.try_emplace(name, s_.ids_out + "/" + name, ranks_, all, rows.rows(), q.level_count());
    }
    sidera::row_blocks<float, view_rows> const blocks(rows, options_.block_rows, options_.read_ahead);
    blocks.for_each("--view", [&](std::size_t first, sidera::matrix_cref<float> const& x) {
      for (auto const& [name, codes] : model.encode(rows.split(x), pool_)) {
        for (sidera::index_t i = 0; i < codes.rows(); ++i)
          for (sidera::index_t l = 0; l < codes.cols(); ++l)
            ++counts[name][static_cast<std::size_t>(l)][static_cast<std::size_t>(codes(i, l))];
        if (auto const file = files.find(name); file != files.end()) file->second.append(first, codes);
      }
    });
    for (auto& [name, levels] : counts)
      for (auto& level : levels) {  // also a barrier: no file appears before all ranks are through
        ranks_.sum(level);
        result_.views[name].usage.emplace_back(level);
      }
    for (auto& [name, file] : files) file.commit();
  }

  void save(model_type const& model) const {
    sidera::field_set fields = model.fields();
    put_settings(fields, s_);
    sidera::save_fields(s_.model_out, fields);
  }

  settings s_;
  C const& ranks_;
  sidera::thread_pool pool_;
  progress_line progress_;
  sidera::stream_options options_;
  streamed_result result_;
};

}  // namespace program
