// SPDX-License-Identifier: MIT
#pragma once
/// \file  Views that stay in their files.
#include <sidera/io/file_source.hpp>
#include <sidera/quantizers/view.hpp>
#include <sidera/quantizers/view_scaling.hpp>

#include "shards.hpp"

namespace program {

/// One view or several side by side, each row scaled to unit length if wanted, all rows or a range of them: a
/// RowSource.
class view_rows {
 public:
  /// Adds a view. Throws shape_error unless it has as many rows as those before.
  void add(std::string const& name, std::string const& spec, bool unit_rows) {
    part next{name, sidera::open_shards<float>(shards_of(spec)), unit_rows};
    if (parts_.empty()) count_ = next.rows.rows();
    if (next.rows.rows() != count_)
      throw sidera::shape_error("--view", "view " + name + " has " + std::to_string(next.rows.rows()) + " rows, view " +
                                              parts_.front().name + " has " + std::to_string(count_));
    parts_.push_back(std::move(next));
  }

  /// Only the rows first .. first + count - 1 from now on.
  void keep(std::size_t first, std::size_t count) { first_ = first, count_ = count; }

  [[nodiscard]] std::size_t rows() const noexcept { return count_; }
  [[nodiscard]] std::size_t columns() const noexcept {
    std::size_t all = 0;
    for (part const& p : parts_) all += p.rows.columns();
    return all;
  }
  void read(std::size_t first, sidera::matrix_ref<float> out) const {
    sidera::index_t column = 0;
    for (part const& p : parts_) {
      auto block = out.middleCols(column, columns_of(p));
      p.rows.read(first_ + first, block);
      if (p.unit_rows) block = sidera::unit_row_scaling{}.fit<float>(block)(block);
      column += columns_of(p);
    }
  }
  [[nodiscard]] std::string name_of(std::size_t row) const {
    std::string text;
    for (part const& p : parts_) text += (text.empty() ? "" : " | ") + p.rows.name_of(first_ + row);
    return text;
  }

  /// The views as matrices, from a block that \ref read filled.
  [[nodiscard]] std::vector<sidera::view<float>> split(sidera::matrix_cref<float> const& block) const {
    std::vector<sidera::view<float>> views;
    sidera::index_t column = 0;
    for (part const& p : parts_) {
      views.push_back({p.name, block.middleCols(column, columns_of(p)), {}});
      column += columns_of(p);
    }
    return views;
  }

 private:
  struct part {
    std::string name;
    sidera::sharded_source<sidera::file_source<float>> rows;
    bool unit_rows;
  };
  [[nodiscard]] static sidera::index_t columns_of(part const& p) {
    return static_cast<sidera::index_t>(p.rows.columns());
  }

  std::vector<part> parts_;
  std::size_t first_ = 0, count_ = 0;
};
static_assert(sidera::RowSource<view_rows>);

}  // namespace program
