// SPDX-License-Identifier: MIT
#pragma once
/// \file  A grid of experiments: every possible combination of policies, one type each.
#include <iterator>
#include <sidera/core/type_name.hpp>
#include <sidera/experiments/axes.hpp>
#include <sidera/experiments/run_point.hpp>

namespace sidera::inline SIDERA_ABI {

/// What is done with one combination of policies.
///
/// Syntax:    `typename S::data_type`
///            `S{}(type_list<P...>{}, data, point)` -> named_numbers, for the combinations that make sense
/// Semantics: the requires-clause of the call operator says which combinations those are, with the concepts that the
///            policies already have. A function of its arguments alone: equal seeds, equal bits.
/// Models:    \ref quantizer_study.
template <class S>
concept Study = std::default_initializable<S> && requires {
  typename S::data_type;
};

/// An experiment is a type: a study with one policy from each axis.
template <Study S, class... P>
struct experiment {
  static constexpr bool possible = requires(typename S::data_type const& data, run_point const& point) {
    S{}(type_list<P...>{}, data, point);
  };
  [[nodiscard]] static std::vector<std::string> names() { return {policy_name<P>()...}; }
  [[nodiscard]] static named_numbers run(typename S::data_type const& data, run_point const& point) {
    return S{}(type_list<P...>{}, data, point);
  }
};

/// One experiment whose type is forgotten.
template <class Data>
struct grid_cell {
  std::vector<std::string> policies;  ///< their names, one per axis
  named_numbers (*run)(Data const&, run_point const&);
};

/// The possible combinations, and the names of those that the policies themselves rule out.
template <class Data>
struct experiment_grid {
  std::vector<std::string> axes;
  std::vector<grid_cell<Data>> cells;
  std::vector<std::vector<std::string>> impossible;

  /// Adds the cells of another grid with the same axes: grids are compiled in parts. Throws value_error.
  void append(experiment_grid const& other) {
    if (axes.empty()) axes = other.axes;
    if (axes != other.axes) throw value_error("experiment_grid::append", "the grids have different axes");
    cells.insert(cells.end(), other.cells.begin(), other.cells.end());
    impossible.insert(impossible.end(), other.impossible.begin(), other.impossible.end());
  }
};

/// All combinations of the axes, for example
/// `make_grid<my_study>(metrics<squared_euclidean, manhattan>{}, update_rules<lloyd, coordinate_median>{})`: two cells,
/// two combinations that are impossible, and nothing is instantiated for these.
template <Study S, Axis... Axes>
[[nodiscard]] experiment_grid<typename S::data_type> make_grid(Axes... axes) {
  experiment_grid<typename S::data_type> grid;
  grid.axes = {std::string(Axes::axis_name)...};
  auto const add = [&grid]<class... P>(type_list<P...>) {
    using cell = experiment<S, P...>;
    if constexpr (cell::possible)
      grid.cells.push_back({cell::names(), &cell::run});
    else
      grid.impossible.push_back(cell::names());
  };
  visit_product(add, type_list<>{}, axes...);
  return grid;
}

}  // namespace sidera::inline SIDERA_ABI
