// SPDX-License-Identifier: MIT
/// \file  Grids of types, plans, journals and tables, with a study that costs nothing.
#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <sidera/core/thread_pool.hpp>
#include <sidera/experiments/run_grid.hpp>
#include <sidera/io/markdown.hpp>

using namespace sidera;

namespace {

struct red {};
struct green {};
struct round_shape {};
struct square_shape {
  static constexpr std::string_view name = "square";
};

template <class... P>
struct colours : type_list<P...> {
  static constexpr std::string_view axis_name = "colour";
};
template <class... P>
struct shapes : type_list<P...> {
  static constexpr std::string_view axis_name = "shape";
};

struct counted {
  mutable std::atomic<int> runs = 0;
};

/// Refuses green squares; more than 50 is an error that a row can have.
struct toy_study {
  using data_type = counted;
  template <class C, class S>
  requires(!(std::same_as<C, green> && std::same_as<S, square_shape>)) [[nodiscard]] named_numbers operator()(
      type_list<C, S>, counted const& data, run_point const& p) const {
    ++data.runs;
    double const n = p.number("n");
    if (n > 50) throw value_error("toy_study", "n is \"too large\", 50 at most");
    return {{"value", n / 3 + static_cast<double>(p.seed)}, {"red", std::same_as<C, red> ? 1 : 0}};
  }
};

[[nodiscard]] experiment_grid<counted> toy_grid() {
  return make_grid<toy_study>(colours<red, green>{}, shapes<round_shape, square_shape>{});
}

[[nodiscard]] grid_plan toy_plan(std::string journal = {}) {
  return {.numbers = {{"n", {1, 60, 2}}}, .seeds = {5, 6}, .journal = std::move(journal), .data_name = "toy"};
}

class scratch_file {
 public:
  explicit scratch_file(std::string const& name)
      : path_((std::filesystem::temp_directory_path() / (name + "_" + std::to_string(::getpid()))).string()) {
    std::filesystem::remove(path_);
  }
  ~scratch_file() { std::filesystem::remove(path_); }
  [[nodiscard]] std::string const& path() const { return path_; }
  [[nodiscard]] std::string text() const {
    std::ifstream in(path_, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }

 private:
  std::string path_;
};

}  // namespace

TEST_CASE("a grid has the possible combinations and names the others") {
  auto const grid = toy_grid();
  CHECK(grid.axes == std::vector<std::string>{"colour", "shape"});
  REQUIRE(grid.cells.size() == 3);
  REQUIRE(grid.impossible.size() == 1);
  CHECK(grid.impossible[0][1] == "square");
  CHECK(grid.impossible[0][0].find("green") != std::string::npos);
  CHECK(grid.cells[1].policies[1] == "square");
  static_assert(experiment<toy_study, red, square_shape>::possible);
  static_assert(!experiment<toy_study, green, square_shape>::possible);
}

TEST_CASE("parts of a grid are put together only if their axes agree") {
  auto whole = toy_grid();
  whole.append(toy_grid());
  CHECK(whole.cells.size() == 6);
  CHECK(whole.impossible.size() == 2);
  CHECK_THROWS_AS(whole.append(make_grid<toy_study>(shapes<round_shape>{}, colours<red>{})), value_error);
}

TEST_CASE("rows come in the order of the plan, errors included, for any number of threads") {
  counted const data;
  result_table const serial = run_grid(toy_grid(), data, toy_plan());
  REQUIRE(serial.rows.size() == 18);
  CHECK(data.runs == 18);
  CHECK(serial.rows[1].figures == named_numbers{{"value", 1.0 / 3 + 6}, {"red", 1}});
  CHECK(serial.rows[2].figures.empty());
  CHECK(serial.rows[2].error.find("too large") != std::string::npos);
  thread_pool pool(4);
  std::vector<std::size_t> seen;
  result_table const parallel =
      run_grid(toy_grid(), data, toy_plan(), pool,
               [&](std::size_t done, std::size_t, result_row const&) { seen.push_back(done); });
  CHECK(csv_text(parallel) == csv_text(serial));
  CHECK(seen.size() == 18);
  CHECK(std::is_sorted(seen.begin(), seen.end()));
}

TEST_CASE("a run that was killed goes on where it was and ends with the same table") {
  scratch_file const file("sidera_journal");
  counted const all;
  std::string const table = json_lines(run_grid(toy_grid(), all, toy_plan(file.path())));
  std::string const complete = file.text();
  REQUIRE(std::count(complete.begin(), complete.end(), '\n') == 19);
  for (std::size_t const cut : {complete.size() / 3, complete.size() / 2, complete.size() - 1, complete.size()}) {
    std::ofstream(file.path(), std::ios::binary | std::ios::trunc) << complete.substr(0, cut);
    auto const kept = std::count(complete.begin(), complete.begin() + static_cast<std::ptrdiff_t>(cut), '\n') - 1;
    counted const rest;
    CHECK(json_lines(run_grid(toy_grid(), rest, toy_plan(file.path()))) == table);
    CHECK(rest.runs == 18 - kept);
    CHECK(file.text() == complete);
  }
}

TEST_CASE("more seeds and other cells use what is finished") {
  scratch_file const file("sidera_journal_more");
  counted const first, second;
  (void)run_grid(toy_grid(), first, toy_plan(file.path()));
  grid_plan more = toy_plan(file.path());
  more.seeds = {6, 7};
  (void)run_grid(toy_grid(), second, more);
  CHECK(second.runs == 9);
}

TEST_CASE("a journal of other data and a damaged one are refused") {
  scratch_file const file("sidera_journal_bad");
  counted const data;
  (void)run_grid(toy_grid(), data, toy_plan(file.path()));
  grid_plan other = toy_plan(file.path());
  other.data_name = "another";
  CHECK_THROWS_AS((void)run_grid(toy_grid(), data, other), file_error);
  std::ofstream(file.path(), std::ios::app) << "{\"colour\": 7}\n";
  CHECK_THROWS_AS((void)run_grid(toy_grid(), data, toy_plan(file.path())), file_error);
  grid_plan nowhere = toy_plan("/nonexistent/journal");
  CHECK_THROWS_AS((void)run_grid(toy_grid(), data, nowhere), file_error);
}

TEST_CASE("plans without seeds or without values are refused; numbers have names") {
  counted const data;
  grid_plan plan = toy_plan();
  plan.seeds.clear();
  CHECK_THROWS_AS((void)run_grid(toy_grid(), data, plan), value_error);
  plan = toy_plan();
  plan.numbers.push_back({"none", {}});
  CHECK_THROWS_AS((void)run_grid(toy_grid(), data, plan), value_error);
  run_point const point{{{"n", 2.5}, {"m", 3}}, 1};
  CHECK(point.count("m") == 3);
  CHECK_THROWS_AS((void)point.count("n"), value_error);
  CHECK_THROWS_AS((void)point.number("k"), value_error);
}

TEST_CASE("interval_text: mean and half width, a sign for differences, nothing after a single value") {
  std::vector<double> const two{2, 4}, none{-1, 1};
  CHECK(interval_text(mean_interval(two), 1) == "3.0 \u00b1 12.7");
  CHECK(interval_text(mean_interval(two), 1, true) == "+3.0 \u00b1 12.7");
  CHECK(interval_text(mean_interval(none), 0, true) == "+0 \u00b1 13");
  CHECK(interval_text(mean_interval(std::vector<double>{-.25}), 2, true) == "-0.25");
  CHECK(interval_text(mean_interval(std::vector<double>{.25})) == "0.250");
}

TEST_CASE("tables: CSV quotes, the summary has means over seeds, Markdown is aligned") {
  counted const data;
  result_table const table = run_grid(toy_grid(), data, toy_plan());
  std::string const csv = csv_text(table);
  CHECK(csv.substr(0, csv.find('\n')) == "colour,shape,n,seed,value,red,error");
  CHECK(csv.find("\"toy_study: n is \"\"too large\"\", 50 at most\"") != std::string::npos);
  report_table const summary = summary_table(table, 2);
  REQUIRE(summary.rows.size() == 9);
  CHECK(summary.rows[0][3] == "5.83 \u00b1 6.35");  // 5.33 and 6.33: t(.95, 1) = 12.706 times 0.5
  CHECK(summary.rows[1][3] == "\u2013");
  CHECK(shared_settings(table).empty());
  grid_plan one = toy_plan();
  one.numbers = {{"n", {1}}};
  result_table const few = run_grid(make_grid<toy_study>(colours<red, green>{}, shapes<round_shape>{}), data, one);
  CHECK(summary_table(few).columns == std::vector<std::string>{"colour", "value", "red"});
  CHECK(shared_settings(few).back() == std::pair<std::string, std::string>{"n", "1"});
  result_table some{{"colour"}, {{{"red"}, {{}, 1}, {}, "no luck"}}};  // the first of three seeds failed
  for (double const value : {2., 4.}) some.rows.push_back({{"red"}, {{}, 2}, {{"value", value}}, {}});
  report_table const left = summary_table(some, 1);
  CHECK(left.rows[0].back() == "3.0 \u00b1 12.7 (2 of 3 seeds)");
  CHECK(left.caption == "no luck");
  std::string const text = markdown_table({{"a", "b"}, {{"1", "\u2013"}, {"22", "x"}}});
  CHECK(text == "| a  | b |\n|---:|--:|\n| 1  | \u2013 |\n| 22 | x |\n");
}
