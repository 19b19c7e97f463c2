// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <sidera/core/random.hpp>
#include <sidera/semantic_ids/append_items.hpp>
#include <sidera/semantic_ids/balanced_levels.hpp>
#include <sidera/semantic_ids/capacity_per_bucket.hpp>
#include <sidera/semantic_ids/collisions.hpp>
#include <sidera/semantic_ids/relocate_nearest.hpp>
#include <sidera/semantic_ids/sinkhorn_last_level.hpp>

using sidera::code_matrix;
using sidera::code_t;
using sidera::collision_problem;

namespace {

/// Items on a line, words at 0, 1, 2, ... under each of a few prefixes: many share the word nearest to them.
struct catalogue {
  static constexpr std::size_t prefixes = 5, words = 32;
  std::vector<double> position;
  code_matrix codes;

  catalogue(std::size_t items, std::uint64_t seed) : position(items), codes(static_cast<int>(items), 2) {
    sidera::random_stream const random(seed);
    for (std::size_t i = 0; i < items; ++i) {
      position[i] = std::clamp(12 + 5 * random.normal(2 * i), 0., words - 1.);
      codes(static_cast<int>(i), 0) = static_cast<code_t>(random.below(2 * i + 1, prefixes));
      codes(static_cast<int>(i), 1) = static_cast<code_t>(std::lround(position[i]));
    }
  }
  [[nodiscard]] sidera::last_level_costs costs() const {
    return [this](std::size_t item, std::span<double> out) {
      for (std::size_t c = 0; c < out.size(); ++c) {
        double const difference = position[item] - static_cast<double>(c);
        out[c] = difference * difference;
      }
    };
  }
  /// Prefixes cost nothing, or the difference of the numbers.
  [[nodiscard]] sidera::level_costs costs_by_prefix() const {
    return [this](std::size_t item, std::span<code_t const> prefix, std::span<double> out) {
      if (prefix.size() == 1) return costs()(item, out);
      for (std::size_t c = 0; c < out.size(); ++c)
        out[c] = std::abs(static_cast<double>(c) - static_cast<double>(codes(static_cast<int>(item), 0)));
    };
  }
  /// What `ids` cost more than the codes, by hand.
  [[nodiscard]] double added_cost(code_matrix const& ids) const {
    double added = 0;
    for (sidera::index_t i = 0; i < ids.rows(); ++i) {
      auto const cost = [&](code_t c) { return std::pow(position[static_cast<std::size_t>(i)] - c, 2); };
      added += cost(ids(i, 1)) - cost(codes(i, 1));
    }
    return added;
  }
  [[nodiscard]] collision_problem problem() const {
    return {codes, {prefixes, words}, costs(), code_matrix(0, 0), costs_by_prefix()};
  }
};

/// What every resolver promises.
template <class R>
sidera::collision_resolution check_laws(R const& resolver, collision_problem const& problem, std::size_t allowed = 1) {
  auto const before = sidera::report_collisions(problem.codes);
  auto const solved = resolver(problem);
  auto const again = resolver(problem);
  CHECK(solved.ids == again.ids);
  auto const shared = problem.codes.cols() - 1;
  CHECK(solved.ids.leftCols(shared) == problem.codes.leftCols(shared));
  CHECK(solved.added_cost >= 0);
  CHECK(solved.words.size() == sidera::column_count(solved.ids));
  auto const after = sidera::report_collisions(solved.ids);
  CHECK(after.distinct >= before.distinct);
  CHECK(after.largest_bucket <= before.largest_bucket);
  if (solved.unresolved == 0 && problem.published.rows() == 0) CHECK(after.largest_bucket <= allowed);
  return solved;
}

}  // namespace

TEST_CASE("extra_digit: always unique, numbered by item") {
  code_matrix codes(5, 2);
  codes << 1, 2, 1, 2, 0, 0, -1, 2, 1, 2;
  auto const solved = sidera::extra_digit{}({codes, {2, 3}});
  code_matrix expected(5, 3);
  expected << 1, 2, 0, 1, 2, 1, 0, 0, 0, -1, 2, -1, 1, 2, 2;
  CHECK(solved.ids == expected);
  CHECK(solved.words == std::vector<std::size_t>{2, 3, 3});
  check_laws(sidera::extra_digit{}, catalogue(100, 1).problem());
  CHECK(sidera::extra_digit{}({code_matrix(0, 2), {2, 3}}).ids.rows() == 0);
}

