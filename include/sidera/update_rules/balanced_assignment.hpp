// SPDX-License-Identifier: MIT
#pragma once
#include <algorithm>
#include <numeric>
#include <queue>
#include <sidera/codebooks/codebook.hpp>
#include <sidera/codebooks/word_search.hpp>

namespace sidera::inline SIDERA_ABI {

/// Gives every word floor(N / K) or floor(N / K) + 1 rows, in two rounds of stable assignment.
///
/// Deferred acceptance (Gale and Shapley 1962): a row asks its words in the order of distance, a full word keeps the
/// nearest of those that asked. The rows that are left over, fewer than K, then get one extra place per word in the
/// same way. In each of these two rounds, no row and word that are not together would both prefer each other; a row of
/// the first may be nearer to a word than the row in that word's extra place. The result does not depend on the order
/// in which rows ask. Time O(N K) distances in the worst case, memory N K codes.
template <Scalar T, Metric M>
void balanced_assignment(codebook<T> const& book, M const& metric, matrix_cref<T> const& x, std::span<code_t> codes,
                         executor_ref executor) {
  using asked = std::pair<double, std::size_t>;  // the farthest row is on top; of equals the one with the larger number
  word_search<T, M> const search(book.words, metric);
  code_matrix order(x.rows(), book.words.rows());
  search.nearest_k(x, order, executor);
  std::vector<index_t> next(codes.size(), 0);
  std::fill(codes.begin(), codes.end(), no_code);

  auto const place = [&](std::vector<std::size_t> waiting, std::size_t capacity) {
    std::vector<std::priority_queue<asked>> held(book.size());
    std::vector<std::size_t> left_over;
    while (!waiting.empty() && capacity > 0) {
      std::size_t const row = waiting.back();
      auto const i = static_cast<index_t>(row);
      if (next[row] == order.cols()) {
        waiting.pop_back();
        left_over.push_back(row);
        continue;
      }
      code_t const word = order(i, next[row]++);
      auto& queue = held[static_cast<std::size_t>(word)];
      queue.emplace(search.distance_to(row_span(x, i), word), row);
      waiting.pop_back();
      if (queue.size() <= capacity) continue;
      waiting.push_back(queue.top().second);
      queue.pop();
    }
    for (std::size_t j = 0; j < held.size(); ++j)
      for (; !held[j].empty(); held[j].pop()) codes[held[j].top().second] = static_cast<code_t>(j);
    return capacity > 0 ? left_over : waiting;
  };

  std::vector<std::size_t> rows(codes.size());
  std::iota(rows.begin(), rows.end(), std::size_t{0});
  std::vector<std::size_t> const extra = place(std::move(rows), codes.size() / book.size());
  for (std::size_t const row : extra) next[row] = 0;
  (void)place(extra, 1);
}

}  // namespace sidera::inline SIDERA_ABI
