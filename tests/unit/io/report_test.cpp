// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <sidera/io/html_report.hpp>
#include <sidera/io/markdown.hpp>
#include <sidera/io/svg_chart.hpp>

namespace {

/// Every tag that opens closes, in order; attributes are quoted. Enough to catch a broken builder.
bool well_formed(std::string const& markup) {
  std::vector<std::string> open;
  for (std::size_t at = markup.find('<'); at != std::string::npos; at = markup.find('<', at + 1)) {
    auto const end = markup.find('>', at);
    if (end == std::string::npos) return false;
    std::string const tag = markup.substr(at + 1, end - at - 1);
    if (tag.empty() || tag.find('<') != std::string::npos) return false;
    if (std::count(tag.begin(), tag.end(), '"') % 2 != 0) return false;
    std::string const name = tag.substr(tag[0] == '/', tag.find_first_of(" /", 1) - (tag[0] == '/'));
    if (tag[0] == '!' || name == "meta" || tag.back() == '/') continue;
    if (tag[0] != '/') {
      open.push_back(name);
    } else {
      if (open.empty() || open.back() != tag.substr(1)) return false;
      open.pop_back();
    }
  }
  return open.empty();
}

constexpr double missing = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();

}  // namespace

TEST_CASE("markup: escaping") {
  CHECK(sidera::escaped_markup("a<b>&\"'") == "a&lt;b&gt;&amp;&quot;&#39;");
  CHECK(sidera::escaped_markup(std::string("\x01\xff", 2)) == "\uFFFD\uFFFD");
  CHECK(sidera::escaped_markup("\u00e9\n") == "\u00e9\n");
}

TEST_CASE("markup: numbers") {
  CHECK(sidera::fixed_text(-0.001, 2) == "0.00");
  CHECK(sidera::fixed_text(-0.006, 2) == "-0.01");
  CHECK(sidera::fixed_text(missing, 2) == "\u2013");
  CHECK(sidera::number_text(0.87512) == "0.875");
  CHECK(sidera::number_text(12.345) == "12.3");
  CHECK(sidera::number_text(1234.5) == "1234");
  CHECK(sidera::number_text(64) == "64");
  CHECK(sidera::number_text(2.5e7) == "2.50e+07");
  CHECK(sidera::number_text(infinity) == "\u2013");
  CHECK(sidera::count_text(0) == "0");
  CHECK(sidera::count_text(999) == "999");
  CHECK(sidera::count_text(1425) == "1,425");
  CHECK(sidera::count_text(1234567) == "1,234,567");
}

TEST_CASE("chart_axis: round ticks that cover the interval") {
  struct {
    double from, to;
  } const cases[] = {{0, 1},          {0, 163}, {-3.7, 12}, {1e-9, 3e-9}, {1e9, 3e9},
                     {-1e300, 1e300}, {5, 5},   {0, 0},     {-2, -2},     {1, 1 + 1e-15}};
  for (auto const& interval : cases) {
    double const from = interval.from, to = interval.to;
    CAPTURE(from);
    auto const axis = sidera::chart_axis::covering(from, to);
    CHECK(axis.low <= from);
    CHECK(axis.high >= to);
    CHECK(axis.step > 0);
    CHECK(axis.tick_count() >= 2);
    CHECK(axis.tick_count() <= 12);
    CHECK(axis.tick(axis.tick_count() - 1) == doctest::Approx(axis.high));
  }
  auto const axis = sidera::chart_axis::covering(0, 163);
  CHECK(axis.step == 50);
  CHECK(axis.tick_text(4) == "200");
  CHECK(sidera::chart_axis::covering(0, .83).tick_text(1) == "0.2");
  for (auto const& [from, to] : {std::pair{missing, 1.0}, {0.0, infinity}, {2.0, 1.0}, {-1.7e308, 1.7e308}})
    CHECK(sidera::chart_axis::covering(from, to).high == 1);
}

TEST_CASE("charts: well-formed for any data") {
  std::vector<std::vector<double>> const data{{},
                                              {1},
                                              {1, 2, 3},
                                              {0, 0},
                                              {missing, missing},
                                              {1, missing, 3},
                                              {infinity, 1, -infinity},
                                              {-1, -2},
                                              {1e308, -1e308},
                                              std::vector<double>(1000, .5)};
  for (auto const& y : data)
    for (auto const& other : data) {
      std::vector<sidera::chart_series> const series{{"a<b", y}, {"c&d", other}};
      for (auto const& svg : {sidera::line_chart({"<t>", "x", "y"}, series),
                              sidera::bar_chart({"<t>", "x", "y"}, {"one", "two"}, series)}) {
        CHECK(well_formed(svg));
        CHECK(svg.find("nan") == std::string::npos);
        CHECK(svg.find("inf") == std::string::npos);
        CHECK(svg.find("a<b") == std::string::npos);
      }
    }
  CHECK(well_formed(sidera::line_chart({}, {})));
  CHECK(well_formed(sidera::bar_chart({}, {}, {})));
  for (std::size_t const words : {0u, 1u, 64u, 513u, 70000u}) {
    std::string const svg = sidera::usage_chart({}, std::vector<std::int64_t>(words, 3));
    CHECK(well_formed(svg));
    CHECK(svg.size() < 60000);
  }
  CHECK(well_formed(sidera::standalone_svg(sidera::line_chart({"t", "x", "y"}, {{"a", {1, 2}}}))));
}

TEST_CASE("line_chart: a missing number leaves a gap") {
  std::string const svg = sidera::line_chart({}, {{"", {1, 2, missing, 4, 5}}});
  auto const path = svg.substr(svg.find("s1 line"));
  std::string const d = path.substr(0, path.find("/>"));
  CHECK(std::count(d.begin(), d.end(), 'M') == 2);
}

TEST_CASE("html_report: self-contained, escaped, numbered") {
  sidera::html_report report("<script>alert(1)</script>", "a & b");
  report.facts({{"file", "<x>.npy"}});
  report.tiles({{"0.87", "unique IDs", "of <3>"}});
  for (std::string const name : {"one", "two", "three"}) {
    report.section(name);
    report.heading("h");
    report.paragraph("p < q");
    report.note("mind the gap");
    report.table({{"name", "value"}, {{"<a>", "1.5"}, {"b", "2"}}, "caption", {1}});
    report.figure(sidera::line_chart({"t", "x", "y"}, {{"a", {1, 2}}}), "first");
    report.figure(sidera::line_chart({"t", "x", "y"}, {{"a", {1, 2}}}), "second");
  }
  std::string const page = report.html();
  CHECK(well_formed(page));
  CHECK(page == report.html());
  CHECK(page.find("<script") == std::string::npos);
  CHECK(page.find("href=\"#s3\"") != std::string::npos);
  CHECK(page.find("Figure 6.") != std::string::npos);
  CHECK(page.find("Table 3.") != std::string::npos);
  CHECK(page.find("<td class=\"n\">1.5</td>") != std::string::npos);
  CHECK(page.find("prefers-color-scheme:dark") != std::string::npos);
  for (std::string const outside : {"src=", "@import", "url("}) CHECK(page.find(outside) == std::string::npos);
  CHECK(well_formed(sidera::html_report("empty").html()));
}

TEST_CASE("markdown_table: a row with more cells than columns is named") {
  CHECK_THROWS_WITH_AS((void)sidera::markdown_table({{"a"}, {{"1"}, {"1", "2"}}}),
                       "markdown_table: row 1 has 2 cells, there are 1 columns", sidera::shape_error);
  CHECK(sidera::markdown_table({{"a", "b"}, {{"1"}}}).find("| 1") != std::string::npos);
}