TEST_CASE("relocate_nearest: unique where there is room, the nearest free word, the cheapest stays") {
  catalogue const items(100, 2);
  auto const problem = items.problem();
  auto const solved = check_laws(sidera::relocate_nearest{}, problem);
  CHECK(solved.unresolved == 0);
  CHECK(solved.moved > 0);
  CHECK(solved.moved == 100 - sidera::report_collisions(items.codes).distinct);
  CHECK(solved.added_cost == doctest::Approx(items.added_cost(solved.ids)));
}

TEST_CASE("relocate_nearest by hand") {
  // Three items at word 1; item 2 is nearest and stays; 0 goes to word 0, then 1 to word 2; word 3 is somebody's own.
  code_matrix codes(4, 1);
  codes << 1, 1, 1, 3;
  std::vector<double> const position{.6, .8, 1, 3};
  auto const costs = [&](std::size_t item, std::span<double> out) {
    for (std::size_t c = 0; c < out.size(); ++c) out[c] = std::abs(position[item] - static_cast<double>(c));
  };
  auto solved = sidera::relocate_nearest{}({codes, {5}, costs});
  CHECK(solved.ids.col(0) == Eigen::Vector4i(0, 2, 1, 3));
  CHECK(solved.added_cost == doctest::Approx((.6 - .4) + (1.2 - .2)));
  solved = sidera::relocate_nearest{.capacity = 1, .candidates = 2}({codes, {5}, costs});
  CHECK(solved.ids.col(0) == Eigen::Vector4i(0, 1, 1, 3));  // the two cheapest words of item 1 are taken
  CHECK(solved.unresolved == 1);
  solved = sidera::relocate_nearest{.capacity = 2}({codes, {5}, costs});
  CHECK(solved.ids.col(0) == Eigen::Vector4i(0, 1, 1, 3));
  CHECK(solved.unresolved == 0);
}

TEST_CASE("sinkhorn_last_level: unique where there is room") {
  auto const items = catalogue(100, 3);
  auto const solved = check_laws(sidera::sinkhorn_last_level{}, items.problem());
  CHECK(solved.unresolved == 0);
  CHECK(solved.moved == 100 - sidera::report_collisions(items.codes).distinct);
  auto const tiny = check_laws(sidera::sinkhorn_last_level{.epsilon = 1e-9}, items.problem());  // nothing overflows
  CHECK(tiny.unresolved == 0);
}

TEST_CASE("capacity_per_bucket: unique where there is room, and never dearer than moving item by item") {
  for (std::uint64_t const seed : {2u, 3u, 7u}) {
    catalogue const items(100, seed);
    auto const solved = check_laws(sidera::capacity_per_bucket{}, items.problem());
    CHECK(solved.unresolved == 0);
    CHECK(solved.added_cost < sidera::relocate_nearest{}(items.problem()).added_cost);
    CHECK(solved.added_cost == doctest::Approx(items.added_cost(solved.ids)));
  }
}

TEST_CASE("capacity_per_bucket: the least of all ways, by trying them all") {
  constexpr std::size_t items = 5, words = 4;
  for (std::uint64_t seed = 1; seed <= 20; ++seed)
    for (std::size_t const capacity : {1u, 2u, 3u}) {
      CAPTURE(seed);
      CAPTURE(capacity);
      sidera::random_stream const random(seed);
      auto const cost = [&](std::size_t i, std::size_t c) { return random.uniform(i * words + c); };
      auto const costs = [&](std::size_t i, std::span<double> out) {
        for (std::size_t c = 0; c < out.size(); ++c) out[c] = cost(i, c);
      };
      code_matrix const codes = code_matrix::Constant(static_cast<int>(items), 1, 2);
      code_matrix const published = code_matrix::Constant(1, 1, 0);
      auto const solved = sidera::capacity_per_bucket{capacity}({codes, {words}, costs, published});
      std::size_t fewest = items;
      double least = 0;
      for (std::size_t way = 0; way < 3125; ++way) {  // (words + 1)^items, the last bucket is nowhere
        std::array<std::size_t, words + 1> used{1};
        double sum = 0;
        for (std::size_t i = 0, rest = way; i < items; ++i, rest /= words + 1) {
          ++used[rest % (words + 1)];
          if (rest % (words + 1) < words) sum += cost(i, rest % (words + 1));
        }
        if (*std::max_element(used.begin(), used.end() - 1) > capacity || used[words] > fewest) continue;
        if (used[words] < fewest || sum < least) fewest = used[words], least = sum;
      }
      CHECK(solved.unresolved == fewest);
      double sum = 0, before = 0;
      std::array<std::size_t, words> used{1};
      for (std::size_t i = 0; i < items; ++i) {
        auto const c = static_cast<std::size_t>(solved.ids(static_cast<int>(i), 0));
        sum += cost(i, c), before += cost(i, 2);
        ++used[c];
      }
      CHECK(solved.added_cost == doctest::Approx(sum - before));
      if (fewest == 0) CHECK(sum == doctest::Approx(least));
      if (fewest == 0) CHECK(*std::max_element(used.begin(), used.end()) <= capacity);
    }
}

