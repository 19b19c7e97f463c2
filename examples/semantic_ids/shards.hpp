// SPDX-License-Identifier: MIT
#pragma once
/// \file  A pattern on the command line stands for many files: the shards of one view.
#include <glob.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <sidera/io/load.hpp>

#include "../common/named_file.hpp"

namespace program {

/// The files that a name with *, ? or [ stands for, sorted byte by byte; any other name, and that of a file that
/// exists, is its own only file. Throws file_error when nothing matches.
[[nodiscard]] inline std::vector<std::string> shards_of(std::string const& spec) {
  auto const [pattern, member] = split_member(spec);
  if (pattern.find_first_of("*?[") == std::string::npos || ::access(pattern.c_str(), F_OK) == 0) return {spec};
  glob_t found{};
  int const status = ::glob(pattern.c_str(), GLOB_ERR, nullptr, &found);
  std::unique_ptr<glob_t, void (*)(glob_t*)> const owner(&found, [](glob_t* g) { ::globfree(g); });
  if (status == GLOB_NOMATCH) throw sidera::file_error(pattern, "matches no file");
  if (status != 0) throw sidera::file_error(pattern, "cannot be searched for: a folder cannot be read");
  std::vector<std::string> files(found.gl_pathv, found.gl_pathv + found.gl_pathc);
  std::sort(files.begin(), files.end());
  for (std::string& file : files) file += member;
  return files;
}

/// All shards as one matrix. Throws file_error, which names the shard, when it cannot be read or its columns differ.
[[nodiscard]] inline sidera::matrix<float> load_shards(std::string const& spec) {
  auto const files = shards_of(spec);
  if (files.size() == 1) return sidera::load_matrix<float>(files.front());
  std::vector<sidera::matrix<float>> parts;
  sidera::index_t rows = 0, columns = 0;
  for (std::string const& file : files) {
    parts.push_back(sidera::load_matrix<float>(file));
    if (parts.back().rows() != 0 && columns == 0) columns = parts.back().cols();
    if (parts.back().rows() != 0 && parts.back().cols() != columns)
      throw sidera::file_error(file, "has " + std::to_string(parts.back().cols()) +
                                         " columns, the shards before have " + std::to_string(columns));
    rows += parts.back().rows();
  }
  sidera::matrix<float> all(rows, columns);
  sidera::index_t next = 0;
  for (sidera::matrix<float>& part : parts) {
    if (part.rows() != 0) all.middleRows(next, part.rows()) = part;
    next += part.rows();
    part.resize(0, 0);
  }
  return all;
}

}  // namespace program
