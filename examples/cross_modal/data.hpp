// SPDX-License-Identifier: MIT
#pragma once
/// \file  The views, which rows lack them, and which rows are for training.
#include <algorithm>
#include <map>
#include <sidera/core/random.hpp>
#include <sidera/io/load.hpp>

#include "sequences.hpp"
#include "settings.hpp"

namespace program {

using sidera::index_t;
using matrix = sidera::matrix<float>;

struct view_rows {
  matrix x;
  std::vector<std::uint8_t> present;  ///< one flag per row
};

struct paired_data {
  std::vector<view_rows> views;
  std::vector<std::int32_t> labels;  ///< 0 .. classes - 1, one per clip or one per row
  std::size_t classes = 0;
  std::vector<std::int32_t> split;  ///< 0 training, 1 test, one per clip; empty: drawn for every seed
  std::size_t clips = 0, missing = 0;

  /// Rows that a label is for: 1, or the steps of a clip.
  [[nodiscard]] std::size_t rows_per_label() const { return sidera::row_count(views.front().x) / labels.size(); }
};

/// Clip numbers.
struct partition {
  std::vector<std::size_t> train, test;
};

/// Rows of nothing but zeros (to a millionth of the largest number) or NaN lack the view.
[[nodiscard]] inline std::vector<std::uint8_t> present_rows(matrix const& x) {
  float const least = 1e-6F * x.array().isNaN().select(0, x.array().abs()).maxCoeff();
  std::vector<std::uint8_t> flags;
  for (index_t i = 0; i < x.rows(); ++i)
    flags.push_back(!(x.row(i).array().abs() <= least).all() && !x.row(i).array().isNaN().all());
  return flags;
}

/// A view from a file, and which of its rows are there. Throws value_error for a row that is neither finite nor all
/// NaN.
[[nodiscard]] inline view_rows load_view(std::string const& file) {
  view_rows view{sidera::load_matrix<float>(file), {}};
  for (index_t i = 0; i < view.x.rows(); ++i)
    if (auto const row = view.x.row(i).array(); !row.isFinite().all() && !row.isNaN().all())
      throw sidera::value_error(
          "--view",
          file + ": row " + std::to_string(i) + " has a NaN or an infinity (a row of nothing but NaN lacks the view)",
          static_cast<std::size_t>(i));
  view.present = present_rows(view.x);
  return view;
}

/// Labels become 0 .. classes - 1 in their order.
inline std::size_t number_labels(std::vector<std::int32_t>& labels) {
  std::map<std::int32_t, std::int32_t> numbers;
  for (std::int32_t const l : labels) numbers[l] = 0;
  std::int32_t next = 0;
  for (auto& [label, number] : numbers) number = next++;
  for (std::int32_t& l : labels) l = numbers[l];
  return numbers.size();
}

/// A probe that can give one answer alone is always right: its figures would say nothing.
inline void require_classes(std::vector<std::int32_t> const& labels, std::string const& file) {
  auto const [least, most] = std::minmax_element(labels.begin(), labels.end());
  if (*most < 0)
    throw sidera::value_error("--labels",
                              file + " has negative labels only: no item has a class that a probe can learn");
  if (*least == *most)
    throw sidera::value_error("--labels", file + " has one class only, " + std::to_string(*most) +
                                              ": the probe needs two or more to tell apart");
}

[[nodiscard]] inline paired_data load_data(settings const& s) {
  paired_data d;
  for (auto const& [name, file] : s.views) {
    d.views.push_back(load_view(file));
    for (std::uint8_t const there : d.views.back().present) d.missing += there == 0;
    if (d.views.back().x.rows() != d.views.front().x.rows())
      throw sidera::shape_error("--view", file + " has " + std::to_string(d.views.back().x.rows()) + " rows, " +
                                              s.views.front().second + " has " +
                                              std::to_string(d.views.front().x.rows()));
  }
  std::size_t const rows = sidera::row_count(d.views.front().x);
  if (rows == 0 || rows % s.time != 0)
    throw sidera::shape_error("--time", std::to_string(rows) + " rows are no clips of " + std::to_string(s.time));
  d.clips = rows / s.time;
  d.labels = sidera::load_labels(s.labels);
  if (!s.split.empty()) d.split = sidera::load_labels(s.split);
  for (auto const& [list, file] : {std::pair{&d.labels, s.labels}, std::pair{&d.split, s.split}})
    if (!file.empty() && list->size() != d.clips && (list == &d.split || list->size() != rows))
      throw sidera::shape_error(
          list == &d.split ? "--split" : "--labels",
          file + " has " + std::to_string(list->size()) + " entries for " + std::to_string(d.clips) + " items");
  for (std::int32_t const part : d.split)
    if (part != 0 && part != 1) throw sidera::value_error("--split", s.split + " must hold 0 (training) and 1 (test)");
  require_classes(d.labels, s.labels);
  d.classes = number_labels(d.labels);
  return d;
}

/// The clips of \ref draw_sequences; a label per step.
[[nodiscard]] inline paired_data drawn_data(std::uint64_t seed) {
  sequence_world const world;
  drawn_sequences drawn = draw_sequences(world, seed);
  paired_data d;
  for (matrix& x : drawn.views) d.views.push_back({std::move(x), std::vector<std::uint8_t>(drawn.event.size(), 1)});
  d.labels = std::move(drawn.event);
  d.classes = number_labels(d.labels);
  d.clips = world.clips;
  return d;
}

/// The given split, or a random third of the clips for the test.
[[nodiscard]] inline partition split_clips(paired_data const& d, std::uint64_t seed) {
  partition p;
  if (!d.split.empty()) {
    for (std::size_t i = 0; i < d.clips; ++i) (d.split[i] == 0 ? p.train : p.test).push_back(i);
  } else {
    auto const order = sidera::random_stream(seed).fork(77).permutation(d.clips);
    for (std::size_t i = 0; i < d.clips; ++i) (i < d.clips * 2 / 3 ? p.train : p.test).push_back(order[i]);
  }
  if (p.train.size() < 4 || p.test.empty())
    throw sidera::value_error(d.split.empty() ? "--view" : "--split",
                              std::to_string(p.train.size()) + " items for training and " +
                                  std::to_string(p.test.size()) + " for the test are too few");
  return p;
}

/// The rows of these clips.
[[nodiscard]] inline view_rows take(view_rows const& v, std::vector<std::size_t> const& clips, std::size_t time) {
  view_rows out{matrix(static_cast<index_t>(clips.size() * time), v.x.cols()), {}};
  for (std::size_t i = 0; i < clips.size() * time; ++i) {
    std::size_t const from = clips[i / time] * time + i % time;
    out.x.row(static_cast<index_t>(i)) = v.x.row(static_cast<index_t>(from));
    out.present.push_back(v.present[from]);
    if (out.present.back() == 0) out.x.row(static_cast<index_t>(i)).setZero();
  }
  return out;
}

[[nodiscard]] inline std::vector<view_rows> take_all(paired_data const& d, std::vector<std::size_t> const& clips,
                                                     std::size_t time) {
  std::vector<view_rows> out;
  for (view_rows const& v : d.views) out.push_back(take(v, clips, time));
  return out;
}

[[nodiscard]] inline std::vector<sidera::code_t> labels_of(paired_data const& d,
                                                           std::vector<std::size_t> const& clips) {
  std::vector<sidera::code_t> out;
  std::size_t const each = d.labels.size() / d.clips;  // 1, or as many as a clip has steps
  for (std::size_t const c : clips)
    for (std::size_t t = 0; t < each; ++t) out.push_back(d.labels[c * each + t]);
  return out;
}

/// Whether one of these clips has the view, in one step at least.
[[nodiscard]] inline bool any_row(view_rows const& v, std::vector<std::size_t> const& clips, std::size_t time) {
  return std::any_of(clips.begin(), clips.end(), [&](std::size_t c) {
    auto const first = v.present.begin() + static_cast<std::ptrdiff_t>(c * time);
    return std::find(first, first + static_cast<std::ptrdiff_t>(time), 1) != first + static_cast<std::ptrdiff_t>(time);
  });
}

/// Throws value_error unless every seed has something to learn and to ask in each view: two classes among the training
/// items, rows among these and those of the test. Asked before the first training, not after hours of others.
inline void require_probes(paired_data const& d, settings const& s) {
  for (std::size_t k = 0; k < (d.split.empty() ? s.seeds : 1); ++k) {
    partition const parts = split_clips(d, s.seed + k);
    auto const labels = labels_of(d, parts.train);
    if (std::count(labels.begin(), labels.end(), labels.front()) == std::ssize(labels))
      throw sidera::value_error(d.split.empty() ? "--labels" : "--split",
                                "the training items of seed " + std::to_string(s.seed + k) + " have one class only");
    for (auto const* part : {&parts.train, &parts.test})
      for (std::size_t m = 0; m < d.views.size(); ++m)
        if (!any_row(d.views[m], *part, s.time))
          throw sidera::value_error("--view", s.views[m].first + " has no row among the items for " +
                                                  (part == &parts.train ? "training" : "the test"));
  }
}

}  // namespace program
