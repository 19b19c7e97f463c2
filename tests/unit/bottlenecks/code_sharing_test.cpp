// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <sidera/bottlenecks/code_sharing.hpp>

using namespace sidera;

namespace {
/// Usage of two words: how many rows of each modality chose the first and the second.
std::vector<code_usage> usage_of_two(std::vector<std::pair<std::size_t, std::size_t>> const& rows) {
  std::vector<code_usage> usage;
  for (auto const& [first, second] : rows) {
    std::vector<code_t> codes(first, 0);
    codes.insert(codes.end(), second, 1);
    usage.emplace_back(2);
    usage.back().add(codes);
  }
  return usage;
}
}  // namespace

TEST_CASE("code_sharing: a stray row is use, unless a share of the word's rows is asked for") {
  auto const split = usage_of_two({{999, 1}, {1, 999}});
  CHECK(code_sharing(split) == std::vector<double>{0, 1});
  CHECK(code_sharing(split, {.least_share = 0.2}) == std::vector<double>{1, 0});
  CHECK(code_sharing(split, {.least = 2}) == std::vector<double>{1, 0});
  auto const border = usage_of_two({{80, 81}, {20, 19}});  // 20 % of the first word are enough
  CHECK(code_sharing(border, {.least_share = 0.2}) == std::vector<double>{.5, .5});
  auto const three = usage_of_two({{40, 0}, {40, 0}, {20, 5}});
  CHECK(code_sharing(three, {.least_share = 0.2}) == std::vector<double>{.5, 0, .5});
  CHECK(code_sharing(three, {.least = 50}) == std::vector<double>{0, 0, 0});
}

TEST_CASE("code_sharing: what it refuses") {
  auto const usage = usage_of_two({{1, 1}, {1, 1}});
  CHECK_THROWS_AS((void)code_sharing(usage, {.least_share = 1.5}), value_error);
  std::vector<code_usage> const uneven{code_usage(2), code_usage(3)};
  CHECK_THROWS_AS((void)code_sharing(uneven), shape_error);
}
