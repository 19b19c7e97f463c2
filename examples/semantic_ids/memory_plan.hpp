// SPDX-License-Identifier: MIT
#pragma once
/// \file  What --memory buys: how many rows are in memory at a time, and whether their codes are.
#include <algorithm>
#include <cmath>
#include <sidera/core/number_text.hpp>
#include <sidera/streaming/stream_options.hpp>
#include <stdexcept>

#include "settings.hpp"

namespace program {

/// "512M" -> bytes; K, M and G are powers of 1024. Throws std::invalid_argument.
[[nodiscard]] inline std::size_t parse_bytes(std::string const& text) {
  std::size_t digits = 0, number = 0;
  for (; digits < text.size() && digits < 9 && text[digits] >= '0' && text[digits] <= '9'; ++digits)
    number = 10 * number + static_cast<std::size_t>(text[digits] - '0');
  std::string const unit = text.substr(digits);
  auto const power = std::string("KMG").find(unit.empty() ? '?' : unit[0]);
  if (number == 0 || unit.size() != 1 || power == std::string::npos)
    throw std::invalid_argument("--memory takes a number and K, M or G, for example 512M, not \"" + text + "\"");
  return number << 10 * (power + 1);
}

/// What has to be in memory.
struct memory_needs {
  std::size_t columns = 0;  ///< of all views together
  std::size_t workers = 1;
};

namespace detail {
/// What does not depend on the block: the program itself, the sample of the first words, statistics of every worker.
[[nodiscard]] inline std::size_t fixed_bytes(settings const& s, memory_needs const& n) {
  constexpr std::size_t program = std::size_t{24} << 20, piece_rows = 1024;
  auto const all = s.words_per_level();
  std::size_t const words = *std::max_element(all.begin(), all.end());
  std::size_t const width = n.columns * (s.scheme == "psrq" ? 2 : 1);
  std::size_t const draws = 2 + static_cast<std::size_t>(std::log(static_cast<double>(words)));
  std::size_t const sample = s.init == "random" ? words * width * 4 : 64 * words * (width * 4 + 8 * (draws + 3));
  std::size_t const statistics = (n.workers + 2) * words * width * 8, books = 4 * all.size() * words * width * 4;
  return program + sample + statistics + books + n.workers * piece_rows * (8 * n.columns + words) * 4;
}
}  // namespace detail

/// A quarter of what is left goes to the blocks, the rest to the codes of earlier levels; where those do not fit
/// either, they are computed again in every pass. Throws std::invalid_argument when even blocks of 256 rows do not fit.
[[nodiscard]] inline sidera::stream_options plan_memory(settings const& s, memory_needs const& needs) {
  std::size_t const memory = parse_bytes(s.memory), fixed = detail::fixed_bytes(s, needs);
  std::size_t const row = 6 * needs.columns * 4;  // two blocks in training; in encoding also views and scaled views
  std::size_t const least = fixed + 256 * row;
  if (memory < least)
    throw std::invalid_argument("--memory " + s.memory + " is too little: " + std::to_string(needs.columns) +
                                " columns and these words need " + std::to_string((least >> 20) + 1) + "M");
  sidera::stream_options options;
  options.block_rows =
      std::clamp((memory - fixed) / 4 / std::max<std::size_t>(1, row), std::size_t{256}, std::size_t{32768});
  options.code_bytes = memory - fixed - options.block_rows * row;
  return options;
}

}  // namespace program
