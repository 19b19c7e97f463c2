// SPDX-License-Identifier: MIT
#pragma once
#include <sidera/core/error.hpp>
#include <string>

namespace sidera::inline SIDERA_ABI {

/// How data that do not fit into memory are gone through. None of it changes a bit of the result.
struct stream_options {
  /// Rows in memory at a time, twice: a block is worked on while the next one is read.
  std::size_t block_rows = 8192;
  /// Codes of earlier levels are kept, one to four bytes each, when those of all rows of this rank fit into so many
  /// bytes; otherwise every pass encodes the rows again. With room for one more level, those of the level in training
  /// are kept too, and rows that keep their word are not added up again.
  std::size_t code_bytes = std::size_t{256} << 20;
  bool read_ahead = true;  ///< on a second thread
  std::string checkpoint =
      {};  ///< a file that is replaced after every update of the words, and that a fit goes on from
};

/// Throws value_error for numbers that make no sense.
inline void check(stream_options const& o) {
  if (o.block_rows == 0) throw value_error("stream_options", "block_rows is 0, expected at least 1");
}

}  // namespace sidera::inline SIDERA_ABI
