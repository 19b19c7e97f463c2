// SPDX-License-Identifier: MIT
#pragma once
/// \file  A model with options of its own beside those of the command line: "mcca:prefix-weight=0.25:scale=none".
#include <algorithm>
#include <charconv>
#include <initializer_list>
#include <limits>
#include <stdexcept>

#include "models.hpp"

namespace program {

/// One row of the table: what it is called, the model, and the settings that it is trained with.
struct model_variant {
  std::string label, model;
  settings how;
};

namespace detail {

template <class N>
[[nodiscard]] N number_in(std::string const& text, std::string const& label) {
  N value{};
  auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || !(value >= 0) ||
      value > std::numeric_limits<N>::max())
    throw std::invalid_argument("--model " + label + ": \"" + text + "\" is not a number of at least 0");
  return value;
}

inline void set_option(model_variant& v, std::string const& key, std::string const& value) {
  auto const count = [&] {
    auto const n = number_in<std::size_t>(value, v.label);
    if (n == 0) throw std::invalid_argument("--model " + v.label + ": " + key + " must be at least 1");
    return n;
  };
  auto const one_of = [&](std::initializer_list<char const*> known) {
    if (std::find(known.begin(), known.end(), value) == known.end())
      throw std::invalid_argument("--model " + v.label + ": there is no " + key + " \"" + value + "\"");
    return value;
  };
  if (key == "prefix-weight")
    v.how.prefix_weight = number_in<double>(value, v.label);
  else if (key == "levels")
    v.how.levels = count();
  else if (key == "words")
    v.how.words = count();
  else if (key == "epochs")
    v.how.epochs = count();
  else if (key == "scale")
    v.how.scale = one_of(scales);
  else if (key == "joint-scale")
    v.how.joint_scale = one_of(scales);
  else if (key == "init")
    v.how.embedding_init = one_of({"random", "centres"});
  else if (key == "pooling")
    v.how.pooling = one_of({"din", "dot", "target", "bucket"});
  else if (key == "behaviour-weight")
    v.how.behaviour_weight = number_in<std::size_t>(value, v.label);
  else if (key == "shared")
    v.how.shared_words = number_in<std::size_t>(value, v.label) > 0;
  else if (key == "align")
    v.how.align = number_in<std::size_t>(value, v.label) > 0;
  else
    throw std::invalid_argument("--model " + v.label + ": a model has no option \"" + key +
                                "\" of its own; there are prefix-weight, levels, words, epochs, scale, joint-scale, "
                                "align, init, pooling, behaviour-weight and shared");
}

}  // namespace detail

/// "mcca:scale=none:align" -> {"scale", "align"}
[[nodiscard]] inline std::vector<std::string> own_options(std::string const& label) {
  std::vector<std::string> names;
  for (std::size_t at = label.find(':'); at != std::string::npos; at = label.find(':', at + 1))
    names.push_back(label.substr(at + 1, label.find_first_of(":=", at + 1) - at - 1));
  return names;
}

/// Throws std::invalid_argument for models and options that are not known.
[[nodiscard]] inline model_variant variant_of(std::string const& label, settings const& s) {
  std::size_t at = label.find(':');
  model_variant v{label, label.substr(0, at), s};
  require_model(v.model);
  while (at != std::string::npos) {
    std::size_t const next = label.find(':', at + 1);
    std::string const option = label.substr(at + 1, next == std::string::npos ? next : next - at - 1);
    std::size_t const equals = option.find('=');
    detail::set_option(v, option.substr(0, equals), equals == std::string::npos ? "1" : option.substr(equals + 1));
    at = next;
  }
  return v;
}

namespace detail {

inline void keep_first_of_equals(std::vector<std::string>& names) {
  std::vector<std::string> kept;
  for (std::string& name : names)
    if (std::find(kept.begin(), kept.end(), name) == kept.end()) kept.push_back(std::move(name));
  names = std::move(kept);
}

/// Without a word: din, and on generated data din+psrq, where it is trained. "none": nothing.
[[nodiscard]] inline std::vector<std::string> reference_models(settings const& s) {
  if (s.versus == std::vector<std::string>{"none"}) return {};
  if (!s.versus.empty()) return s.versus;
  bool const codes = std::find(s.models.begin(), s.models.end(), "din+psrq") != s.models.end();
  return s.generated && codes ? std::vector<std::string>{"din", "din+psrq"} : std::vector<std::string>{"din"};
}

inline void require_reference(std::string const& name, settings const& s) try {
  (void)variant_of(name, s);
} catch (std::invalid_argument const& problem) {
  throw std::invalid_argument("--versus names models: " + std::string(problem.what()));
}

}  // namespace detail

/// The models that are trained, each once: "all" becomes every known model, and what others are compared with is
/// trained as well. Throws std::invalid_argument for names that are not known.
inline void complete_models(settings& s) {
  std::vector<std::string> models;
  for (std::string const& label : s.models) {
    auto const& known = known_models();
    if (label == "all")
      models.insert(models.end(), known.begin(), known.end());
    else
      models.push_back(variant_of(label, s).label);
  }
  s.models = std::move(models);
  s.versus = detail::reference_models(s);
  for (std::string const& name : s.versus) detail::require_reference(name, s);
  s.models.insert(s.models.end(), s.versus.begin(), s.versus.end());
  detail::keep_first_of_equals(s.versus);
  detail::keep_first_of_equals(s.models);
}

}  // namespace program
