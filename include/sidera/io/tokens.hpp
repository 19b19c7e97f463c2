// SPDX-License-Identifier: MIT
#pragma once
/// \file  Semantic IDs as tokens for language models: `{"0": ["<a_12>", "<b_3>"], "1": ...}`, the file that LETTER and
///        MiniOneRec read.
#include <algorithm>
#include <limits>
#include <sidera/core/matrix.hpp>
#include <sidera/io/atomic_file.hpp>
#include <sidera/io/json_reader.hpp>
#include <sidera/io/mapped_file.hpp>
#include <vector>

namespace sidera::inline SIDERA_ABI {

/// The letters of a level: a .. z, then aa, ab, ... as the columns of a spreadsheet.
[[nodiscard]] inline std::string level_letters(std::size_t level) {
  std::string letters;
  for (std::size_t rest = level + 1; rest > 0; rest = (rest - 1) / 26)
    letters.insert(letters.begin(), static_cast<char>('a' + (rest - 1) % 26));
  return letters;
}

/// The token of a code, for example <b_3>.
[[nodiscard]] inline std::string token_text(std::size_t level, code_t code) {
  return '<' + level_letters(level) + '_' + std::to_string(code) + '>';
}

/// The code in a token of this level. Throws value_error for anything that \ref token_text does not write.
[[nodiscard]] inline code_t parse_token(std::string_view token, std::size_t level) {
  std::string const head = '<' + level_letters(level) + '_';
  auto const fail = [&]() -> value_error {
    return {"parse_token", "\"" + std::string(token.substr(0, 40)) + "\" is no token of level " +
                               std::to_string(level) + ", expected " + head + "CODE>"};
  };
  if (!token.starts_with(head) || !token.ends_with('>') || token.size() < head.size() + 2) throw fail();
  std::string_view const digits = token.substr(head.size(), token.size() - head.size() - 1);
  if (digits.size() > 1 && digits.front() == '0') throw fail();
  std::int64_t code = 0;
  for (char const c : digits) {
    if (c < '0' || c > '9') throw fail();
    code = 10 * code + (c - '0');
    if (code > std::numeric_limits<code_t>::max()) throw fail();
  }
  return static_cast<code_t>(code);
}

/// Appends one line per item, keyed by its number, counted from `first`: `"17": ["<a_1>", "<b_2>"]`, with a comma and a
/// line break in front of all but item 0. The tokens of a row end before its first missing code, so an item without an
/// ID has an empty list.
inline void append_tokens(std::string& text, code_matrix_cref const& ids, std::size_t first) {
  for (index_t i = 0; i < ids.rows(); ++i) {
    std::size_t const number = first + static_cast<std::size_t>(i);
    text += (number == 0 ? "\n\"" : ",\n\"") + std::to_string(number) + "\": [";
    for (index_t l = 0; l < ids.cols() && ids(i, l) >= 0; ++l)
      text += (l == 0 ? "\"" : ", \"") + token_text(static_cast<std::size_t>(l), ids(i, l)) + '"';
    text += ']';
  }
}

/// The items as one object, numbered from 0; see \ref append_tokens.
[[nodiscard]] inline std::string tokens_json(code_matrix_cref const& ids) {
  std::string text = "{";
  append_tokens(text, ids, 0);
  return text + "\n}\n";
}

/// Writes \ref tokens_json, whole or not at all.
inline void write_tokens(std::string const& path, code_matrix_cref const& ids) {
  write_file(path, tokens_json(ids));
}

/// The IDs in a token file: N x L, where L is the longest ID; shorter ones are filled with no_code. Throws file_error
/// unless the items are 0 .. N - 1, in any order, and every token belongs to the level where it stands.
[[nodiscard]] inline code_matrix parse_tokens(std::string_view text, std::string_view path = {}) {
  std::vector<std::pair<std::uint64_t, std::vector<code_t>>> rows;
  json_reader json(text, path);
  std::size_t levels = 0;
  json.object([&](std::string const& key) {
    rows.emplace_back(json_reader(key, path).unsigned_integer(), std::vector<code_t>{});
    auto& codes = rows.back().second;
    json.array([&] {
      try {
        codes.push_back(parse_token(json.string(), codes.size()));
      } catch (value_error const& e) {
        json.fail(e.what());
      }
    });
    if (std::to_string(rows.back().first) != key) json.fail("an item is no row number");
    levels = std::max(levels, codes.size());
  });
  json.end();
  std::sort(rows.begin(), rows.end());
  if (levels > 1024) throw file_error(path, "has an ID of more than 1024 tokens");
  code_matrix ids = code_matrix::Constant(static_cast<index_t>(rows.size()), static_cast<index_t>(levels), no_code);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (rows[i].first != i) throw file_error(path, "item " + std::to_string(i) + " is missing or repeated");
    std::copy(rows[i].second.begin(), rows[i].second.end(), row_span(ids, static_cast<index_t>(i)).begin());
  }
  return ids;
}

[[nodiscard]] inline code_matrix read_tokens(std::string const& path) {
  mapped_file const file(path);
  return parse_tokens(as_text(file.bytes()), path);
}

}  // namespace sidera::inline SIDERA_ABI
