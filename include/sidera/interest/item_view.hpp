// SPDX-License-Identifier: MIT
#pragma once
/// \file  The codes by which a ranker knows items.
#include <numeric>
#include <sidera/core/error.hpp>
#include <sidera/core/fields.hpp>
#include <sidera/core/matrix.hpp>
#include <string>
#include <vector>

namespace sidera::inline SIDERA_ABI {

/// The codes of all items in one view: semantic IDs of a modality, or the number of the item itself.
///
/// Row i of `codes` holds the L codes of item i; code l is below words[l], or no_code where the item lacks the view.
struct item_view {
  std::string name;
  code_matrix codes;               ///< items x levels
  std::vector<std::size_t> words;  ///< one count per level

  [[nodiscard]] std::size_t items() const { return row_count(codes); }
  [[nodiscard]] std::size_t levels() const { return column_count(codes); }
  /// Words of all levels together.
  [[nodiscard]] std::size_t word_count() const { return std::accumulate(words.begin(), words.end(), std::size_t{0}); }
};

/// The view in which every item is its own and only code: what a plain ID embedding looks up.
[[nodiscard]] inline item_view item_numbers(std::size_t items, std::string name = "id") {
  item_view view{std::move(name), code_matrix(static_cast<index_t>(items), 1), {items}};
  for (std::size_t i = 0; i < items; ++i) view.codes(static_cast<index_t>(i), 0) = static_cast<code_t>(i);
  return view;
}

/// Throws shape_error unless there is one word count per level, value_error with the item whose code has no word.
inline void require_view(item_view const& view, std::string_view function) {
  if (view.words.size() != view.levels())
    throw shape_error(function, "view \"" + view.name + "\" has codes of " + std::to_string(view.levels()) +
                                    " levels and " + std::to_string(view.words.size()) + " word counts");
  for (std::size_t i = 0; i < view.items(); ++i)
    for (std::size_t l = 0; l < view.levels(); ++l)
      if (code_t const code = view.codes(static_cast<index_t>(i), static_cast<index_t>(l));
          code < no_code || (code >= 0 && static_cast<std::size_t>(code) >= view.words[l]))
        throw value_error(function,
                          "view \"" + view.name + "\": item " + std::to_string(i) + " has code " +
                              std::to_string(code) + " at level " + std::to_string(l) + " of " +
                              std::to_string(view.words[l]) + " words",
                          i);
}

/// A view of the codes of any fitted quantizer. Throws shape_error when it has other levels, value_error with the item
/// whose code it has no word for; no_code is allowed.
template <class Quantizer>
[[nodiscard]] item_view quantized_view(std::string name, code_matrix codes, Quantizer const& quantizer) {
  item_view view{std::move(name), std::move(codes), {}};
  if (view.levels() != quantizer.level_count())
    throw shape_error("quantized_view", "view \"" + view.name + "\" has codes of " + std::to_string(view.levels()) +
                                            " levels, its quantizer has " + std::to_string(quantizer.level_count()));
  for (std::size_t l = 0; l < view.levels(); ++l) view.words.push_back(quantizer.word_count(l));
  require_view(view, "quantized_view");
  return view;
}

/// Puts a view under "<prefix>codes" and "<prefix>words".
inline void put_view(field_set& fields, item_view const& view, std::string const& prefix) {
  fields.tensors[prefix + "codes"] = {
      {view.items(), view.levels()},
      std::vector<std::int32_t>(view.codes.data(), view.codes.data() + view.codes.size())};
  fields.put(prefix + "words", std::vector<std::int64_t>(view.words.begin(), view.words.end()));
}
/// Reads what put_view wrote. Throws value_error or shape_error for fields that make no view.
[[nodiscard]] inline item_view get_view(field_set const& fields, std::string name, std::string const& prefix) {
  auto const& codes = fields.get_vector<std::int32_t>(prefix + "codes");
  auto const& shape = fields.tensors.at(prefix + "codes").shape;
  if (shape.size() != 2 || shape[1] == 0 || !fields.holds<std::int32_t>(prefix + "codes", shape[0], shape[1]))
    throw shape_error("get_view", "\"" + prefix + "codes\" is no matrix");
  item_view view{
      std::move(name),
      Eigen::Map<code_matrix const>(codes.data(), static_cast<index_t>(shape[0]), static_cast<index_t>(shape[1])),
      {}};
  for (std::int64_t const count : fields.get_vector<std::int64_t>(prefix + "words")) {
    if (count < 0) throw value_error("get_view", "\"" + prefix + "words\" has a negative count");
    view.words.push_back(static_cast<std::size_t>(count));
  }
  require_view(view, "get_view");
  return view;
}

}  // namespace sidera::inline SIDERA_ABI
