// SPDX-License-Identifier: MIT
#pragma once
/// \file  Line charts, bar charts and usage charts as inline SVG.
#include <sidera/io/svg_canvas.hpp>

namespace sidera::inline SIDERA_ABI {

/// What stands around a chart.
struct chart_text {
  std::string title;  ///< read out by screen readers, shown when the mouse rests on the chart
  std::string x_label;
  std::string y_label;
};

/// One line, or one colour of bars. Numbers that are not finite leave a gap.
struct chart_series {
  std::string name;
  std::vector<double> y;
  std::vector<double> x = {};  ///< of a line; empty: 1, 2, 3, ...
};

namespace detail {

[[nodiscard]] inline double x_of(chart_series const& s, std::size_t i) {
  return i < s.x.size() ? s.x[i] : static_cast<double>(i + 1);
}

[[nodiscard]] inline std::vector<std::string> names_of(std::vector<chart_series> const& series) {
  std::vector<std::string> names;
  for (auto const& s : series) names.push_back(s.name);
  return names;
}

/// From zero, unless all values are far away from it.
[[nodiscard]] inline chart_axis value_axis(std::vector<chart_series> const& series) {
  double low = std::numeric_limits<double>::infinity(), high = -low;
  for (auto const& s : series) widen(low, high, s.y);
  if (low > high) return {};
  if (low > 0 && low < .75 * high) low = 0;
  if (high < 0 && high > .75 * low) high = 0;
  return chart_axis::covering(low, high);
}

/// One path with a break wherever a number is missing, and a dot per point where there are few.
inline void draw_line(svg_canvas& canvas, chart_series const& s, std::size_t index, chart_axis const& x,
                      chart_axis const& y) {
  std::string path, dots;
  bool pen_down = false;
  for (std::size_t i = 0; i < s.y.size(); ++i) {
    if (!std::isfinite(s.y[i]) || !std::isfinite(x_of(s, i))) {
      pen_down = false;
      continue;
    }
    double const px = svg_canvas::x_at(x.share(x_of(s, i))), py = svg_canvas::y_at(y.share(s.y[i]));
    path += (std::exchange(pen_down, true) ? "L" : "M") + svg_canvas::point(px, py);
    if (s.y.size() <= 40)
      dots += "<circle class=\"" + svg_canvas::series(index) + " dot\" cx=\"" + fixed_text(px, 2) + "\" cy=\"" +
              fixed_text(py, 2) + "\" r=\"4\"><title>" + escaped_markup(s.name) + (s.name.empty() ? "" : ", ") +
              number_text(x_of(s, i)) + ": " + number_text(s.y[i], 4) + "</title></circle>";
  }
  if (!path.empty()) canvas.raw("<path class=\"" + svg_canvas::series(index) + " line\" d=\"" + path + "\"/>" + dots);
}

/// A bar from the baseline, rounded at its free end.
[[nodiscard]] inline std::string bar_path(double x, double width, double base, double tip) {
  double const r = std::min({2.5, width / 2, std::abs(base - tip)}), inward = tip < base ? r : -r;
  using canvas = svg_canvas;
  return "M" + canvas::point(x, base) + "L" + canvas::point(x, tip + inward) + "Q" + canvas::point(x, tip) + " " +
         canvas::point(x + r, tip) + "L" + canvas::point(x + width - r, tip) + "Q" + canvas::point(x + width, tip) +
         " " + canvas::point(x + width, tip + inward) + "L" + canvas::point(x + width, base) + "Z";
}

/// Bar `c` of series `s`, unless its number is missing; `x` and `width` are shares of the plot.
inline void draw_bar(svg_canvas& canvas, std::vector<std::string> const& categories, chart_series const& s,
                     std::size_t index, std::size_t c, double x, double width, chart_axis const& y) {
  if (c >= s.y.size() || !std::isfinite(s.y[c])) return;
  double const pixels = svg_canvas::x_at(width) - svg_canvas::x_at(0);
  canvas.raw("<path class=\"" + svg_canvas::series(index) + " fill\" d=\"" +
             bar_path(svg_canvas::x_at(x), pixels, svg_canvas::y_at(y.share(0)), svg_canvas::y_at(y.share(s.y[c]))) +
             "\"><title>" + escaped_markup(s.name) + (s.name.empty() ? "" : ", ") + escaped_markup(categories[c]) +
             ": " + number_text(s.y[c], 4) + "</title></path>");
}

/// All bars of a usage chart. More than fit the screen are merged to the largest of their neighbours.
[[nodiscard]] inline std::string usage_path(std::vector<std::int64_t> const& counts, chart_axis const& y) {
  constexpr std::size_t most_bars = 512;
  std::size_t const words = counts.size(), merged = (words + most_bars - 1) / most_bars;
  double const slot = 1 / static_cast<double>(std::max<std::size_t>(1, words)), gap = words <= 128 ? .15 : 0;
  std::string path;
  for (std::size_t j = 0; j < words; j += merged) {
    std::size_t const end = std::min(words, j + merged);
    double n = 0;
    for (std::size_t i = j; i < end; ++i) n = std::max(n, static_cast<double>(counts[i]));
    if (n <= 0) continue;
    double const x = svg_canvas::x_at(slot * (static_cast<double>(j) + gap / 2));
    double const w = svg_canvas::x_at(slot * (static_cast<double>(end - j) - gap)) - svg_canvas::x_at(0);
    double const tip = svg_canvas::y_at(y.share(n)), base = svg_canvas::y_at(0);
    path += gap > 0 ? bar_path(x, w, base, tip)
                    : "M" + svg_canvas::point(x, base) + "V" + fixed_text(tip, 2) + "H" + fixed_text(x + w, 2) + "V" +
                          fixed_text(base, 2) + "Z";
  }
  return path;
}

/// One x for each value of the lines; whole numbers for levels and a few epochs.
[[nodiscard]] inline chart_axis position_axis(std::vector<chart_series> const& series) {
  double low = std::numeric_limits<double>::infinity(), high = -low;
  std::size_t points = 0;
  bool counted = true;
  for (auto const& s : series) {
    points = std::max(points, s.y.size());
    counted = counted && s.x.empty();
    for (std::size_t i = 0; i < s.y.size(); ++i) {
      double const x = x_of(s, i);
      widen(low, high, {&x, 1});
    }
  }
  if (counted && points >= 2 && points <= 10) return {1, static_cast<double>(points), 1};
  return chart_axis::covering(low, high, 6);
}

}  // namespace detail

/// Lines over a common pair of axes.
[[nodiscard]] inline std::string line_chart(chart_text const& text, std::vector<chart_series> const& series) {
  chart_axis const x = detail::position_axis(series), y = detail::value_axis(series);
  svg_canvas canvas(text.title);
  canvas.y_axis(y, text.y_label);
  canvas.x_axis(x, text.x_label);
  for (std::size_t i = 0; i < series.size(); ++i) detail::draw_line(canvas, series[i], i, x, y);
  canvas.legend(detail::names_of(series));
  return std::move(canvas).finish();
}

/// Groups of bars: series[s].y[c] is the bar of series s in category c.
[[nodiscard]] inline std::string bar_chart(chart_text const& text, std::vector<std::string> const& categories,
                                           std::vector<chart_series> const& series) {
  double low = 0, high = 0;
  for (auto const& s : series) widen(low, high, s.y);
  chart_axis const y = high > low ? chart_axis::covering(low, high) : chart_axis{};
  svg_canvas canvas(text.title);
  canvas.y_axis(y, text.y_label);
  double const slot = 1 / static_cast<double>(std::max<std::size_t>(1, categories.size()));
  double const bar = slot * .72 / static_cast<double>(std::max<std::size_t>(1, series.size()));
  for (std::size_t c = 0; c < categories.size(); ++c) {
    for (std::size_t s = 0; s < series.size(); ++s) {
      double const x = slot * (static_cast<double>(c) + .14) + bar * (static_cast<double>(s) + .04);
      detail::draw_bar(canvas, categories, series[s], s, c, x, bar * .92, y);
    }
    canvas.x_tick(slot * (static_cast<double>(c) + .5), categories[c]);
  }
  double const base = svg_canvas::y_at(y.share(0));
  if (low < 0) canvas.line(svg_canvas::left, base, svg_canvas::width - svg_canvas::right, base, "axis");
  canvas.x_label(text.x_label);
  canvas.legend(detail::names_of(series));
  return std::move(canvas).finish();
}

/// Counts as touching bars over their index, drawn as one path: a histogram, or the usage of a codebook of any size.
/// `sorted` puts the largest first, which shows the shape of the usage.
[[nodiscard]] inline std::string usage_chart(chart_text const& text, std::vector<std::int64_t> counts,
                                             bool sorted = true) {
  if (sorted) std::sort(counts.begin(), counts.end(), std::greater<>{});
  double largest = 5, words = static_cast<double>(std::max<std::size_t>(1, counts.size()));
  for (std::int64_t const n : counts) largest = std::max(largest, static_cast<double>(n));
  chart_axis const y = chart_axis::covering(0, largest);
  svg_canvas canvas(text.title);
  canvas.y_axis(y, text.y_label);
  canvas.raw("<path class=\"s1 fill\" d=\"" + detail::usage_path(counts, y) + "\"/>");
  canvas.x_axis({0, words, chart_axis::covering(0, words, 6).step}, text.x_label);
  return std::move(canvas).finish();
}

}  // namespace sidera::inline SIDERA_ABI
