// SPDX-License-Identifier: MIT
#pragma once
/// \file  The rows that a disentangling model is trained on.
#include <sidera/communicators/rows_fingerprint.hpp>
#include <sidera/communicators/serial.hpp>
#include <sidera/disentangling/clip_batch.hpp>
#include <sidera/quantizers/view_scaling.hpp>

namespace sidera::inline SIDERA_ABI {

/// Row n of every view is the same moment; see \ref disentangling_model.
template <Scalar T>
struct paired_views {
  std::vector<matrix<T>> x;  ///< one per view
  presence_flags flags;      ///< one list per view; empty: no row lacks it
};

namespace detail {

/// Names rows of which the first one has number `first` among all rows of all ranks; those that lack a view leave
/// nothing.
template <Scalar T>
[[nodiscard]] rows_fingerprint fingerprint_of(paired_views<T> const& views, std::uint64_t first) {
  rows_fingerprint all;
  for (std::size_t m = 0; m < views.x.size(); ++m)
    for (index_t i = 0; i < views.x[m].rows(); ++i)
      if (views.flags[m].empty() || views.flags[m][static_cast<std::size_t>(i)] != 0)
        all.add(std::span<T const>(row_span(views.x[m], i)),
                (std::uint64_t{m} << 48) + first + static_cast<std::uint64_t>(i));
  return all;
}

}  // namespace detail

/// Rows that are all here.
template <Scalar T>
class held_views {
 public:
  /// Clips of some views.
  struct batch_type {
    paired_views<T> const& views;
    std::span<std::size_t const> clips;
  };

  held_views(paired_views<T> all, std::size_t time) : all_(std::move(all)), time_(time) {}

  [[nodiscard]] std::size_t clips() const { return row_count(all_.x.front()) / time_; }
  [[nodiscard]] paired_views<T> const& own() const noexcept { return all_; }
  [[nodiscard]] batch_type batch(std::span<std::size_t const> clips) const noexcept { return {all_, clips}; }
  /// What was computed from own(), for the rows of all views.
  [[nodiscard]] matrix<T> const& together(matrix<T> const& rows) const noexcept { return rows; }
  /// Names the rows.
  [[nodiscard]] std::uint64_t fingerprint() const {
    return detail::fingerprint_of(all_, 0).over(serial_communicator{});
  }

 private:
  paired_views<T> all_;
  std::size_t time_;
};

namespace detail {

/// Throws value_error with the first row of a view that has it and holds a NaN or an infinity.
template <Scalar T>
void require_finite_rows(matrix<T> const& x, std::vector<std::uint8_t> const& flags, std::string_view function,
                         std::string_view argument) {
  if (flags.empty()) return require_finite<T>(x, function, argument);
  matrix<T> clean = x;
  clear_other_rows(clean, flags);  // what stands there may be no number
  require_finite<T>(clean, function, argument);
}

/// The flags of every view, none where no row lacks it. Throws shape_error or value_error for views that cannot be
/// trained on in clips of `time` rows.
template <Scalar T>
[[nodiscard]] presence_flags checked_flags(std::vector<matrix<T>> const& views, presence_flags const& present,
                                           std::size_t time, std::string_view where) {
  if (views.size() < 2) throw shape_error(where, "there are " + to_text(views.size()) + " views, expected at least 2");
  if (!present.empty() && present.size() != views.size())
    throw shape_error(where, to_text(present.size()) + " masks for " + to_text(views.size()) + " views");
  std::size_t const rows = row_count(views.front());
  if (rows % time != 0) throw shape_error(where, to_text(rows) + " rows are no clips of " + to_text(time) + " steps");
  presence_flags flags(views.size());
  for (std::size_t m = 0; m < views.size(); ++m) {
    require_not_empty(views[m], where, "a view");
    require_rows(views[m], rows, where, "a view");
    if (!present.empty()) flags[m] = present[m];
    if (!flags[m].empty() && flags[m].size() != rows)
      throw shape_error(where, to_text(flags[m].size()) + " flags for " + to_text(rows) + " rows");
    if (std::find(flags[m].begin(), flags[m].end(), 0) == flags[m].end()) flags[m].clear();
    if (!flags[m].empty() && time > 1)
      throw value_error(where, "rows that lack a view are allowed for clips of one step only");
    require_finite_rows(views[m], flags[m], where, "view " + to_text(m));
  }
  return flags;
}

/// Throws shape_error when there are flags, and all are 0.
inline void require_rows_with_view(std::vector<std::uint8_t> const& flags, std::size_t view, std::string_view where) {
  if (!flags.empty() && std::all_of(flags.begin(), flags.end(), [](std::uint8_t f) { return f == 0; }))
    throw shape_error(where, "all rows lack view " + to_text(view));
}

/// Every view scaled by what `fit` makes of the rows that have it, which is left in `scaling`. Rows that lack the view
/// are zero.
template <Scalar T, class F>
[[nodiscard]] paired_views<T> scaled_views(std::vector<matrix<T>> const& views, presence_flags flags, F const& fit,
                                           std::vector<view_transform<T>>& scaling) {
  paired_views<T> out{{}, std::move(flags)};
  for (std::size_t m = 0; m < views.size(); ++m) {
    scaling.push_back(fit(flagged_rows<T>(views[m], out.flags[m])));
    matrix<T> clean = views[m];
    clear_other_rows(clean, out.flags[m]);  // what stands there may be no number
    out.x.push_back(scaling.back()(clean));
    clear_other_rows(out.x.back(), out.flags[m]);
  }
  return out;
}

}  // namespace detail
}  // namespace sidera::inline SIDERA_ABI
