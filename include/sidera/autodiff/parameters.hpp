// SPDX-License-Identifier: MIT
#pragma once
/// \file  The trainable numbers of a model, by name, in flat buffers.
#include <sidera/autodiff/aligned_vector.hpp>
#include <sidera/autodiff/variable.hpp>
#include <sidera/core/fields.hpp>
#include <utility>

namespace sidera::inline SIDERA_ABI {

/// Names one parameter of a \ref parameters store; an index, so that models can be copied with their store.
struct parameter {
  std::size_t index = static_cast<std::size_t>(-1);
  [[nodiscard]] bool operator==(parameter const&) const = default;
};

/// Parameters that are optimised together: one flat buffer for the values and one for the gradients.
template <Scalar T>
struct parameter_group {
  std::string name;
  bool row_sparse = false;  ///< tables of which a step touches a few rows; only those have a gradient
  aligned_vector<T> values, gradients;
  std::vector<parameter> members;
};

/// All parameters of a model. Regular: a copy is an independent model.
///
/// Every parameter starts at a cache line and the numbers between parameters are zero, so that an optimiser is one SIMD
/// pass over a group. Do not add parameters while a tape that reads the store is in use.
template <Scalar T>
class parameters {
 public:
  using map_type = Eigen::Map<matrix<T>>;
  using const_map_type = Eigen::Map<matrix<T> const>;

  parameters() = default;
  parameters(parameters const& other) : groups_(other.groups_), entries_(other.entries_) {
    for (entry& e : entries_) e.touched.rows.reserve(e.touched.seen.size());
    bind();
  }
  parameters(parameters&&) noexcept = default;
  parameters& operator=(parameters const& other) { return *this = parameters(other); }
  parameters& operator=(parameters&&) noexcept = default;
  ~parameters() = default;

  /// A new parameter, filled with zeros. Names are unique; the convention is "module.layer.weight".
  parameter add(std::string name, std::size_t rows, std::size_t cols, std::string_view group = "main") {
    return add_entry(std::move(name), rows, cols, group, false);
  }
  /// A new table (an embedding) whose gradient is kept and whose optimiser works by touched rows.
  parameter add_table(std::string name, std::size_t rows, std::size_t cols, std::string_view group = "tables") {
    return add_entry(std::move(name), rows, cols, group, true);
  }

  [[nodiscard]] std::size_t size() const noexcept { return entries_.size(); }
  /// Numbers in all parameters together.
  [[nodiscard]] std::size_t count() const noexcept {
    std::size_t sum = 0;
    for (entry const& e : entries_) sum += e.data.size();
    return sum;
  }

  [[nodiscard]] std::string const& name(parameter p) const { return at(p).name; }
  [[nodiscard]] std::size_t rows(parameter p) const { return at(p).data.rows; }
  [[nodiscard]] std::size_t cols(parameter p) const { return at(p).data.cols; }
  [[nodiscard]] bool contains(std::string_view name) const {
    return std::any_of(entries_.begin(), entries_.end(), [&](entry const& e) { return e.name == name; });
  }
  /// The parameter called `name`; throws value_error when there is none.
  [[nodiscard]] parameter find(std::string_view name) const {
    for (std::size_t i = 0; i < entries_.size(); ++i)
      if (entries_[i].name == name) return {i};
    throw value_error("parameters::find", "no parameter \"" + std::string(name) + "\"");
  }

  [[nodiscard]] map_type value(parameter p) {
    node<T>& n = raw(p);
    return {n.value, static_cast<index_t>(n.rows), static_cast<index_t>(n.cols)};
  }
  [[nodiscard]] const_map_type value(parameter p) const {
    node<T> const& n = at(p).data;
    return {n.value, static_cast<index_t>(n.rows), static_cast<index_t>(n.cols)};
  }
  /// A copy of the gradient; zero where nothing has been written.
  [[nodiscard]] matrix<T> gradient(parameter p) const {
    node<T> const& n = at(p).data;
    matrix<T> copy = matrix<T>::Zero(static_cast<index_t>(n.rows), static_cast<index_t>(n.cols));
    if (!n.has_gradient) return copy;
    for (std::size_t r = 0; r < n.rows; ++r)
      if (n.touched == nullptr || n.touched->seen[r] != 0)
        std::copy_n(n.gradient + r * n.cols, n.cols, copy.data() + r * n.cols);
    return copy;
  }