TEST_CASE("capacity_per_bucket by hand") {
  // Words at 0 .. 3, items at .9, 1.0, 1.4 all at word 1 and 2.4 at word 2: the cheapest way moves the one alone too.
  code_matrix codes(4, 1);
  codes << 1, 1, 1, 2;
  std::vector<double> const position{.9, 1.0, 1.4, 2.4};
  auto const costs = [&](std::size_t item, std::span<double> out) {
    for (std::size_t c = 0; c < out.size(); ++c) out[c] = std::pow(position[item] - static_cast<double>(c), 2);
  };
  auto const solved = sidera::capacity_per_bucket{}({codes, {4}, costs});
  CHECK(solved.ids.col(0) == Eigen::Vector4i(0, 1, 2, 3));
  CHECK(solved.moved == 3);
  CHECK(sidera::capacity_per_bucket{3}({codes, {4}, costs}).ids == codes);
}

TEST_CASE("balanced_levels: every word of a level equally often, the cheapest way that is stable") {
  catalogue const items(107, 5);
  auto const solved = sidera::balanced_levels{}(items.problem());
  CHECK(solved.ids == sidera::balanced_levels{}(items.problem()).ids);
  std::vector<std::size_t> const words{5, 32};
  for (int l = 0; l < 2; ++l) {
    std::vector<std::size_t> used(words[static_cast<std::size_t>(l)], 0);
    for (int i = 0; i < 107; ++i) ++used[static_cast<std::size_t>(solved.ids(i, l))];
    auto const [low, high] = std::minmax_element(used.begin(), used.end());
    CHECK(*low == 107 / used.size());
    CHECK(*high == 107 / used.size() + 1);
  }
  CHECK(solved.unresolved == 107 - sidera::report_collisions(solved.ids).distinct);
  auto const parted = sidera::capacity_per_bucket{}({solved.ids, words, items.costs()});
  CHECK(parted.unresolved == 0);
  CHECK(sidera::report_collisions(parted.ids).distinct == 107);
}

TEST_CASE("balanced_levels: codes that are balanced stay, published ones count") {
  code_matrix codes(4, 1), published(3, 1);
  codes << 0, 0, 0, 0;
  published << 1, 1, 1;
  auto const costs = [](std::size_t item, std::span<code_t const>, std::span<double> out) {
    out[0] = 0, out[1] = static_cast<double>(10 - item);
  };
  auto const free = sidera::balanced_levels{}({codes, {2}, {}, code_matrix(0, 0), costs});
  CHECK(free.ids.col(0) == Eigen::Vector4i(0, 0, 0, 0) + Eigen::Vector4i(0, 0, 1, 1));
  CHECK(free.moved == 2);
  CHECK(free.unresolved == 2);
  CHECK(free.added_cost == 8 + 7);
  auto const beside = sidera::balanced_levels{}({codes, {2}, {}, published, costs});
  CHECK(beside.ids == codes);  // 7 items in 2 words: 3 of word 1 are published, so 4 may have word 0
  CHECK(beside.moved == 0);
  CHECK(beside.unresolved == 3);
  CHECK(sidera::balanced_levels{}({code_matrix(0, 1), {2}, {}, code_matrix(0, 0), costs}).ids.rows() == 0);
  code_matrix missing(2, 2);
  missing << 1, -1, 0, 0;
  auto const flat = [](std::size_t, std::span<code_t const>, std::span<double> out) {
    std::fill(out.begin(), out.end(), 1.0);
  };
  CHECK(sidera::balanced_levels{}({missing, {2, 2}, {}, code_matrix(0, 0), flat}).ids == missing);
}

