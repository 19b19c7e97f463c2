// SPDX-License-Identifier: MIT
#pragma once
#include <cmath>
#include <map>
#include <sidera/evaluation/contingency.hpp>

namespace sidera::inline SIDERA_ABI {

namespace detail {

/// sum_k P(k) k ln(n k / (a b)), where k is how many of `a` marked ones are among `b` drawn out of `n`
/// (hypergeometric).
///
/// P is built outwards from its mode by the ratio of neighbouring terms and normalised at the end: no factorials, no
/// cancellation, and terms too small to matter are never visited.
[[nodiscard]] inline double expected_term(std::int64_t a, std::int64_t b, std::int64_t n) {
  double const x = static_cast<double>(a), y = static_cast<double>(b), total = static_cast<double>(n);
  auto const lowest = std::max<std::int64_t>(0, a + b - n), highest = std::min(a, b);
  auto const mode = std::clamp(static_cast<std::int64_t>((x + 1) * (y + 1) / (total + 2)), lowest, highest);
  double const shift = std::log(total / x / y);
  double weight = 0, sum = 0;
  auto const visit = [&](double k, double p) {
    weight += p;
    if (k > 0) sum += p * k * (std::log(k) + shift);
  };
  auto const ratio = [&](double k) { return (x - k) * (y - k) / ((k + 1) * (total - x - y + k + 1)); };
  visit(static_cast<double>(mode), 1);
  double p = 1;
  for (auto k = static_cast<double>(mode); k < static_cast<double>(highest) && p > 1e-30; ++k)
    visit(k + 1, p *= ratio(k));
  p = 1;
  for (auto k = static_cast<double>(mode); k > static_cast<double>(lowest) && p > 1e-30; --k)
    visit(k - 1, p /= ratio(k - 1));
  return sum / weight;
}

[[nodiscard]] inline std::map<std::int64_t, std::int64_t> histogram(std::vector<std::int64_t> const& sums) {
  std::map<std::int64_t, std::int64_t> out;
  for (std::int64_t const s : sums) ++out[s];
  return out;
}

}  // namespace detail

/// The mutual information that two random labellings with the sizes of this table share on average, exactly
/// (Vinh, Epps and Bailey, JMLR 11, 2010, equation 24a), in nats.
///
/// Equal sizes are computed once: at most 2 n pairs of sizes, far fewer in practice.
[[nodiscard]] inline double expected_mutual_information(contingency_table const& t) {
  double sum = 0;
  auto const rows = detail::histogram(t.row_sums), columns = detail::histogram(t.column_sums);
  for (auto const& [a, times_a] : rows)
    for (auto const& [b, times_b] : columns)
      sum += static_cast<double>(times_a) * static_cast<double>(times_b) * detail::expected_term(a, b, t.total);
  return sum / static_cast<double>(t.total);
}

}  // namespace sidera::inline SIDERA_ABI
