// SPDX-License-Identifier: MIT
#pragma once
#include <functional>
#include <mutex>
#include <sidera/core/executor.hpp>
#include <sidera/experiments/grid.hpp>
#include <sidera/experiments/journal.hpp>

namespace sidera::inline SIDERA_ABI {

/// A number that is varied at run time.
struct number_axis {
  std::string name;
  std::vector<double> values;
};

/// What each cell of a grid is run with.
struct grid_plan {
  std::vector<number_axis> numbers;  ///< all combinations are run
  std::vector<std::uint64_t> seeds = {1};
  std::string journal = {};    ///< a file; where it exists, what is in it is not run again
  std::string data_name = {};  ///< what the journal calls the data
};

/// Called after each experiment, from any thread but never from two at once.
using grid_observer = std::function<void(std::size_t done, std::size_t all, result_row const&)>;

namespace detail {

/// All combinations of the numbers; the last axis turns fastest.
[[nodiscard]] inline std::vector<named_numbers> all_numbers(std::vector<number_axis> const& axes) {
  std::vector<named_numbers> points(1);
  for (number_axis const& axis : axes) {
    if (axis.values.empty()) throw value_error("run_grid", "the numbers \"" + axis.name + "\" are none");
    std::vector<named_numbers> next;
    for (named_numbers const& point : points)
      for (double const value : axis.values) {
        next.push_back(point);
        next.back().emplace_back(axis.name, value);
      }
    points = std::move(next);
  }
  return points;
}

template <class Data>
[[nodiscard]] std::vector<result_row> planned_rows(experiment_grid<Data> const& grid, grid_plan const& plan) {
  if (plan.seeds.empty()) throw value_error("run_grid", "there are no seeds");
  std::vector<result_row> rows;
  for (auto const& cell : grid.cells)
    for (named_numbers const& numbers : all_numbers(plan.numbers))
      for (std::uint64_t const seed : plan.seeds) rows.push_back({cell.policies, {numbers, seed}, {}, {}});
  return rows;
}

}  // namespace detail

/// Runs every cell with all numbers and seeds, several at once; each experiment is serial.
///
/// The rows come in the order cells, numbers, seeds, and with the same bits, for any executor and however often the run
/// was killed and started again (with a journal). An experiment that throws an argument_error (more words than rows,
/// for example) becomes a row with that error; any other exception ends the run and is passed on.
template <class Data>
[[nodiscard]] result_table run_grid(experiment_grid<Data> const& grid, Data const& data, grid_plan const& plan,
                                    executor_ref executor = {}, grid_observer const& watch = {}) {
  result_table table{grid.axes, detail::planned_rows(grid, plan)};
  journal kept(plan.journal, plan.data_name, grid.axes);
  std::vector<std::size_t> left;
  for (std::size_t i = 0; i < table.rows.size(); ++i)
    if (!kept.find(table.rows[i])) left.push_back(i);
  std::size_t const rows_per_cell = grid.cells.empty() ? 1 : table.rows.size() / grid.cells.size();
  std::size_t done = table.rows.size() - left.size();
  std::mutex mutex;
  executor.run(left.size(), [&](std::size_t block, std::size_t) {
    result_row& row = table.rows[left[block]];
    try {
      row.figures = grid.cells[left[block] / rows_per_cell].run(data, row.point);
    } catch (argument_error const& e) {
      row.error = e.what();
    }
    std::lock_guard const lock(mutex);
    kept.add(row);
    ++done;
    if (watch) watch(done, table.rows.size(), row);
  });
  return table;
}

}  // namespace sidera::inline SIDERA_ABI
