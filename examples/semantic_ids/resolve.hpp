// SPDX-License-Identifier: MIT
#pragma once
/// \file  IDs of their own for items that share one, and what that costs.
#include <sidera/core/number_text.hpp>
#include <sidera/evaluation/distortion.hpp>
#include <sidera/io/markdown.hpp>
#include <sidera/quantizers/any_quantizer.hpp>
#include <sidera/semantic_ids/collisions.hpp>
#include <sidera/semantic_ids/extra_digit.hpp>
#include <sidera/semantic_ids/relocate_nearest.hpp>
#include <sidera/semantic_ids/sinkhorn_last_level.hpp>

namespace program {

/// The IDs of one view before and after one resolver.
struct resolved_ids {
  std::string resolver;
  sidera::code_matrix ids;
  sidera::collision_report before, after;
  std::size_t moved = 0, unresolved = 0;
  double error_before = 0, error_after = 0;  ///< relative, of what the IDs decode to
};

inline constexpr std::array<char const*, 3> resolver_names = {"digit", "relocate", "sinkhorn"};

/// The squared distance of an item to what its ID would decode to with each last code.
[[nodiscard]] inline sidera::last_level_costs decoding_costs(sidera::any_quantizer<float> const& q,
                                                             sidera::matrix<float> const& x,
                                                             sidera::code_matrix const& codes) {
  return [&](std::size_t item, std::span<double> out) {
    auto const i = static_cast<sidera::index_t>(item);
    sidera::code_matrix tried = codes.row(i).replicate(static_cast<sidera::index_t>(out.size()), 1);
    for (sidera::index_t c = 0; c < tried.rows(); ++c) tried(c, tried.cols() - 1) = static_cast<sidera::code_t>(c);
    sidera::matrix<float> const decoded = q.decode(tried);
    for (sidera::index_t c = 0; c < tried.rows(); ++c)
      out[static_cast<std::size_t>(c)] = static_cast<double>((decoded.row(c) - x.row(i)).squaredNorm());
  };
}

/// `x` are the rows that the quantizer saw; rows without a code stay without.
[[nodiscard]] inline resolved_ids resolve(std::string const& name, sidera::any_quantizer<float> const& q,
                                          sidera::matrix<float> const& x, sidera::code_matrix const& codes) {
  std::vector<std::size_t> words;
  for (std::size_t l = 0; l < sidera::column_count(codes); ++l) words.push_back(q.word_count(l));
  sidera::collision_problem const problem{codes, words, decoding_costs(q, x, codes)};
  auto const done = name == "digit"      ? sidera::extra_digit{}(problem)
                    : name == "relocate" ? sidera::relocate_nearest{}(problem)
                                         : sidera::sinkhorn_last_level{}(problem);
  std::vector<sidera::index_t> rows;
  for (sidera::index_t i = 0; i < codes.rows(); ++i)
    if (codes(i, 0) >= 0) rows.push_back(i);
  sidera::code_matrix const before = codes(rows, Eigen::all), after = done.ids(rows, Eigen::all);
  sidera::matrix<float> const seen = x(rows, Eigen::all);
  return {name,
          done.ids,
          sidera::report_collisions(before),
          sidera::report_collisions(after),
          done.moved,
          done.unresolved,
          sidera::relative_error<float>(seen, q.decode(before)),
          sidera::relative_error<float>(seen, q.decode(after.leftCols(codes.cols())))};
}

[[nodiscard]] inline sidera::report_table resolution_table(std::string const& view,
                                                           std::vector<resolved_ids> const& list) {
  sidera::report_table table;
  table.columns = {view + ": resolver", "alone before", "alone after", "largest bucket", "moved",
                   "still shared",      "error before", "error after"};
  for (resolved_ids const& r : list)
    table.rows.push_back({r.resolver, sidera::fixed_text(r.before.no_collision_rate, 3),
                          sidera::fixed_text(r.after.no_collision_rate, 3), std::to_string(r.after.largest_bucket),
                          std::to_string(r.moved), std::to_string(r.unresolved), sidera::fixed_text(r.error_before, 3),
                          sidera::fixed_text(r.error_after, 3)});
  return table;
}

}  // namespace program
