// SPDX-License-Identifier: MIT
#pragma once
/// \file  Statistics of a pass through files: each worker writes its own, a reducer merges them.
#include <sidera/codebooks/pass_summary.hpp>
#include <sidera/io/load_fields.hpp>
#include <sidera/io/save_fields.hpp>

namespace sidera::inline SIDERA_ABI {

/// Writes the summary of one part, whole or not at all, in the format of all models (safetensors with a version and a
/// SHA-256 of header and body). Throws file_error.
template <Scalar T>
void write_summary(std::string const& path, pass_summary<T> const& summary) {
  save_fields(path, summary.fields());
}

/// Reads what write_summary wrote; equal to it. Throws file_error, which names the file, for everything else: another
/// kind of file, another version, a flipped bit, integers that no rows can have.
template <Scalar T>
[[nodiscard]] pass_summary<T> read_summary(std::string const& path) {
  field_set const fields = load_fields(path);
  try {
    return pass_summary<T>::from_fields(fields);
  } catch (argument_error const& e) {
    throw file_error(path, std::string("is no summary of a pass: ") + e.what());
  }
}

/// The summary of all parts; the same bits for any order of the files and any cut of the rows into them. Throws
/// file_error, which names the file that cannot be read or has other words, columns or scales than the first one, and
/// value_error without any file.
template <Scalar T>
[[nodiscard]] pass_summary<T> merge_summaries(std::vector<std::string> const& paths) {
  if (paths.empty()) throw value_error("merge_summaries", "there are no files");
  pass_summary<T> total = read_summary<T>(paths.front());
  for (std::size_t i = 1; i < paths.size(); ++i) {
    pass_summary<T> const next = read_summary<T>(paths[i]);
    try {
      total.merge(next);
    } catch (argument_error const& e) {
      throw file_error(paths[i], "does not go with " + paths.front() + ": " + e.what());
    }
  }
  return total;
}

}  // namespace sidera::inline SIDERA_ABI
