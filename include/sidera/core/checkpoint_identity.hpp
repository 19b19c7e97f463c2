// SPDX-License-Identifier: MIT
#pragma once
/// \file  What a checkpoint belongs to.
#include <sidera/core/fields.hpp>

namespace sidera::inline SIDERA_ABI {

/// Policies, numbers and data of a training, by name: what must be the same for its checkpoint to be gone on from.
using checkpoint_identity = std::map<std::string, std::string>;

inline void put_identity(field_set& f, checkpoint_identity const& identity) {
  for (auto const& [key, value] : identity) f.metadata["of." + key] = value;
}

/// Throws value_error on behalf of `where` for the checkpoint of another training, and then says what differs.
inline void require_identity(field_set const& f, checkpoint_identity const& identity, std::string_view where) {
  for (auto const& [key, value] : identity)
    if (std::string const& found = f.get_text("of." + key); found != value)
      throw value_error(where, "the checkpoint was made with " + key + " " + found + ", this training has " + value);
  for (auto const& [key, value] : f.metadata)
    if (key.starts_with("of.") && !identity.contains(key.substr(3)))
      throw value_error(where,
                        "the checkpoint was made with " + key.substr(3) + " " + value + ", this training without");
}

}  // namespace sidera::inline SIDERA_ABI
