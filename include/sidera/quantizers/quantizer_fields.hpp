// SPDX-License-Identifier: MIT
#pragma once
/// \file  Quantizers to and from core/fields: what is saved, under which names.
#include <sidera/core/number_text.hpp>
#include <sidera/core/policy_fields.hpp>
#include <sidera/core/type_name.hpp>
#include <sidera/quantizers/residual_encoder.hpp>

namespace sidera::inline SIDERA_ABI {

namespace detail {

/// Models inside of models: the fields of a part, under names that begin with `prefix`; and back.
inline void put_prefixed(field_set& into, std::string const& prefix, field_set const& from) {
  for (auto const& [key, text] : from.metadata) into.metadata[prefix + key] = text;
  for (auto const& [key, values] : from.tensors) into.tensors[prefix + key] = values;
}
[[nodiscard]] inline field_set without_prefix(field_set const& from, std::string const& prefix) {
  field_set out;
  for (auto const& [key, text] : from.metadata)
    if (key.starts_with(prefix)) out.metadata[key.substr(prefix.size())] = text;
  for (auto const& [key, values] : from.tensors)
    if (key.starts_with(prefix)) out.tensors[key.substr(prefix.size())] = values;
  return out;
}

}  // namespace detail

/// Throws value_error unless `fields` were made with this policy.
template <class Policy>
void require_policy(field_set const& fields, std::string const& key) {
  if (fields.get_text(key) != policy_name<Policy>())
    throw value_error("load", "the model was made with " + key + " \"" + fields.get_text(key) + "\", not \"" +
                                  policy_name<Policy>() + "\"");
}

/// Tensors "level_0.words" (K x width) and "level_0.explained" (K x dim), ...
template <Scalar T, Metric M, ResidualScheme R>
[[nodiscard]] field_set residual_fields(residual_encoder<T, M, R> const& encoder) {
  field_set f;
  f.metadata["model"] = "residual_quantizer";
  f.metadata["metric"] = policy_name<M>();
  f.metadata["residual_scheme"] = policy_name<R>();
  f.metadata["levels"] = to_text(encoder.level_count());
  f.metadata["dim"] = to_text(encoder.dim());
  save_parameters(encoder.metric(), f);
  save_parameters(encoder.scheme(), f);
  for (std::size_t l = 0; l < encoder.level_count(); ++l) {
    f.put("level_" + to_text(l) + ".words", encoder.level(l).search.words);
    f.put("level_" + to_text(l) + ".explained", encoder.level(l).explained);
  }
  return f;
}

template <Scalar T>
[[nodiscard]] std::pair<std::vector<residual_level<T>>, std::size_t> residual_levels(field_set const& f) {
  constexpr std::string_view where = "residual_quantizer::load";
  auto const count = from_text<std::size_t>(f.get_text("levels"), where);
  auto const dim = from_text<std::size_t>(f.get_text("dim"), where);
  if (count == 0 || dim == 0) throw value_error(where, "the model has no levels or no columns");
  std::vector<residual_level<T>> levels;
  for (std::size_t l = 0; l < count; ++l) {
    std::string const name = "level_" + to_text(l);
    levels.push_back({{f.get_matrix<T>(name + ".words")}, f.get_matrix<T>(name + ".explained")});
    require_not_empty(levels.back().search.words, where, name + ".words");
  }
  return {std::move(levels), dim};
}

}  // namespace sidera::inline SIDERA_ABI
