// SPDX-License-Identifier: MIT
#pragma once
/// \file  What a model is made of when it is saved: named tensors and text. Models fill it, io/ writes it; neither
/// knows
///        the other.
#include <cstdint>
#include <map>
#include <sidera/core/check.hpp>
#include <string>
#include <variant>
#include <vector>

namespace sidera::inline SIDERA_ABI {

/// A dense row-major block of numbers.
struct tensor {
  using data_type =
      std::variant<std::vector<float>, std::vector<double>, std::vector<std::int32_t>, std::vector<std::int64_t>>;

  std::vector<std::size_t> shape;
  data_type data;

  [[nodiscard]] std::size_t size() const {
    return std::visit([](auto const& v) { return v.size(); }, data);
  }
};

/// The state of a model. Two models with equal fields give equal results bit for bit.
struct field_set {
  std::map<std::string, std::string> metadata;  ///< policy names, versions, options as text
  std::map<std::string, tensor> tensors;

  /// Adds a matrix under `name`.
  template <Scalar T>
  void put(std::string const& name, matrix<T> const& m) {
    tensors[name] = {{row_count(m), column_count(m)}, std::vector<T>(m.data(), m.data() + m.size())};
  }
  template <class T>
  void put(std::string const& name, std::vector<T> const& v) {
    tensors[name] = {{v.size()}, v};
  }

  /// The matrix under `name`; throws value_error when it is missing, of another type or not of rank 2, and for a NaN or
  /// an infinity.
  template <Scalar T>
  [[nodiscard]] matrix<T> get_matrix(std::string const& name) const {
    auto const& values = typed<T>(name);
    auto const& shape = tensors.at(name).shape;
    if (shape.size() != 2) throw value_error("field_set", "tensor \"" + name + "\" is not a matrix");
    if (shape[1] == 0 ? !values.empty() : values.size() / shape[1] != shape[0] || values.size() % shape[1] != 0)
      throw value_error("field_set", "tensor \"" + name + "\" has a shape that does not fit its size");
    matrix<T> m =
        Eigen::Map<matrix<T> const>(values.data(), static_cast<index_t>(shape[0]), static_cast<index_t>(shape[1]));
    require_finite<T>(m, "field_set", "tensor \"" + name + "\"");
    return m;
  }
  template <class T>
  [[nodiscard]] std::vector<T> const& get_vector(std::string const& name) const {
    return typed<T>(name);
  }

  /// The number under `name`, a vector of one; throws value_error when it is missing or something else.
  template <class T>
  [[nodiscard]] T get_number(std::string const& name) const {
    auto const& values = typed<T>(name);
    if (values.size() != 1)
      throw value_error("field_set",
                        "tensor \"" + name + "\" has " + std::to_string(values.size()) + " numbers, expected one");
    return values.front();
  }

  /// Whether the tensor under `name` has rows x cols numbers of type T; for sizes that stand in a file, before memory
  /// is asked for. Throws value_error when it is missing or of another type.
  template <class T>
  [[nodiscard]] bool holds(std::string const& name, std::size_t rows, std::size_t cols) const {
    std::size_t const numbers = typed<T>(name).size();
    if (rows == 0 || cols == 0) return numbers == 0;
    return numbers / cols == rows && numbers % cols == 0;  // rows * cols may be too large a number
  }

  /// The text under `key`; throws value_error when it is missing.
  [[nodiscard]] std::string const& get_text(std::string const& key) const {
    auto const found = metadata.find(key);
    if (found == metadata.end()) throw value_error("field_set", "no metadata \"" + key + "\"");
    return found->second;
  }

  /// Throws value_error on behalf of `where` unless these are the fields of a `model`.
  void require_model(std::string_view model, std::string_view where) const {
    if (get_text("model") != model)
      throw value_error(
          where, "the fields are those of a \"" + get_text("model") + "\", not of a \"" + std::string(model) + "\"");
  }

 private:
  template <class T>
  [[nodiscard]] std::vector<T> const& typed(std::string const& name) const {
    auto const found = tensors.find(name);
    if (found == tensors.end()) throw value_error("field_set", "no tensor \"" + name + "\"");
    auto const* values = std::get_if<std::vector<T>>(&found->second.data);
    if (values == nullptr) throw value_error("field_set", "tensor \"" + name + "\" has another element type");
    return *values;
  }
};

}  // namespace sidera::inline SIDERA_ABI
