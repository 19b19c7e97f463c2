// SPDX-License-Identifier: MIT
#pragma once
#include <sidera/semantic_ids/collision_resolver.hpp>

namespace sidera::inline SIDERA_ABI {

/// One more level that numbers the items of a bucket: the first has 0, the second 1, and so on (Rajput et al.,
/// "Recommender systems with generative retrieval", NeurIPS 2023). Always unique and without distortion, but the digit
/// means nothing.
///
/// Published IDs have the digit already; new items of a bucket continue behind its largest one.
struct extra_digit {
  [[nodiscard]] collision_resolution operator()(collision_problem const& problem) const {
    auto const& codes = problem.codes;
    if (problem.published.rows() > 0)
      require_columns(problem.published, column_count(codes) + 1, "extra_digit", "published");
    std::map<std::vector<code_t>, code_t> next;
    for (index_t i = 0; i < problem.published.rows(); ++i) {
      auto const id = row_span(problem.published, i);
      code_t& digit = next[{id.begin(), id.end() - 1}];
      digit = std::max(digit, id.back() + 1);
    }
    collision_resolution out{code_matrix(codes.rows(), codes.cols() + 1), problem.words};
    code_t most = 0;
    for (auto const& [id, digit] : next) most = std::max(most, digit);
    for (index_t i = 0; i < codes.rows(); ++i) {
      auto const id = row_span(codes, i);
      bool const complete = std::none_of(id.begin(), id.end(), [](code_t c) { return c < 0; });
      out.ids.row(i).head(codes.cols()) = codes.row(i);
      out.ids(i, codes.cols()) = complete ? next[{id.begin(), id.end()}]++ : no_code;
      most = std::max(most, out.ids(i, codes.cols()) + 1);
    }
    out.words.push_back(static_cast<std::size_t>(most));
    return out;
  }
};
static_assert(CollisionResolver<extra_digit>);

}  // namespace sidera::inline SIDERA_ABI
