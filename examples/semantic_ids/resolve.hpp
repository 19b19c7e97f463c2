// SPDX-License-Identifier: MIT
#pragma once
/// \file  IDs of their own for items that share one, and what that costs.
#include <map>
#include <sidera/core/number_text.hpp>
#include <sidera/evaluation/confidence.hpp>
#include <sidera/evaluation/distortion.hpp>
#include <sidera/io/markdown.hpp>
#include <sidera/quantizers/any_quantizer.hpp>
#include <sidera/semantic_ids/balanced_levels.hpp>
#include <sidera/semantic_ids/capacity_per_bucket.hpp>
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

inline constexpr std::array<char const*, 5> resolver_names = {"digit", "relocate", "capacity", "sinkhorn", "balance"};

/// The squared distance of an item to what a prefix of codes and each code behind it decode to.
[[nodiscard]] inline sidera::level_costs decoding_costs(sidera::any_quantizer<float> const& q,
                                                        sidera::matrix<float> const& x) {
  return [&](std::size_t item, std::span<sidera::code_t const> prefix, std::span<double> out) {
    auto const i = static_cast<sidera::index_t>(item), level = static_cast<sidera::index_t>(prefix.size());
    auto const levels = static_cast<sidera::index_t>(q.level_count());
    sidera::code_matrix tried =
        sidera::code_matrix::Constant(static_cast<sidera::index_t>(out.size()), levels, sidera::no_code);
    for (sidera::index_t c = 0; c < tried.rows(); ++c) {
      std::copy(prefix.begin(), prefix.end(), sidera::row_span(tried, c).begin());
      tried(c, level) = static_cast<sidera::code_t>(c);
    }
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
  sidera::level_costs const by_prefix = decoding_costs(q, x);
  auto const of_last = [&](std::size_t item, std::span<double> out) {
    auto const id = sidera::row_span(codes, static_cast<sidera::index_t>(item));
    by_prefix(item, id.first(id.size() - 1), out);
  };
  sidera::collision_problem const problem{codes, words, of_last, sidera::code_matrix(0, 0), by_prefix};
  auto const done = name == "digit"      ? sidera::extra_digit{}(problem)
                    : name == "relocate" ? sidera::relocate_nearest{}(problem)
                    : name == "capacity" ? sidera::capacity_per_bucket{}(problem)
                    : name == "balance"  ? sidera::balanced_levels{}(problem)
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

/// A figure over the seeds; with several of them half the width of the 95 % interval too.
template <class Get>
[[nodiscard]] std::string over_runs(std::vector<resolved_ids const*> const& runs, int decimals, Get get) {
  std::vector<double> values;
  for (resolved_ids const* run : runs) values.push_back(get(*run));
  sidera::interval_estimate const e = sidera::mean_interval(values);
  std::string const text = sidera::fixed_text(e.mean, decimals);
  return e.count == 1 ? text : text + " ± " + sidera::fixed_text(e.half_width(), decimals);
}

/// One row per resolver.
[[nodiscard]] inline sidera::report_table resolution_table(
    std::string const& view, std::vector<std::map<std::string, std::vector<resolved_ids>>> const& resolved) {
  sidera::report_table table;
  table.columns = {view + ": resolver", "alone before", "alone after", "largest bucket", "moved",
                   "still shared",      "error before", "error after"};
  for (std::size_t k = 0; k < resolved.front().at(view).size(); ++k) {
    std::vector<resolved_ids const*> runs;
    for (auto const& views : resolved) runs.push_back(&views.at(view)[k]);
    auto const text = [&](int decimals, auto get) { return over_runs(runs, decimals, get); };
    auto const count = [](std::size_t n) { return static_cast<double>(n); };
    int const decimals = runs.size() == 1 ? 0 : 1;
    table.rows.push_back({runs.front()->resolver,  //
                          text(3, [](auto const& r) { return r.before.no_collision_rate; }),
                          text(3, [](auto const& r) { return r.after.no_collision_rate; }),
                          text(decimals, [&](auto const& r) { return count(r.after.largest_bucket); }),
                          text(decimals, [&](auto const& r) { return count(r.moved); }),
                          text(decimals, [&](auto const& r) { return count(r.unresolved); }),
                          text(3, [](auto const& r) { return r.error_before; }),
                          text(3, [](auto const& r) { return r.error_after; })});
  }
  return table;
}

}  // namespace program
