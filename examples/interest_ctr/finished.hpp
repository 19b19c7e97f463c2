// SPDX-License-Identifier: MIT
#pragma once
/// \file  Trainings that are finished, on disk: a comparison that was killed goes on, and one more model costs only
/// itself.
#include <mutex>
#include <sidera/experiments/journal.hpp>
#include <sidera/io/file_checksum.hpp>

#include "results.hpp"

namespace program {

/// Everything that a journal's figures depend on, but for model and seed: the library, what is in the files, settings.
[[nodiscard]] inline std::string data_text(settings const& s) {
  sidera::json_writer json;
  auto const put_file = [&](std::string const& name, std::string const& file) {
    json.field(name, file);
    if (!file.empty()) json.field(name + " crc32", sidera::file_checksum(file));
  };
  json.object([&] {
    json.field("version", SIDERA_VERSION_STRING);
    json.field("instruction_set", SIDERA_INSTRUCTION_SET);
    put_file("interactions", s.interactions);
    for (auto const& [name, file] : s.views) put_file("view " + name, file);
    put_settings(json, s);
  });
  return json.text();
}

/// All that is known of one training, by name; and back.
[[nodiscard]] inline sidera::named_numbers named_run(figures const& f, trained_scores const& scores) {
  sidera::named_numbers out;
  for (std::size_t k = 0; k < f.size(); ++k) out.emplace_back(figure_names[k], f[k]);
  out.emplace_back("seconds per epoch", scores.seconds_per_epoch);
  out.emplace_back("parameters", static_cast<double>(scores.parameters));
  return out;
}
inline void take_run(model_result& r, std::size_t seed, sidera::named_numbers const& run) {
  r.per_seed[seed].clear();
  for (std::size_t k = 0; k + 2 < run.size(); ++k) r.per_seed[seed].push_back(run[k].second);
  r.seconds[seed] = run[run.size() - 2].second;
  if (seed == 0) r.parameters = static_cast<std::size_t>(run.back().second);
}

/// Keeps figures by label and seed; without a file it only forgets.
class finished_trainings {
 public:
  explicit finished_trainings(settings const& s)
      : journal_(s.journal, s.journal.empty() ? "" : data_text(s), {"model"}) {}

  /// Takes what is kept, or trains and keeps it. May be called from several threads.
  template <class Train>
  [[nodiscard]] sidera::named_numbers get(std::string const& label, std::uint64_t seed, Train const& train) {
    sidera::result_row row{{label}, {{}, seed}, {}, {}};
    if (journal_.find(row)) return row.figures;
    row.figures = train();
    std::lock_guard const lock(mutex_);
    journal_.add(row);
    return row.figures;
  }

 private:
  sidera::journal journal_;
  std::mutex mutex_;
};

}  // namespace program