  /// Forgets all gradients; without it, the gradients of several `backward` calls add up.
  void clear_gradients() noexcept {
    for (entry& e : entries_) {
      e.data.has_gradient = false;
      e.touched.clear();
    }
  }

  [[nodiscard]] std::vector<parameter_group<T>>& groups() noexcept { return groups_; }
  [[nodiscard]] std::vector<parameter_group<T>> const& groups() const noexcept { return groups_; }
  /// Throws value_error when there is no such group.
  [[nodiscard]] parameter_group<T> const& group(std::string_view name) const {
    for (auto const& g : groups_)
      if (g.name == name) return g;
    throw value_error("parameters::group", "no group \"" + std::string(name) + "\"");
  }
  [[nodiscard]] parameter_group<T>& group(std::string_view name) {
    return const_cast<parameter_group<T>&>(std::as_const(*this).group(name));
  }

  /// For tapes and optimisers.
  [[nodiscard]] node<T>& raw(parameter p) { return const_cast<node<T>&>(at(p).data); }
  [[nodiscard]] node<T> const& raw(parameter p) const { return at(p).data; }

  /// Puts every value as "<prefix><name>".
  void to_fields(field_set& fields, std::string const& prefix = "") const {
    for (std::size_t i = 0; i < entries_.size(); ++i)
      fields.put(prefix + entries_[i].name, matrix<T>(value(parameter{i})));
  }
  /// Reads what to_fields wrote; throws value_error or shape_error, and then no value has changed.
  void from_fields(field_set const& fields, std::string const& prefix = "") {
    std::vector<matrix<T>> read;
    for (entry const& e : entries_) {
      read.push_back(fields.get_matrix<T>(prefix + e.name));
      if (row_count(read.back()) != e.data.rows || column_count(read.back()) != e.data.cols)
        throw shape_error("parameters::from_fields", "\"" + prefix + e.name + "\" is " + shape_text(read.back()) +
                                                         ", expected " + std::to_string(e.data.rows) + " x " +
                                                         std::to_string(e.data.cols));
    }
    for (std::size_t i = 0; i < read.size(); ++i) value({i}) = read[i];
  }

 private:
  struct entry {
    std::string name;
    std::size_t group, offset;
    touched_rows touched;
    node<T> data;
  };

  [[nodiscard]] entry const& at(parameter p) const {
    if (p.index >= entries_.size())
      throw value_error("parameters",
                        "no parameter " + std::to_string(p.index) + " of " + std::to_string(entries_.size()));
    return entries_[p.index];
  }

  parameter add_entry(std::string name, std::size_t rows, std::size_t cols, std::string_view group, bool row_sparse) {
    for (entry const& e : entries_)
      if (e.name == name) throw value_error("parameters::add", "\"" + name + "\" is there already");
    std::size_t const g = group_index(group, row_sparse);
    constexpr std::size_t line = 64 / sizeof(T);
    parameter const added{entries_.size()};
    entry e{std::move(name), g, groups_[g].values.size(), {}, {nullptr, nullptr, rows, cols, nullptr, true, false}};
    if (row_sparse) e.touched.seen.resize(rows), e.touched.rows.reserve(rows);
    std::size_t const end = e.offset + (rows * cols + line - 1) / line * line;
    entries_.push_back(std::move(e));
    try {
      groups_[g].members.push_back(added);
      groups_[g].gradients.resize(end);
      groups_[g].values.resize(end);
    } catch (...) {
      entries_.pop_back();
      std::erase(groups_[g].members, added);
      bind();
      throw;
    }
    bind();
    return added;
  }

  std::size_t group_index(std::string_view name, bool row_sparse) {
    std::size_t g = 0;
    while (g < groups_.size() && groups_[g].name != name) ++g;
    if (g == groups_.size()) groups_.push_back({std::string(name), row_sparse, {}, {}, {}});
    if (groups_[g].row_sparse != row_sparse)
      throw value_error("parameters::add",
                        "group \"" + std::string(name) + "\" holds " +
                            (row_sparse ? "dense parameters, not tables" : "tables, not dense parameters"));
    return g;
  }

  /// The buffers may have moved.
  void bind() noexcept {
    for (entry& e : entries_) {
      e.data.value = groups_[e.group].values.data() + e.offset;
      e.data.gradient = groups_[e.group].gradients.data() + e.offset;
      e.data.touched = groups_[e.group].row_sparse ? &e.touched : nullptr;
    }
  }

  std::vector<parameter_group<T>> groups_;
  std::vector<entry> entries_;
};

}  // namespace sidera::inline SIDERA_ABI
