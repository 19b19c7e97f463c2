// SPDX-License-Identifier: MIT
#pragma once
/// \file  Parameters of policies in saved models and checkpoints.
#include <sidera/core/fields.hpp>
#include <type_traits>

namespace sidera::inline SIDERA_ABI {

/// Lets a policy write its parameters; one without any writes nothing.
template <class Policy>
void save_parameters(Policy const& policy, field_set& fields) {
  if constexpr (requires { policy.save(fields); })
    policy.save(fields);
  else
    static_assert(std::is_empty_v<Policy>,
                  "this policy holds parameters, and a model or checkpoint would lose them without a word: give it "
                  "void save(field_set&) const and void load(field_set const&)");
}
/// Lets a policy read what it saved.
template <class Policy>
void load_parameters(Policy& policy, field_set const& fields) {
  if constexpr (requires { policy.load(fields); })
    policy.load(fields);
  else
    static_assert(std::is_empty_v<Policy>,
                  "this policy holds parameters, and a loaded model would not have them: give it void save(field_set&) "
                  "const and void load(field_set const&)");
}

}  // namespace sidera::inline SIDERA_ABI
