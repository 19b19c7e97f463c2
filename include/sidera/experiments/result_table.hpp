// SPDX-License-Identifier: MIT
#pragma once
/// \file  The results of a grid as rows, and as text for people and programs.
#include <algorithm>
#include <map>
#include <sidera/core/number_text.hpp>
#include <sidera/experiments/interval_text.hpp>
#include <sidera/experiments/run_point.hpp>
#include <sidera/io/html_report.hpp>
#include <sidera/io/json_writer.hpp>

namespace sidera::inline SIDERA_ABI {

/// One experiment at one point.
struct result_row {
  std::vector<std::string> policies;  ///< one per axis
  run_point point;
  named_numbers figures;  ///< empty where the experiment could not be run
  std::string error;      ///< why it could not, for example more words than rows
};

/// Rows in the order of the plan.
struct result_table {
  std::vector<std::string> axes;
  std::vector<result_row> rows;

  /// Names of all figures, in the order in which they first occur.
  [[nodiscard]] std::vector<std::string> figure_names() const {
    std::vector<std::string> names;
    for (result_row const& row : rows)
      for (auto const& [name, value] : row.figures)
        if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
    return names;
  }
};

/// What tells one row from all others, and a row of one run from that of another: policies, numbers and seed.
inline void write_key(json_writer& json, std::vector<std::string> const& axes, result_row const& row) {
  for (std::size_t a = 0; a < axes.size(); ++a) json.field(axes[a], row.policies.at(a));
  for (auto const& [name, value] : row.point.numbers) json.field(name, value);
  json.field("seed", row.point.seed);
}

/// One row as JSON on one line, without the end of the line.
[[nodiscard]] inline std::string json_line(std::vector<std::string> const& axes, result_row const& row) {
  json_writer json;
  json.object([&] {
    write_key(json, axes, row);
    if (!row.error.empty()) json.field("error", row.error);
    json.key("figures").object([&] {
      for (auto const& [name, value] : row.figures) json.field(name, value);
    });
  });
  std::string line;  // line ends and indents are layout: those inside of strings are escaped
  for (std::size_t i = 0; i < json.text().size(); ++i) {
    line += json.text()[i] == '\n' ? ' ' : json.text()[i];
    if (json.text()[i] == '\n')
      while (i + 1 < json.text().size() && json.text()[i + 1] == ' ') ++i;
  }
  return line;
}

/// All rows, one JSON object per line.
[[nodiscard]] inline std::string json_lines(result_table const& table) {
  std::string text;
  for (result_row const& row : table.rows) text += json_line(table.axes, row) + "\n";
  return text;
}

namespace detail {

[[nodiscard]] inline std::string csv_line(std::vector<std::string> const& fields) {
  std::string line;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (i > 0) line += ',';
    bool const quoted = fields[i].find_first_of(",\"\n") != std::string::npos;
    if (quoted) line += '"';
    for (char const c : fields[i]) line.append(c == '"' ? 2 : 1, c);
    if (quoted) line += '"';
  }
  line += '\n';
  return line;
}

[[nodiscard]] inline double figure(result_row const& row, std::string const& name) {
  for (auto const& [key, value] : row.figures)
    if (key == name) return value;
  return std::numeric_limits<double>::quiet_NaN();
}

/// What tells the rows of an experiment from those of another: policies and numbers.
[[nodiscard]] inline std::vector<std::string> key_names(result_table const& table) {
  std::vector<std::string> names = table.axes;
  if (!table.rows.empty())
    for (auto const& [name, value] : table.rows.front().point.numbers) names.push_back(name);
  return names;
}
[[nodiscard]] inline std::vector<std::string> key_of(result_row const& row) {
  std::vector<std::string> key = row.policies;
  for (auto const& [name, value] : row.point.numbers) key.push_back(to_text(value));
  return key;
}
[[nodiscard]] inline bool varies(result_table const& table, std::size_t column) {
  for (result_row const& row : table.rows)
    if (key_of(row)[column] != key_of(table.rows.front())[column]) return true;
  return false;
}

/// The rows of all seeds of one experiment and its numbers.
struct row_group {
  std::vector<std::string> key;
  std::vector<result_row const*> rows;
};

[[nodiscard]] inline std::vector<row_group> group_seeds(result_table const& table) {
  std::vector<row_group> groups;
  std::map<std::vector<std::string>, std::size_t> places;
  for (result_row const& row : table.rows) {
    std::vector<std::string> key = key_of(row);
    auto const [at, is_new] = places.emplace(key, groups.size());
    if (is_new) groups.push_back({std::move(key), {}});
    groups[at->second].rows.push_back(&row);
  }
  return groups;
}

[[nodiscard]] inline std::string mean_text(row_group const& group, std::string const& name, int decimals) {
  std::vector<double> values;
  for (result_row const* row : group.rows)
    if (double const v = figure(*row, name); !std::isnan(v)) values.push_back(v);
  if (values.empty()) return "\u2013";
  std::string text = interval_text(mean_interval(values), decimals);
  if (values.size() < group.rows.size())
    text += " (" + std::to_string(values.size()) + " of " + std::to_string(group.rows.size()) + " seeds)";
  return text;
}

/// Why seeds of an experiment failed, each reason once.
[[nodiscard]] inline std::vector<std::string> errors_of(row_group const& group) {
  std::vector<std::string> errors;
  for (result_row const* row : group.rows)
    if (!row->error.empty() && std::find(errors.begin(), errors.end(), row->error) == errors.end())
      errors.push_back(row->error);
  return errors;
}

}  // namespace detail