TEST_CASE("balanced_levels: refused") {
  code_matrix const codes = code_matrix::Zero(2, 2);
  auto const one = [](std::size_t, std::span<code_t const>, std::span<double> out) {
    std::fill(out.begin(), out.end(), 1.);
  };
  auto const nan = [](std::size_t, std::span<code_t const>, std::span<double> out) {
    std::fill(out.begin(), out.end(), std::numeric_limits<double>::quiet_NaN());
  };
  auto const refused = [&](collision_problem const& problem) {
    CHECK_THROWS_AS((void)sidera::balanced_levels{}(problem), sidera::argument_error);
  };
  refused({codes, {2, 2}});
  refused({codes, {2, 2}, {}, code_matrix(0, 0), nan});
  refused({codes, {2}, {}, code_matrix(0, 0), one});
  refused({codes, {2, 0}, {}, code_matrix(0, 0), one});
  refused({code_matrix::Constant(2, 2, 2), {2, 2}, {}, code_matrix(0, 0), one});
  refused({codes, {2, 2}, {}, code_matrix::Constant(2, 2, 2), one});
  refused({codes, {2, 2}, {}, code_matrix::Zero(1, 3), one});
  refused({code_matrix(2, 0), {}, {}, code_matrix(0, 0), one});
}

TEST_CASE("resolvers: more items than IDs") {
  catalogue const items(300, 4);  // 5 prefixes x 32 words = 160 IDs
  for (auto const& solved : {check_laws(sidera::relocate_nearest{}, items.problem()),
                             check_laws(sidera::capacity_per_bucket{}, items.problem()),
                             check_laws(sidera::sinkhorn_last_level{.rounds = 1000}, items.problem())}) {
    CHECK(sidera::report_collisions(solved.ids).distinct == 160);
    CHECK(solved.unresolved == 140);
  }
  auto const three = check_laws(sidera::relocate_nearest{.capacity = 3}, items.problem(), 3);
  CHECK(three.unresolved == 0);
  CHECK(sidera::report_collisions(three.ids).largest_bucket == 3);
  auto const cheapest = check_laws(sidera::capacity_per_bucket{3}, items.problem(), 3);
  CHECK(cheapest.unresolved == 0);
  CHECK(cheapest.added_cost <= three.added_cost);
}

TEST_CASE("resolvers: missing codes, one level, no items") {
  code_matrix codes(4, 2);
  codes << 0, -1, -1, 1, 0, 1, 0, 1;
  auto const costs = [](std::size_t, std::span<double> out) { std::fill(out.begin(), out.end(), 1.0); };
  code_matrix expected = codes;
  expected(3, 1) = 0;
  CHECK(sidera::relocate_nearest{}({codes, {1, 3}, costs}).ids == expected);
  CHECK(sidera::sinkhorn_last_level{}({codes, {1, 3}, costs}).ids == expected);
  auto const any = sidera::capacity_per_bucket{}({codes, {1, 3}, costs});
  CHECK(any.ids.topRows(2) == codes.topRows(2));
  CHECK(any.ids(2, 1) + any.ids(3, 1) == 1);
  CHECK(sidera::relocate_nearest{}({code_matrix(0, 2), {1, 3}, costs}).ids.rows() == 0);
  auto const flat = sidera::sinkhorn_last_level{}({code_matrix::Zero(3, 1), {3}, costs});
  CHECK(sidera::report_collisions(flat.ids).distinct == 3);
}

