// SPDX-License-Identifier: MIT
#pragma once
#include <unistd.h>

#include <optional>
#include <sidera/communicators/concepts.hpp>
#include <sidera/io/load_fields.hpp>

namespace sidera::inline SIDERA_ABI {

/// Rank 0 reads the file and hands it to all. None when `path` is empty or names no file; throws as \ref load_fields.
template <Communicator C>
[[nodiscard]] std::optional<field_set> load_on_ranks(std::string const& path, C const& ranks) {
  if (path.empty()) return {};
  std::string bytes;
  if (ranks.rank() == 0 && ::access(path.c_str(), F_OK) == 0) bytes = std::string(as_text(mapped_file(path).bytes()));
  if (ranks.size() > 1) bytes = std::string(as_text(ranks.gather(as_byte_span(bytes)).front()));
  if (bytes.empty()) return {};
  return parse_fields(as_byte_span(bytes), path);
}

}  // namespace sidera::inline SIDERA_ABI
