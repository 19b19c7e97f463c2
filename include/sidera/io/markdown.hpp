// SPDX-License-Identifier: MIT
#pragma once
#include <sidera/core/error.hpp>
#include <sidera/io/html_report.hpp>

namespace sidera::inline SIDERA_ABI {

namespace detail {
/// The number of characters of UTF-8 text, not of bytes.
[[nodiscard]] inline std::size_t text_width(std::string_view text) noexcept {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}
}  // namespace detail

/// The table as Markdown with aligned columns: good to read on a console, ready to be pasted into a README. Throws
/// shape_error for a row with more cells than there are columns.
[[nodiscard]] inline std::string markdown_table(report_table const& table) {
  std::vector<std::size_t> width;
  for (std::string const& name : table.columns) width.push_back(detail::text_width(name));
  for (std::size_t r = 0; r < table.rows.size(); ++r)
    if (table.rows[r].size() > table.columns.size())
      throw shape_error("markdown_table", "row " + std::to_string(r) + " has " + std::to_string(table.rows[r].size()) +
                                              " cells, there are " + std::to_string(table.columns.size()) + " columns");
  for (auto const& row : table.rows)
    for (std::size_t c = 0; c < row.size(); ++c) width[c] = std::max(width[c], detail::text_width(row[c]));
  std::string text;
  auto const add = [&](std::vector<std::string> const& cells) {
    for (std::size_t c = 0; c < cells.size(); ++c)
      text += "| " + cells[c] + std::string(width[c] - detail::text_width(cells[c]) + 1, ' ');
    text += "|\n";
  };
  add(table.columns);
  for (std::size_t const w : width) text += "|" + std::string(w + 1, '-') + ":";
  text += "|\n";
  for (auto const& row : table.rows) add(row);
  return text;
}

}  // namespace sidera::inline SIDERA_ABI