/// All rows as comma-separated values (RFC 4180) with a line of names; what a row does not have is left empty.
[[nodiscard]] inline std::string csv_text(result_table const& table) {
  std::vector<std::string> const figures = table.figure_names();
  std::vector<std::string> names = detail::key_names(table);
  names.emplace_back("seed");
  names.insert(names.end(), figures.begin(), figures.end());
  names.emplace_back("error");
  std::string text = detail::csv_line(names);
  for (result_row const& row : table.rows) {
    std::vector<std::string> fields = detail::key_of(row);
    fields.push_back(to_text(row.point.seed));
    for (std::string const& name : figures) {
      double const value = detail::figure(row, name);
      fields.push_back(std::isnan(value) ? std::string() : to_text(value));
    }
    fields.push_back(row.error);
    text += detail::csv_line(fields);
  }
  return text;
}

/// Names and values of what is the same in all rows; the seed is left out.
[[nodiscard]] inline std::vector<std::pair<std::string, std::string>> shared_settings(result_table const& table) {
  std::vector<std::pair<std::string, std::string>> shared;
  std::vector<std::string> const names = detail::key_names(table);
  for (std::size_t c = 0; c < names.size(); ++c)
    if (!detail::varies(table, c)) shared.emplace_back(names[c], detail::key_of(table.rows.front())[c]);
  return shared;
}

/// One row per experiment and numbers, without the columns of \ref shared_settings: the mean of each figure over the
/// seeds and, where there are several seeds, half the width of its 95 % interval. Seeds that failed are left out of it;
/// the text then says how many did not, and the caption why.
[[nodiscard]] inline report_table summary_table(result_table const& table, int decimals = 3) {
  report_table out;
  std::vector<std::string> const figures = table.figure_names(), names = detail::key_names(table);
  std::vector<std::size_t> kept;
  for (std::size_t c = 0; c < names.size(); ++c)
    if (detail::varies(table, c)) kept.push_back(c);
  for (std::size_t const c : kept) out.columns.push_back(names[c]);
  out.columns.insert(out.columns.end(), figures.begin(), figures.end());
  for (detail::row_group const& group : detail::group_seeds(table)) {
    out.rows.emplace_back();
    for (std::size_t const c : kept) out.rows.back().push_back(group.key[c]);
    for (std::string const& name : figures) out.rows.back().push_back(detail::mean_text(group, name, decimals));
    for (std::string const& error : detail::errors_of(group)) out.caption += (out.caption.empty() ? "" : " ") + error;
  }
  return out;
}

}  // namespace sidera::inline SIDERA_ABI
