// SPDX-License-Identifier: MIT
#pragma once
/// \file  What happens to code words that no row chose.
#include <algorithm>
#include <numeric>
#include <sidera/codebooks/codebook.hpp>
#include <sidera/core/fields.hpp>
#include <sidera/core/number_text.hpp>
#include <sidera/core/random.hpp>
#include <vector>

namespace sidera::inline SIDERA_ABI {

/// One assignment of all rows, as a dead-code policy sees it.
template <Scalar T>
struct assignment_view {
  matrix_cref<T> const& x;
  std::span<code_t const> codes;         ///< one per row
  std::span<double const> distances;     ///< of every row to its word
  std::span<std::int64_t const> counts;  ///< rows per word
};

namespace detail {
template <class P, class T>
concept revives_words = requires(P const& policy, codebook<T>& book, assignment_view<T> const& seen) {
  { policy(book, seen) } -> std::same_as<std::vector<std::size_t>>;
};
}  // namespace detail

/// Moves words that have no rows.
///
/// Syntax:    `policy(book, seen)` -> the words that were moved, ascending
/// Semantics: words with rows stay where they are, but for a cell that is split (it counts as moved). The caller resets
///            what its update rule remembers of the moved words.
/// Options:   `P::sees_extremes_only` = true: given, instead of all rows, only the farthest ones (as many as there are
///            dead words) and the farthest of every word, with the counts of all, the policy does the same. Data that
///            do not fit into memory need such a policy.
/// Models:    \ref keep_dead, \ref relocate_far, \ref split_largest.
template <class P>
concept DeadCodePolicy = std::copyable<P> && detail::revives_words<P, float>;

/// Leaves dead words alone.
struct keep_dead {
  static constexpr bool sees_extremes_only = true;

  template <Scalar T>
  [[nodiscard]] std::vector<std::size_t> operator()(codebook<T>&, assignment_view<T> const&) const {
    return {};
  }
};

/// A dead word moves to the row that is farthest from its word, the next one to the second farthest, and so on (as
/// scikit-learn does). Rows at distance zero are never taken: with fewer distinct rows than words some stay dead.
struct relocate_far {
  static constexpr bool sees_extremes_only = true;

  template <Scalar T>
  [[nodiscard]] std::vector<std::size_t> operator()(codebook<T>& book, assignment_view<T> const& seen) const {
    std::vector<std::size_t> moved;
    for (std::size_t j = 0; j < seen.counts.size(); ++j)
      if (seen.counts[j] == 0) moved.push_back(j);
    if (moved.empty()) return moved;
    std::vector<std::size_t> order(seen.distances.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::size_t const wanted = std::min(moved.size(), order.size());
    std::partial_sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(wanted), order.end(),
                      [&](std::size_t a, std::size_t b) {
                        return seen.distances[a] > seen.distances[b] ||
                               (seen.distances[a] == seen.distances[b] && a < b);
                      });
    std::size_t taken = 0;
    while (taken < wanted && seen.distances[order[taken]] > 0) {
      book.words.row(static_cast<index_t>(moved[taken])) = seen.x.row(static_cast<index_t>(order[taken]));
      ++taken;
    }
    moved.resize(taken);
    return moved;
  }
};

/// A dead word takes half of the cell with the most rows: its word and the dead one are pushed apart by a small step
/// along the line to the cell's farthest row (the splitting of the LBG algorithm, Linde, Buzo and Gray 1980, with a
/// direction from the data). Cells whose rows all lie on their word are not split. Each cell is split once per pass.
struct split_largest {
  static constexpr bool sees_extremes_only = true;
  double step = 1.0 / 16;  ///< share of the way to the farthest row

  void save(field_set& f) const { f.metadata["split_largest.step"] = to_text(step); }

  template <Scalar T>
  [[nodiscard]] std::vector<std::size_t> operator()(codebook<T>& book, assignment_view<T> const& seen) const {
    std::vector<std::size_t> moved;
    std::vector<std::size_t> const farthest = farthest_rows(seen);
    std::vector<std::int64_t> rows(seen.counts.begin(), seen.counts.end());
    for (std::size_t j = 0; j < rows.size(); ++j)
      if (rows[j] < 2 || !(seen.distances[farthest[j]] > 0)) rows[j] = 0;
    for (std::size_t j = 0; j < rows.size(); ++j) {
      if (seen.counts[j] != 0) continue;
      auto const largest = static_cast<std::size_t>(std::max_element(rows.begin(), rows.end()) - rows.begin());
      if (rows[largest] == 0) break;
      auto const from = row_span(book.words, static_cast<index_t>(largest));
      push_apart(from, row_span(book.words, static_cast<index_t>(j)),
                 std::span<T const>(row_span(seen.x, static_cast<index_t>(farthest[largest]))));
      rows[largest] = 0;
      moved.push_back(j);
      moved.push_back(largest);
    }
    std::sort(moved.begin(), moved.end());
    return moved;
  }

 private:
  /// The farthest row of every word, the first of equals; 0 for words without rows.
  template <Scalar T>
  [[nodiscard]] static std::vector<std::size_t> farthest_rows(assignment_view<T> const& seen) {
    std::vector<std::size_t> farthest(seen.counts.size(), 0);
    std::vector<double> distance(seen.counts.size(), -1);
    for (std::size_t i = 0; i < seen.codes.size(); ++i) {
      if (seen.codes[i] < 0) continue;
      auto const j = static_cast<std::size_t>(seen.codes[i]);
      if (seen.distances[i] > distance[j]) distance[j] = seen.distances[i], farthest[j] = i;
    }
    return farthest;
  }

  template <Scalar T>
  void push_apart(std::span<T> from, std::span<T> to, std::span<T const> row) const noexcept {
    auto const share = static_cast<T>(step);
    for (std::size_t d = 0; d < from.size(); ++d) {
      T const way = share * (row[d] - from[d]);
      to[d] = from[d] + way;
      from[d] -= way;
    }
  }
};

static_assert(DeadCodePolicy<keep_dead> && DeadCodePolicy<relocate_far> && DeadCodePolicy<split_largest>);

}  // namespace sidera::inline SIDERA_ABI
