// SPDX-License-Identifier: MIT
#pragma once
/// \file  MCCA as its paper trains it, on interactions of the size of Last.fm-2k: 1,858 users, 1,425 items in three
/// views of three levels of 64 words, 44,327 training interactions and as many negatives, histories of 20, batches
/// of 64.
///
/// With SIDERA_DATA_DIR the interactions are those of lastfm2k_mm; otherwise they are drawn. Codes are drawn: the time
/// does not depend on them. Every implementation starts from the same numbers and sees the same batches, so that the
/// mean losses of each epoch must agree; they do where the optimiser is the same, see peers_interest.py.
#include <sys/resource.h>

#include <sidera/core/thread_pool.hpp>
#include <sidera/interest/ranker.hpp>
#include <sidera/interest/ranker_trainer.hpp>
#include <sidera/io/load.hpp>

#include "training_steps.hpp"

namespace bench {

struct mcca_data {
  static constexpr std::size_t users = 1858, items = 1425, levels = 3, words = 64, rows = 44327;
  sidera::interaction_table table;
  sidera::ranking_samples samples;

  explicit mcca_data(settings const& s) : table(read_or_draw(s)) {
    samples = sidera::make_samples(table, sidera::data_part::train, {.history = 20, .negatives = 1, .seed = s.seed});
  }
  [[nodiscard]] static sidera::item_view view(std::string name, std::uint64_t seed) {
    sidera::item_view v{std::move(name), sidera::code_matrix(items, levels), {words, words, words}};
    for (index_t i = 0; i < v.codes.size(); ++i)
      v.codes.data()[i] =
          static_cast<sidera::code_t>(sidera::random_stream(seed).below(static_cast<std::uint64_t>(i), words));
    return v;
  }
  [[nodiscard]] sidera::ranker<float> model() const {
    return sidera::ranker<float>(sidera::mcca_layout(items, {view("text", 1), view("audio", 2)}, view("joint", 3)));
  }

 private:
  [[nodiscard]] static sidera::interaction_table read_or_draw(settings const& s) {
    if (char const* const folder = std::getenv("SIDERA_DATA_DIR"))
      return sidera::interactions_from(sidera::load_codes(std::string(folder) + "/lastfm2k_mm/interactions.npy"),
                                       items);
    sidera::interaction_table drawn{users, items, false, {}};
    sidera::random_stream const random(s.seed);
    for (std::size_t u = 0; u < users; ++u) {
      auto const order = random.fork(u).permutation(items);
      std::size_t const count = rows / users + (u < rows % users ? 1 : 0);
      for (std::size_t i = 0; i < count; ++i)
        drawn.rows.push_back({static_cast<sidera::code_t>(u), static_cast<sidera::code_t>(order[i])});
    }
    return drawn;
  }
};

/// The most memory that this process has used so far.
[[nodiscard]] inline std::string peak_memory() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return std::to_string(usage.ru_maxrss / 1024) + " MiB";
}

/// The folder with everything that a peer needs; epochs + 1 orders of the samples, as the trainer draws them.
[[nodiscard]] inline std::shared_ptr<shared_folder> share(mcca_data const& data, sidera::ranker<float> const& model,
                                                          std::size_t epochs) {
  auto folder = std::make_shared<shared_folder>();
  put_parameters(*folder, model.store());
  for (auto const& view : model.layout().views)
    if (view.name != "id") folder->put("codes." + view.name, view.codes.cast<float>());
  folder->put("history", data.samples.questions.history.cast<float>());
  auto const column = [](auto const& values) {
    matrix out(static_cast<index_t>(values.size()), 1);
    for (std::size_t i = 0; i < values.size(); ++i) out(static_cast<index_t>(i), 0) = static_cast<float>(values[i]);
    return out;
  };
  folder->put("target", column(data.samples.questions.target));
  folder->put("label", column(data.samples.label));
  for (std::size_t e = 0; e <= epochs; ++e)
    folder->put("order." + std::to_string(e),
                column(sidera::random_stream(0, 0x6F726465).fork(e).permutation(data.samples.size())));
  return folder;
}

inline job mcca_epoch(settings const& s) {
  struct state {
    mcca_data data;
    sidera::ranker<float> model = data.model();
    sidera::ranker_trainer<sidera::ranker<float>> trainer{model, {.batch = 64, .learning_rate = 5e-4}};
    sidera::thread_pool pool;
    double loss = 0;

    explicit state(settings const& how) : data(how), pool(how.threads) {}
  };
  auto const ours = std::make_shared<state>(s);
  auto const folder = share(ours->data, ours->model, s.rounds);
  // Per sample: 20 places times two scorer layers of 64 numbers and the sums of four views, the tower; three times.
  double const places = 4.0 * 20 * (64 * 2 + 64), tower = 384.0 * 200 + 200 * 80 + 80, queries = 4.0 * 64 * 64;
  auto const rows = static_cast<double>(ours->data.samples.size());
  job j{"mcca_epoch", 3 * 2.0 * rows * (places + tower + queries), rows, {}};
  j.implementations.push_back(
      {"sidera", false,
       [ours, &s] {
         return milliseconds(s, [&] { ours->loss = ours->trainer.epoch(ours->model, ours->data.samples, ours->pool); });
       },
       [ours] { return "loss " + std::to_string(ours->loss) + ", at most " + peak_memory(); }});
  for (char const* const peer : {"mcca", "mcca_same_algebra"}) add_torch(j, s, peer, folder, 64);
  return j;
}

}  // namespace bench
