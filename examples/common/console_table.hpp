// SPDX-License-Identifier: MIT
#pragma once
#include <algorithm>
#include <cstdio>
#include <sidera/io/html_report.hpp>

namespace program {

/// The number of characters, not of bytes.
[[nodiscard]] inline std::size_t text_width(std::string const& text) {
  std::size_t n = 0;
  for (char const c : text) n += (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  return n;
}

/// A Markdown table, ready to be pasted.
inline void print_table(sidera::report_table const& table) {
  std::vector<std::size_t> width;
  for (std::string const& c : table.columns) width.push_back(text_width(c));
  for (auto const& row : table.rows)
    for (std::size_t c = 0; c < row.size(); ++c) width[c] = std::max(width[c], text_width(row[c]));
  auto const print_row = [&](std::vector<std::string> const& cells) {
    for (std::size_t c = 0; c < cells.size(); ++c)
      std::printf("| %s%*s ", cells[c].c_str(), static_cast<int>(width[c] - text_width(cells[c])), "");
    std::printf("|\n");
  };
  print_row(table.columns);
  for (std::size_t const w : width) std::printf("|%s", (std::string(w + 1, '-') + ":").c_str());
  std::printf("|\n");
  for (auto const& row : table.rows) print_row(row);
}

}  // namespace program
