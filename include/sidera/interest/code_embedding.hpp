// SPDX-License-Identifier: MIT
#pragma once
/// \file  Items as vectors that a ranker learns for their codes.
#include <sidera/autodiff/ops/concat.hpp>
#include <sidera/autodiff/ops/embedding_sum.hpp>
#include <sidera/autodiff/ops/gather_rows.hpp>
#include <sidera/autodiff/ops/row_sums.hpp>
#include <sidera/interest/item_view.hpp>
#include <sidera/layers/linear.hpp>

namespace sidera::inline SIDERA_ABI {

/// How the vectors of the levels of a semantic ID become one.
///
/// Syntax:    `m.attach(store, name, levels, dim, stream)` makes what it has to learn;
///            `m(table, rows)` -> variable; rows is n x levels, row numbers of the table or no_code
/// Models:    \ref sum_levels, \ref project_levels.
template <class M, class T = float>
concept LevelMerge = std::copyable<M> &&
    requires(M m, M const fixed, parameters<T> store, random_stream stream, variable<T> table, code_matrix rows) {
  m.attach(store, std::string(), std::size_t{}, std::size_t{}, stream);
  { fixed(table, rows) } -> std::same_as<variable<T>>;
};

/// e = sum_l E_l[code_l]: what MCCA does. A level without a code adds nothing.
struct sum_levels {
  template <Scalar T>
  void attach(parameters<T>&, std::string const&, std::size_t, std::size_t, random_stream) {}
  template <Scalar T>
  [[nodiscard]] variable<T> operator()(variable<T> table, code_matrix const& rows) const {
    return embedding_sum(table, rows);
  }
};

/// e = [E_1[code_1] ; ... ; E_L[code_L]] W + b: levels side by side, then one dense layer back to dim columns.
struct project_levels {
  linear<> projection;

  template <Scalar T>
  void attach(parameters<T>& store, std::string const& name, std::size_t levels, std::size_t dim,
              random_stream stream) {
    projection = linear<>(store, name + ".projection", levels * dim, dim, stream);
  }
  template <Scalar T>
  [[nodiscard]] variable<T> operator()(variable<T> table, code_matrix const& rows) const {
    std::vector<variable<T>> levels;
    for (index_t l = 0; l < rows.cols(); ++l) {
      code_matrix const column = rows.col(l);
      levels.push_back(gather_rows(table, std::span<code_t const>(column.data(), row_count(rows))));
    }
    return projection(concat_columns(std::span<variable<T> const>(levels)));
  }
};
static_assert(LevelMerge<sum_levels> && LevelMerge<project_levels>);

/// e_i: the vector of item i in one view, from one table row per word of each level; MCCA (arXiv 2508.20359),
/// with the tables E_1 ... E_L stacked. Parameter: "name.table", sum of words x dim, group "tables".
template <LevelMerge Merge = sum_levels>
class code_embedding {
 public:
  code_embedding() = default;
  /// Throws what require_view throws.
  template <Scalar T, WeightInitializer I = normal_weights>
  code_embedding(parameters<T>& store, std::string const& name, item_view const& view, std::size_t dim,
                 random_stream stream, I const& init = {}, Merge merge = {})
      : rows_(view.codes), few_words_(has_few_words(view)), merge_(std::move(merge)) {
    require_view(view, "code_embedding");
    for (std::size_t l = 0, first = 0; l < view.levels(); first += view.words[l++])
      for (index_t i = 0; i < rows_.rows(); ++i)
        if (code_t& row = rows_(i, static_cast<index_t>(l)); row >= 0) row += static_cast<code_t>(first);
    table_ = store.add_table(name + ".table", view.word_count(), dim);
    init(store.value(table_), fan{view.word_count(), dim}, stream.fork(table_.index));
    merge_.attach(store, name, view.levels(), dim, stream);
  }

  /// n x dim for n item numbers, each below items().
  template <Scalar T>
  [[nodiscard]] variable<T> operator()(tape<T>& t, std::span<code_t const> items) const {
    code_matrix rows(static_cast<index_t>(items.size()), rows_.cols());
    for (std::size_t i = 0; i < items.size(); ++i) rows.row(static_cast<index_t>(i)) = rows_.row(items[i]);
    return merge_(t[table_], rows);
  }

  /// The same as sums of words, where the levels are summed up and there are few words.
  template <Scalar T>
  [[nodiscard]] row_sums<T> sums(tape<T>& t, std::span<code_t const> items) const {
    if constexpr (std::same_as<Merge, sum_levels>)
      if (few_words_) {
        std::size_t const levels = column_count(rows_);
        std::span<code_t> const ids(t.template scratch<code_t>(items.size() * levels), items.size() * levels);
        for (std::size_t i = 0; i < items.size(); ++i)
          std::copy_n(rows_.data() + static_cast<std::size_t>(items[i]) * levels, levels, ids.data() + i * levels);
        return shared_row_sums(t[table_], std::span<code_t const>(ids), levels);
      }
    return (*this)(t, items);
  }

  [[nodiscard]] std::size_t items() const noexcept { return row_count(rows_); }
  /// The stacked tables; level l begins at the sum of the words of the levels before it.
  [[nodiscard]] parameter table() const noexcept { return table_; }

 private:
  /// Whether a batch of histories holds several items for every word. A property of the view and not of the batch: the
  /// other way rounds differently, and a score must not depend on what else is scored.
  [[nodiscard]] static bool has_few_words(item_view const& view) {
    return view.levels() > 1 && view.word_count() <= 1024 && 2 * view.word_count() <= view.items();
  }

  code_matrix rows_;  ///< items x levels, row numbers of the table
  bool few_words_ = false;
  parameter table_;
  Merge merge_;
};

}  // namespace sidera::inline SIDERA_ABI
