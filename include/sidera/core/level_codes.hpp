// SPDX-License-Identifier: MIT
#pragma once
#include <sidera/core/check.hpp>
#include <vector>

namespace sidera::inline SIDERA_ABI {

/// Column `level` of N x L codes, contiguous; throws shape_error when there is none.
[[nodiscard]] inline std::vector<code_t> level_codes(code_matrix_cref const& codes, std::size_t level) {
  if (level >= column_count(codes))
    throw shape_error("level_codes",
                      "codes is " + shape_text(codes) + ", level " + std::to_string(level) + " is asked for");
  std::vector<code_t> out(row_count(codes));
  for (index_t i = 0; i < codes.rows(); ++i) out[static_cast<std::size_t>(i)] = codes(i, static_cast<index_t>(level));
  return out;
}

}  // namespace sidera::inline SIDERA_ABI
