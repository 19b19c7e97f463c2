// SPDX-License-Identifier: MIT
#pragma once
/// \file  Agreement of two labellings in terms of information (natural logarithms).
#include <cmath>
#include <limits>
#include <sidera/evaluation/contingency.hpp>
#include <sidera/evaluation/expected_information.hpp>
#include <sidera/evaluation/usage_statistics.hpp>

namespace sidera::inline SIDERA_ABI {

/// What mutual information is divided by.
enum class entropy_average { arithmetic, geometric, min, max };

namespace detail {
[[nodiscard]] inline double average_entropy(contingency_table const& t, entropy_average how) {
  double const a = count_entropy(t.row_sums), b = count_entropy(t.column_sums);
  switch (how) {
    case entropy_average::geometric:
      return std::sqrt(a * b);
    case entropy_average::min:
      return std::min(a, b);
    case entropy_average::max:
      return std::max(a, b);
    case entropy_average::arithmetic:
      break;
  }
  return (a + b) / 2;
}

/// One labelling has one value, or every row a value of its own: then all labellings of the other's sizes share the
/// same information with it, and agreement beyond chance is impossible.
[[nodiscard]] inline bool leaves_nothing_to_chance(contingency_table const& t) noexcept {
  auto const trivial = [&](std::vector<std::int64_t> const& sums) {
    return sums.size() == 1 || static_cast<std::int64_t>(sums.size()) == t.total;
  };
  return trivial(t.row_sums) || trivial(t.column_sums);
}
}  // namespace detail

/// MI = sum_ij n_ij / n ln(n n_ij / (a_i b_j)), in nats.
[[nodiscard]] inline double mutual_information(contingency_table const& t) noexcept {
  double const n = static_cast<double>(t.total);
  double sum = 0;
  for (auto const& cell : t.cells) {
    double const count = static_cast<double>(cell.count);
    double const product = static_cast<double>(t.row_sums[cell.row]) * static_cast<double>(t.column_sums[cell.column]);
    sum += count / n * std::log(n * count / product);
  }
  return std::max(sum, 0.0);
}

/// NMI = MI / average entropy, in [0, 1]. Two labellings without information (one value each) agree: 1; one with and
/// one without: 0.
[[nodiscard]] inline double normalized_mutual_information(contingency_table const& t,
                                                          entropy_average how = entropy_average::arithmetic) {
  if (t.row_sums.size() == 1 && t.column_sums.size() == 1) return 1;
  double const average = detail::average_entropy(t, how);
  return average > 0 ? mutual_information(t) / average : 0;
}

/// AMI = (MI - E) / (average entropy - E), where E is what two random labellings with the same sizes share (Vinh, Epps
/// and Bailey 2010). 1 for equal partitions, about 0 for independent ones; may be negative. 0 where the divisor is 0,
/// or cannot be told from 0 in double precision: then chance shares all that could be shared.
[[nodiscard]] inline double adjusted_mutual_information(contingency_table const& t,
                                                        entropy_average how = entropy_average::arithmetic) {
  if (t.same_partition()) return 1;
  if (detail::leaves_nothing_to_chance(t)) return 0;
  double const expected = expected_mutual_information(t), average = detail::average_entropy(t, how);
  double const most = average - expected;
  double const rounding = 4 * std::numeric_limits<double>::epsilon() * std::max(average, 1.0);
  return most > rounding ? (mutual_information(t) - expected) / most : 0;
}

/// Homogeneity MI / H(rows): each column value holds rows of one class. 1 where there is but one class.
[[nodiscard]] inline double homogeneity(contingency_table const& t) {
  return t.row_sums.size() > 1 ? mutual_information(t) / count_entropy(t.row_sums) : 1;
}
/// Completeness MI / H(columns): each class has one column value. 1 where there is but one value.
[[nodiscard]] inline double completeness(contingency_table const& t) {
  return t.column_sums.size() > 1 ? mutual_information(t) / count_entropy(t.column_sums) : 1;
}
/// The harmonic mean of the two (Rosenberg and Hirschberg 2007); equal to NMI with the arithmetic average.
[[nodiscard]] inline double v_measure(contingency_table const& t) {
  double const h = homogeneity(t), c = completeness(t);
  return h + c > 0 ? 2 * h * c / (h + c) : 0;
}

/// The same from two labellings, one value per row each; rows where one is negative are skipped.
[[nodiscard]] inline double normalized_mutual_information(std::span<code_t const> a, std::span<code_t const> b,
                                                          entropy_average how = entropy_average::arithmetic) {
  return normalized_mutual_information(contingency_table(a, b), how);
}
[[nodiscard]] inline double adjusted_mutual_information(std::span<code_t const> a, std::span<code_t const> b,
                                                        entropy_average how = entropy_average::arithmetic) {
  return adjusted_mutual_information(contingency_table(a, b), how);
}

}  // namespace sidera::inline SIDERA_ABI
