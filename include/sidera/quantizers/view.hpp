// SPDX-License-Identifier: MIT
#pragma once
#include <map>
#include <sidera/core/check.hpp>
#include <string>
#include <vector>

namespace sidera::inline SIDERA_ABI {

/// One modality of the items: row i of every view is item i.
template <Scalar T>
struct view {
  std::string name;
  matrix<T> x;                ///< N x D of this view
  std::vector<bool> present;  ///< whether item i has this modality; empty: all have it. Absent rows may hold anything

  // Constructors, since g++ 12 crashes on a list of aggregates whose last member has a default.
  view() = default;
  view(std::string view_name, matrix<T> rows, std::vector<bool> presence = {})
      : name(std::move(view_name)), x(std::move(rows)), present(std::move(presence)) {}

  [[nodiscard]] bool has(std::size_t i) const { return present.empty() || present[i]; }
  [[nodiscard]] std::size_t missing() const {
    std::size_t n = 0;
    for (bool const p : present) n += !p;
    return n;
  }
};

/// Codes by view name; a joint view is named "joint".
using view_codes = std::map<std::string, code_matrix>;

/// What happens to items that lack a modality.
enum class missing_policy {
  refuse,  ///< value_error with the first such row
  skip,    ///< no code in that view; the joint view takes the view's mean in its place
  mean,    ///< the view's mean stands for the missing row, in the view and in the joint view
};

/// Throws unless the views have distinct names, equal row counts and presence lists that fit.
template <Scalar T>
void require_views(std::vector<view<T>> const& views, std::string_view function) {
  if (views.empty()) throw shape_error(function, "there are no views");
  std::map<std::string, int> seen;
  for (view<T> const& v : views) {
    if (seen[v.name]++ > 0) throw value_error(function, "two views are named \"" + v.name + "\"");
    require_not_empty(v.x, function, "view \"" + v.name + "\"");
    if (v.x.rows() != views.front().x.rows())
      throw shape_error(function, "view \"" + v.name + "\" has " + std::to_string(v.x.rows()) + " rows, view \"" +
                                      views.front().name + "\" has " + std::to_string(views.front().x.rows()));
    if (!v.present.empty() && v.present.size() != row_count(v.x))
      throw shape_error(function, "view \"" + v.name + "\" has " + std::to_string(v.x.rows()) +
                                      " rows and a presence list of " + std::to_string(v.present.size()));
    if (!v.present.empty() && v.missing() == v.present.size())
      throw value_error(function, "no item has view \"" + v.name + "\"");
  }
}

/// Throws value_error for the first present row with a NaN or an infinity.
template <Scalar T>
void require_finite_view(view<T> const& v, std::string_view function) {
  for (index_t i = 0; i < v.x.rows(); ++i)
    if (v.has(static_cast<std::size_t>(i)) && !all_finite(std::span<T const>(row_span(v.x, i))))
      throw value_error(function, "view \"" + v.name + "\" row " + std::to_string(i) + " has a NaN or an infinity",
                        static_cast<std::size_t>(i));
}

}  // namespace sidera::inline SIDERA_ABI
