// SPDX-License-Identifier: MIT
#pragma once
/// \file  What flows through a recorded computation: a matrix and, where it is wanted, its gradient.
#include <algorithm>
#include <cstdint>
#include <sidera/core/check.hpp>
#include <utility>
#include <vector>

namespace sidera::inline SIDERA_ABI {

template <Scalar T>
class tape;

/// Which rows of a table have a gradient, in the order of their first touch.
struct touched_rows {
  std::vector<std::uint8_t> seen;   ///< one flag per row of the table
  std::vector<std::uint32_t> rows;  ///< has the capacity of the table: pushing never allocates

  /// True at the first touch of `row`.
  bool touch(std::size_t row) noexcept {
    if (seen[row] != 0) return false;
    seen[row] = 1;
    rows.push_back(static_cast<std::uint32_t>(row));
    return true;
  }
  void clear() noexcept {
    for (std::uint32_t const row : rows) seen[row] = 0;
    rows.clear();
  }
};

/// One matrix of a computation. Lies in the arena of a tape, or in \ref parameters. Trivially destructible.
template <Scalar T>
struct node {
  T* value = nullptr;
  T* gradient = nullptr;            ///< memory of the same size where `wants_gradient`
  std::size_t rows = 0, cols = 0;   ///< row-major, contiguous
  touched_rows* touched = nullptr;  ///< of a row-sparse parameter
  bool wants_gradient = false;
  bool has_gradient = false;  ///< something has been written: the first write assigns, later ones add

  [[nodiscard]] std::size_t size() const noexcept { return rows * cols; }
};

/// Where an op puts the gradient of an input: `data` is null when nobody wants it; with `add`, there is one already.
template <Scalar T>
struct gradient_target {
  T* data;
  bool add;
  [[nodiscard]] explicit operator bool() const noexcept { return data != nullptr; }
};

/// A handle to a node: two pointers, copied freely, valid until the tape is reset.
template <Scalar T>
class variable {
 public:
  using scalar_type = T;
  using map_type = Eigen::Map<matrix<T>>;

  variable() noexcept = default;
  variable(tape<T>& owner, node<T>& n) noexcept : tape_(&owner), node_(&n) {}

  [[nodiscard]] std::size_t rows() const noexcept { return node_->rows; }
  [[nodiscard]] std::size_t cols() const noexcept { return node_->cols; }
  [[nodiscard]] std::size_t size() const noexcept { return node_->size(); }
  [[nodiscard]] bool wants_gradient() const noexcept { return node_->wants_gradient; }
  [[nodiscard]] bool has_gradient() const noexcept { return node_->has_gradient; }
  [[nodiscard]] tape<T>& owner() const noexcept { return *tape_; }

  /// The numbers; ops write those of their results.
  [[nodiscard]] map_type value() const noexcept { return map(node_->value); }
  [[nodiscard]] T* data() const noexcept { return node_->value; }
  /// d loss / d this after `backward`; meaningful where has_gradient(). Ops may use that of a result as scratch memory
  /// once they have propagated it, so read gradients of parameters and inputs.
  [[nodiscard]] map_type gradient() const noexcept { return map(node_->gradient); }
  [[nodiscard]] T* gradient_data() const noexcept { return node_->gradient; }
  /// The number of a 1 x 1 variable (a loss).
  [[nodiscard]] T item() const {
    if (size() != 1) throw shape_error("variable::item", "the variable is " + shape_text(*this) + ", expected 1 x 1");
    return *node_->value;
  }

  /// For ops: where this variable's gradient goes. The caller must then write (or, with `add`, add to) all of it.
  [[nodiscard]] gradient_target<T> target() const noexcept {
    if (!node_->wants_gradient) return {nullptr, false};
    if (node_->touched != nullptr) return {zeroed_target(), true};
    return {node_->gradient, std::exchange(node_->has_gradient, true)};
  }

  /// For ops that add to some entries only: the gradient, filled with zeros if it is new; null when nobody wants it.
  [[nodiscard]] T* zeroed_target() const noexcept {
    if (!node_->wants_gradient) return nullptr;
    if (node_->touched != nullptr)
      for (std::size_t r = 0; r < rows(); ++r) touch_row(r);
    else if (!node_->has_gradient)
      std::fill_n(node_->gradient, size(), T(0));
    node_->has_gradient = true;
    return node_->gradient;
  }

  /// For ops on tables: announces an addition to one row of the gradient of a row-sparse parameter.
  void touch_row(std::size_t row) const noexcept {
    node_->has_gradient = true;
    if (node_->touched->touch(row)) std::fill_n(node_->gradient + row * cols(), cols(), T(0));
  }
  [[nodiscard]] bool row_sparse() const noexcept { return node_->touched != nullptr; }

  /// For ops: adds an Eigen expression of the same shape to the gradient, if it is wanted.
  template <class Derived>
  void add_gradient(Eigen::MatrixBase<Derived> const& expression) const {
    gradient_target<T> const to = target();
    if (!to) return;
    if (to.add)
      gradient() += expression;
    else
      gradient() = expression;
  }

  [[nodiscard]] node<T>& raw() const noexcept { return *node_; }

 private:
  [[nodiscard]] map_type map(T* p) const noexcept {
    return {p, static_cast<index_t>(node_->rows), static_cast<index_t>(node_->cols)};
  }

  tape<T>* tape_ = nullptr;
  node<T>* node_ = nullptr;
};

/// One flag per entry or per row: not 0 means "take it".
using mask_view = std::span<std::uint8_t const>;

/// Throws shape_error, naming both shapes, unless `ok`.
template <Scalar T>
void require_shapes(bool ok, std::string_view function, variable<T> a, variable<T> b, std::string_view expected) {
  if (!ok)
    throw shape_error(function,
                      "shapes " + shape_text(a) + " and " + shape_text(b) + ", expected " + std::string(expected));
}

}  // namespace sidera::inline SIDERA_ABI
