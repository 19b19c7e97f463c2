// SPDX-License-Identifier: MIT
#pragma once
#include <sidera/semantic_ids/extra_digit.hpp>
#include <sidera/semantic_ids/id_table.hpp>

namespace sidera::inline SIDERA_ABI {

/// Gives new items IDs beside the published ones and adds them to the table; no published ID changes.
///
/// `codes` are what the quantizer says about the new items, `words` its words per level, `model` its fingerprint: IDs
/// of another model are refused. The resolver must be of the kind that made the table (one with an extra digit, or one
/// without). Throws value_error or shape_error and leaves the table as it was.
template <CollisionResolver R>
collision_resolution append_items(id_table& table, code_matrix_cref const& codes, std::vector<std::size_t> words,
                                  R const& resolver, std::string_view model, last_level_costs costs = {}) {
  table.require_model(model);
  collision_resolution resolved = resolver({codes, std::move(words), std::move(costs), table.ids()});
  table.append(resolved.ids, resolved.words);
  return resolved;
}

}  // namespace sidera::inline SIDERA_ABI
