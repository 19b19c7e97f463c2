// SPDX-License-Identifier: MIT
#pragma once
#include <sidera/bottlenecks/bottleneck_output.hpp>
#include <sidera/bottlenecks/dead_code_reset.hpp>
#include <sidera/core/fields.hpp>
#include <sidera/core/level_codes.hpp>
#include <sidera/update_rules/concepts.hpp>
#include <sidera/update_rules/cross_modal_ema.hpp>

namespace sidera::inline SIDERA_ABI {

/// What a bottleneck remembers of one codebook from batch to batch: the averages that move its words, which words are
/// idle, and how often every modality used them. `learned`: the words are parameters, an optimiser moves them.
template <Scalar T, class Rule, bool learned>
class stage_memory {
 public:
  using state_type = typename Rule::template state<T>;

  /// Averages start at the words of `book`.
  stage_memory(Rule const& rule, codebook<T> const& book) : state_(rule, book), idle_(book.size()) {}

  /// One batch, of which this stage has column `stage` of the codes: moves the words, counts, and resets dead words by
  /// the numbers of `random`. Returns how many were reset.
  std::size_t update(codebook<T>& book, std::vector<bottleneck_rows<T>> const& rows, std::size_t stage,
                     dead_code_reset const& reset, random_stream random) {
    std::vector<std::vector<code_t>> ids;
    for (auto const& of : rows) ids.push_back(level_codes(of.codes, stage));
    if constexpr (!learned) move_words(book, rows, ids, stage);
    if (usage_.size() < ids.size()) usage_.resize(ids.size(), code_usage(book.size()));
    for (std::size_t m = 0; m < ids.size(); ++m) {
      idle_.count(m, ids[m]);
      usage_[m].add(ids[m]);
    }
    auto const moved = reset_dead_words(reset, idle_, book, random);
    if constexpr (!learned)
      if (reset.sticky)
        for (std::size_t const j : moved) state_.reset_word(book, j);
    return moved.size();
  }

  [[nodiscard]] state_type const& state() const noexcept { return state_; }
  [[nodiscard]] idle_counters const& idle() const noexcept { return idle_; }
  /// Per modality, since the start or the last clear_usage.
  [[nodiscard]] std::vector<code_usage> const& usage() const noexcept { return usage_; }
  void clear_usage() { usage_.clear(); }

  void to_fields(field_set& f, std::string const& prefix) const {
    f.put(prefix + ".idle", idle_.values());
    if constexpr (!learned) {
      auto const& averages = state_.averages();
      f.put(prefix + ".counts", std::vector<double>(averages.counts().begin(), averages.counts().end()));
      f.put(prefix + ".sums", std::vector<double>(averages.sums().begin(), averages.sums().end()));
    }
  }
  void from_fields(field_set const& f, std::string const& prefix) {
    idle_.set_values(f.get_vector<std::int64_t>(prefix + ".idle"));
    if constexpr (!learned) {
      copy_numbers(f.get_vector<double>(prefix + ".counts"), state_.averages().counts());
      copy_numbers(f.get_vector<double>(prefix + ".sums"), state_.averages().sums());
    }
  }

 private:
  static void copy_numbers(std::vector<double> const& from, std::span<double> to) {
    if (from.size() != to.size())
      throw shape_error("bottleneck::from_fields",
                        std::to_string(from.size()) + " averages, expected " + std::to_string(to.size()));
    std::copy(from.begin(), from.end(), to.begin());
  }

  void move_words(codebook<T>& book, std::vector<bottleneck_rows<T>> const& of,
                  std::vector<std::vector<code_t>> const& ids, std::size_t stage) {
    if constexpr (requires(std::span<modality_batch<T> const> batch) { state_.update(book, batch); }) {
      std::vector<matrix_cref<T>> refs;
      for (auto const& modality : of) refs.emplace_back(modality.queries[stage]);
      std::vector<modality_batch<T>> batch;
      for (std::size_t m = 0; m < refs.size(); ++m) batch.push_back({refs[m], ids[m]});
      state_.update(book, std::span<modality_batch<T> const>(batch));
    } else {  // the modalities are so many more rows
      index_t const rows = of.front().queries[stage].rows();
      matrix<T> all(rows * static_cast<index_t>(of.size()), of.front().queries[stage].cols());
      std::vector<code_t> codes;
      for (std::size_t m = 0; m < of.size(); ++m) {
        all.middleRows(static_cast<index_t>(m) * rows, rows) = of[m].queries[stage];
        codes.insert(codes.end(), ids[m].begin(), ids[m].end());
      }
      state_.update(book, matrix_cref<T>(all), codes);
    }
  }

  state_type state_;
  idle_counters idle_;
  std::vector<code_usage> usage_;
};

}  // namespace sidera::inline SIDERA_ABI
