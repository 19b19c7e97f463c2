// SPDX-License-Identifier: MIT
#pragma once
#include <sidera/autodiff/ops/gather_rows.hpp>
#include <sidera/autodiff/ops/row_sums.hpp>
#include <sidera/layers/concepts.hpp>
#include <sidera/layers/initializers.hpp>

namespace sidera::inline SIDERA_ABI {

/// A table of `entries` rows of which a step reads a few: its gradient and its optimiser work by touched rows.
/// Parameter: "name.table" in the group "tables".
struct embedding {
  parameter table;

  embedding() = default;
  template <Scalar T, WeightInitializer I = normal_weights>
  embedding(parameters<T>& store, std::string const& name, std::size_t entries, std::size_t dim, random_stream stream,
            I const& init = {})
      : table(store.add_table(name + ".table", entries, dim)) {
    init(store.value(table), fan{entries, dim}, stream.fork(table.index));
  }

  /// Row ids_i of the table for every i; zeros for a negative id.
  template <Scalar T>
  [[nodiscard]] variable<T> operator()(tape<T>& t, std::span<code_t const> ids) const {
    return gather_rows(t[table], ids);
  }
  /// The sum of the rows of each row of ids; negative ids add nothing.
  template <Scalar T>
  [[nodiscard]] variable<T> operator()(tape<T>& t, code_matrix_cref const& ids) const {
    return embedding_sum(t[table], ids);
  }
  /// The same for ops that add the rows up themselves; for tables that are not much longer than `ids`.
  template <Scalar T>
  [[nodiscard]] row_sums<T> sums(tape<T>& t, code_matrix const& ids) const {
    return shared_row_sums(t[table], std::span(ids.data(), static_cast<std::size_t>(ids.size())), column_count(ids));
  }
};

}  // namespace sidera::inline SIDERA_ABI
