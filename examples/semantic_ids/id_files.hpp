// SPDX-License-Identifier: MIT
#pragma once
/// \file  Codes and tokens of one view, written block by block.
#include <cstdio>
#include <optional>
#include <sidera/io/npy_writer.hpp>
#include <sidera/io/tokens.hpp>
#include <sidera/streaming/rank_rows.hpp>

namespace program {

/// The files of one rank. A single rank writes VIEW.npy and VIEW.json. Of several ranks each writes its rows to
/// VIEW.part-R-of-N.npy, an array of its own, and VIEW.json.part-R-of-N: the latter, one behind the other, are
/// VIEW.json.
class id_files {
 public:
  /// `rows` are those of all ranks, `own` those of this one.
  template <sidera::Communicator C>
  id_files(std::string const& base, C const& ranks, sidera::rank_rows const& rows, std::size_t own, std::size_t levels)
      : codes_(base + (ranks.size() == 1 ? ".npy" : part_of(ranks) + ".npy")),
        tokens_(base + ".json" + (ranks.size() == 1 ? "" : part_of(ranks))),
        first_(rows.first),
        is_last_(ranks.rank() + 1 == ranks.size()) {
    std::size_t const shape[] = {own, levels};
    codes_.write(sidera::detail::npy_preamble<sidera::code_t>(shape));
    if (ranks.rank() == 0) tokens_.write("{");
  }

  /// The codes of the rows `first` and following of this rank.
  void append(std::size_t first, sidera::code_matrix const& codes) {
    codes_.write(std::as_bytes(std::span(codes.data(), static_cast<std::size_t>(codes.size()))));
    std::string text;
    sidera::append_tokens(text, codes, first_ + first);
    tokens_.write(text);
  }

  void commit() {
    if (is_last_) tokens_.write("\n}\n");
    codes_.commit();
    tokens_.commit();
  }

 private:
  template <sidera::Communicator C>
  [[nodiscard]] static std::string part_of(C const& ranks) {
    char text[64];
    std::snprintf(text, sizeof text, ".part-%05zu-of-%05zu", static_cast<std::size_t>(ranks.rank()),
                  static_cast<std::size_t>(ranks.size()));
    return text;
  }

  sidera::atomic_file codes_, tokens_;
  std::size_t first_;
  bool is_last_;
};

}  // namespace program
