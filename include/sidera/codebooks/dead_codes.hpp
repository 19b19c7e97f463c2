// SPDX-License-Identifier: MIT
#pragma once
/// \file  What happens to code words that no row chose.
#include <algorithm>
#include <numeric>
#include <sidera/codebooks/codebook.hpp>
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
/// Models:    \ref keep_dead, \ref relocate_far, \ref split_largest.
template <class P>
concept DeadCodePolicy = std::copyable<P> && detail::revives_words<P, float>;

/// Leaves dead words alone.
struct keep_dead {
  template <Scalar T>
  [[nodiscard]] std::vector<std::size_t> operator()(codebook<T>&, assignment_view<T> const&) const {
    return {};
  }
};

/// A dead word moves to the row that is farthest from its word, the next one to the second farthest, and so on (as
/// scikit-learn does). Rows at distance zero are never taken: with fewer distinct rows than words some stay dead.
struct relocate_far {
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

/// A dead word moves beside the word with the most rows; the two are pushed apart by a small symmetric step (the idea
/// of faiss and of the LBG algorithm, Linde, Buzo and Gray 1980). Each largest cell is split once per pass.
struct split_largest {
  double step = 1.0 / 1024;  ///< relative

  template <Scalar T>
  [[nodiscard]] std::vector<std::size_t> operator()(codebook<T>& book, assignment_view<T> const& seen) const {
    std::vector<std::int64_t> counts(seen.counts.begin(), seen.counts.end());
    std::vector<std::size_t> moved;
    for (std::size_t j = 0; j < counts.size(); ++j) {
      if (seen.counts[j] != 0) continue;
      auto const largest = static_cast<std::size_t>(std::max_element(counts.begin(), counts.end()) - counts.begin());
      if (counts[largest] < 2) break;
      split(row_span(book.words, static_cast<index_t>(largest)), row_span(book.words, static_cast<index_t>(j)));
      counts[j] = counts[largest] / 2;
      counts[largest] -= counts[j];
      moved.push_back(j);
      moved.push_back(largest);
    }
    std::sort(moved.begin(), moved.end());
    moved.erase(std::unique(moved.begin(), moved.end()), moved.end());
    return moved;
  }

 private:
  template <Scalar T>
  void split(std::span<T> from, std::span<T> to) const noexcept {
    auto const up = static_cast<T>(1 + step), down = static_cast<T>(1 - step);
    for (std::size_t d = 0; d < from.size(); ++d) {
      to[d] = from[d] * (d % 2 == 0 ? up : down);
      from[d] *= d % 2 == 0 ? down : up;
    }
  }
};

static_assert(DeadCodePolicy<keep_dead> && DeadCodePolicy<relocate_far> && DeadCodePolicy<split_largest>);

}  // namespace sidera::inline SIDERA_ABI