TEST_CASE("resolvers: refused") {
  code_matrix const codes = code_matrix::Zero(2, 2);
  auto const nan = [](std::size_t, std::span<double> out) {
    std::fill(out.begin(), out.end(), std::numeric_limits<double>::quiet_NaN());
  };
  auto const one = [](std::size_t, std::span<double> out) { std::fill(out.begin(), out.end(), 1.); };
  auto const refused = [&](auto const& resolver) {
    CHECK_THROWS_AS((void)resolver(collision_problem{codes, {1, 2}}), sidera::value_error);
    CHECK_THROWS_AS((void)resolver(collision_problem{codes, {1, 2}, nan}), sidera::value_error);
    CHECK_THROWS_AS((void)resolver(collision_problem{codes, {1}, one}), sidera::shape_error);
    CHECK_THROWS_AS((void)resolver(collision_problem{codes, {1, 0}, one}), sidera::value_error);
    CHECK_THROWS_AS((void)resolver(collision_problem{codes, {1, 2}, one, code_matrix::Zero(1, 3)}),
                    sidera::shape_error);
    CHECK_THROWS_AS((void)resolver(collision_problem{code_matrix(2, 0), {}, one}), sidera::argument_error);
  };
  refused(sidera::relocate_nearest{});
  refused(sidera::sinkhorn_last_level{});
  refused(sidera::capacity_per_bucket{});
  CHECK_THROWS_AS((void)sidera::capacity_per_bucket{0}({codes, {1, 2}, one}), sidera::value_error);
  auto const infinite = [](std::size_t, std::span<double> out) {
    std::fill(out.begin(), out.end(), std::numeric_limits<double>::infinity());
  };
  CHECK_THROWS_AS((void)sidera::capacity_per_bucket{}({codes, {1, 2}, infinite}), sidera::value_error);
  CHECK_THROWS_AS((void)sidera::sinkhorn_last_level{}({codes, {1, 2}, infinite}), sidera::value_error);
  CHECK_THROWS_AS((void)sidera::relocate_nearest{.capacity = 0}({codes, {1, 2}, one}), sidera::value_error);
  CHECK_THROWS_AS((void)sidera::sinkhorn_last_level{.epsilon = 1e-300}({codes, {1, 2}, one}), sidera::value_error);
  CHECK_THROWS_AS((void)sidera::sinkhorn_last_level{.epsilon = 0}({codes, {1, 2}, one}), sidera::value_error);
}

TEST_CASE("append_items: ten per cent of new items move no published ID and collide with none") {
  catalogue const all(110, 6);
  code_matrix const old_codes = all.codes.topRows(100), new_codes = all.codes.bottomRows(10);
  auto const shifted = [&](std::size_t item, std::span<double> out) { all.costs()(item + 100, out); };
  auto const check = [&](auto const& resolver) {
    auto const first = resolver(collision_problem{old_codes, {5, 32}, all.costs()});
    sidera::id_table table(first.ids, first.words, "model");
    REQUIRE(first.unresolved == 0);
    auto const second = sidera::append_items(table, new_codes, {5, 32}, resolver, "model", shifted);
    CHECK(table.version() == 2);
    CHECK(table.ids().topRows(100) == first.ids);
    CHECK(table.ids().bottomRows(10) == second.ids);
    CHECK(second.unresolved == 0);
    CHECK(sidera::report_collisions(table.ids()).distinct == 110);
    CHECK_THROWS_AS(sidera::append_items(table, new_codes, {5, 32}, resolver, "other", shifted), sidera::value_error);
    CHECK(table.version() == 2);
  };
  check(sidera::extra_digit{});
  check(sidera::relocate_nearest{});
  check(sidera::sinkhorn_last_level{});
  check(sidera::capacity_per_bucket{});
}

TEST_CASE("the size of the costs does not matter, from the smallest to the largest") {
  code_matrix const codes = code_matrix::Zero(6, 1);
  auto const check = [&](auto const& resolver) {
    auto const ids_at = [&](double scale, double shift) {
      auto const costs = [=](std::size_t i, std::span<double> out) {
        for (std::size_t k = 0; k < out.size(); ++k) out[k] = (static_cast<double>((k + 3 * i) % 8) - shift) * scale;
      };
      return resolver(collision_problem{codes, {8}, costs}).ids;
    };
    code_matrix const expected = ids_at(1, 0);
    for (double const scale : {1e-323, 1e-305, 1e-300, 1e-3, 1e300}) CHECK(ids_at(scale, 0) == expected);
    CHECK(ids_at(4e307, 4) == expected);  // from -1.6e308 to 1.2e308
  };
  check(sidera::capacity_per_bucket{});
  check(sidera::sinkhorn_last_level{});
  check(sidera::sinkhorn_last_level{.epsilon = 1e-200});
}
