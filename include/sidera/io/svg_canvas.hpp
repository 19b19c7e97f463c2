// SPDX-License-Identifier: MIT
#pragma once
/// \file  What all charts share: an axis with round ticks, and a drawing with a frame, labels and a legend.
#include <cstdint>
#include <functional>
#include <limits>
#include <sidera/io/markup.hpp>
#include <span>
#include <utility>
#include <vector>

namespace sidera::inline SIDERA_ABI {

/// An interval with round ends and round ticks in steps of 1, 2 or 5 times a power of ten.
struct chart_axis {
  double low = 0, high = 1, step = 0.2;

  /// Covers [from, to] with about `wanted` steps. An empty or non-finite interval becomes [0, 1].
  [[nodiscard]] static chart_axis covering(double from, double to, int wanted = 5) {
    double const range = to - from;
    if (!std::isfinite(range) || from > to) return {};
    if (!(range > 1e-12 * std::max(std::abs(from), std::abs(to)))) {
      double const room = from != 0 ? std::abs(from) / 2 : 1;
      return std::isfinite(to + room) ? covering(from == 0 ? 0 : from - room, to + room, wanted) : chart_axis{};
    }
    double const raw = range / wanted, power = std::pow(10, std::floor(std::log10(raw)));
    double const factor = raw / power <= 1 ? 1 : raw / power <= 2 ? 2 : raw / power <= 5 ? 5 : 10;
    double const step = factor * power;
    if (!(step > 0)) return {};
    return {std::floor(from / step + 1e-9) * step, std::ceil(to / step - 1e-9) * step, step};
  }

  [[nodiscard]] int tick_count() const noexcept { return static_cast<int>(std::floor((high - low) / step + 1e-9)) + 1; }
  [[nodiscard]] double tick(int i) const noexcept { return low + i * step; }
  [[nodiscard]] std::string tick_text(int i) const {
    double const v = tick(i);
    if (std::abs(high) >= 1e6 || std::abs(low) >= 1e6 || step < 1e-4)
      return number_text(std::abs(v) < step / 2 ? 0 : v);
    return fixed_text(v, std::max(0, static_cast<int>(std::ceil(-std::log10(step) - 1e-9))));
  }
  [[nodiscard]] double share(double v) const noexcept { return (v - low) / (high - low); }
};

/// The smallest and the largest finite number of `values` join [low, high].
inline void widen(double& low, double& high, std::span<double const> values) noexcept {
  for (double const v : values) {
    if (!std::isfinite(v)) continue;
    low = std::min(low, v);
    high = std::max(high, v);
  }
}

/// Builds one chart as inline SVG. Colours are CSS classes (`s1` .. `s6` for series), so that the page's light and dark
/// style applies; see \ref chart_style.
class svg_canvas {
 public:
  static constexpr double width = 520, height = 270, left = 54, right = 16, top = 42, bottom = 46;

  explicit svg_canvas(std::string_view title) {
    svg_ = "<svg class=\"chart\" viewBox=\"0 0 520 270\" role=\"img\" xmlns=\"http://www.w3.org/2000/svg\"><title>" +
           escaped_markup(title) + "</title>";
  }

  [[nodiscard]] static double x_at(double share) noexcept { return left + share * (width - left - right); }
  [[nodiscard]] static double y_at(double share) noexcept { return height - bottom - share * (height - top - bottom); }

  /// A coordinate with two decimals: enough for a screen, short in the file.
  [[nodiscard]] static std::string point(double x, double y) { return fixed_text(x, 2) + " " + fixed_text(y, 2); }

  void raw(std::string_view markup) { svg_ += markup; }

  void text(double x, double y, std::string_view css, std::string_view anchor, std::string_view content) {
    svg_ += "<text x=\"" + fixed_text(x, 1) + "\" y=\"" + fixed_text(y, 1) + "\" class=\"" + std::string(css) +
            "\" text-anchor=\"" + std::string(anchor) + "\">" + escaped_markup(content) + "</text>";
  }

  void line(double x1, double y1, double x2, double y2, std::string_view css) {
    svg_ += "<path class=\"" + std::string(css) + "\" d=\"M" + point(x1, y1) + "L" + point(x2, y2) + "\"/>";
  }

  /// Horizontal grid lines with numbers at the left, and what they count above them.
  void y_axis(chart_axis const& axis, std::string_view label) {
    for (int i = 0; i < axis.tick_count(); ++i) {
      double const y = y_at(axis.share(axis.tick(i)));
      line(left, y, width - right, y, i == 0 ? "axis" : "grid");
      text(left - 8, y + 4, "tick", "end", axis.tick_text(i));
    }
    text(left - 8, top - 18, "label", "start", label);
  }
  void x_axis(chart_axis const& axis, std::string_view label) {
    for (int i = 0; i < axis.tick_count(); ++i) {
      double const x = x_at(axis.share(axis.tick(i)));
      line(x, height - bottom, x, height - bottom + 4, "axis");
      text(x, height - bottom + 18, "tick", "middle", axis.tick_text(i));
    }
    x_label(label);
  }
  /// A name below the plot, at a share of its width.
  void x_tick(double share, std::string_view name) { text(x_at(share), height - bottom + 18, "tick", "middle", name); }
  void x_label(std::string_view label) { text(x_at(.5), height - 8, "label", "middle", label); }

  /// Names of the series, right-aligned above the plot; one series needs none.
  void legend(std::vector<std::string> const& names) {
    if (names.size() < 2) return;
    double x = width - right;
    for (std::size_t i = names.size(); i-- > 0;) {
      text(x, top - 18, "name", "end", names[i]);
      x -= 15 + text_width(names[i]);
      svg_ += "<rect class=\"" + series(i) + " fill\" x=\"" + fixed_text(x, 1) + "\" y=\"" + fixed_text(top - 27, 1) +
              "\" width=\"10\" height=\"10\" rx=\"2.5\"/>";
      x -= 14;
    }
  }

  /// About the width of a text at 12 pixels, on the wide side: fonts differ.
  [[nodiscard]] static double text_width(std::string_view text) noexcept {
    double sum = 0;
    for (char const c : text) {
      bool const capital = c >= 'A' && c <= 'Z',
                 narrow = std::string_view("iljtf.,:;' ()").find(c) != std::string::npos;
      bool const continuation = (static_cast<unsigned char>(c) & 0xC0) == 0x80;
      sum += continuation ? 0 : capital ? 8.8 : narrow ? 4.2 : 7.2;
    }
    return sum;
  }

  [[nodiscard]] static std::string series(std::size_t i) { return "s" + std::to_string(i % 6 + 1); }
  [[nodiscard]] std::string finish() && { return std::move(svg_) + "</svg>"; }

 private:
  std::string svg_;
};

/// The colours and fonts of charts, as CSS; dark where the reader's system is dark.
[[nodiscard]] inline std::string_view chart_style() noexcept {
  return ":root{--c1:#3366cc;--c2:#e07b39;--c3:#2a9d74;--c4:#8b62c9;--c5:#cc4b6c;--c6:#5f7f8c;"
         "--ink:#1d2330;--soft:#5d6675;--rule:#e4e7ec;--axis:#aab2bf;--paper:#ffffff;--card:#f7f8fa}"
         "@media(prefers-color-scheme:dark){:root{--c1:#7ba4f4;--c2:#f0a268;--c3:#5fcba0;--c4:#b99af0;--c5:#f08aa5;"
         "--c6:#9dbcc9;--ink:#e7eaf0;--soft:#9ba5b5;--rule:#2c323d;--axis:#545d6b;--paper:#14171d;--card:#1b1f27}}"
         ".chart{display:block;width:100%;height:auto;font:12px system-ui,-apple-system,\"Segoe UI\",Roboto,"
         "\"Helvetica Neue\",Arial,sans-serif;font-variant-numeric:tabular-nums}"
         ".chart .tick,.chart .label{fill:var(--soft)}.chart .name{fill:var(--ink)}"
         ".chart .grid{stroke:var(--rule);fill:none}.chart .axis{stroke:var(--axis);fill:none}"
         ".chart .line{fill:none;stroke-width:2;stroke-linejoin:round;stroke-linecap:round}"
         ".chart .dot{stroke:var(--paper);stroke-width:1.5}"
         ".chart .s1.fill,.chart .s1.dot{fill:var(--c1)}.chart .s1.line{stroke:var(--c1)}"
         ".chart .s2.fill,.chart .s2.dot{fill:var(--c2)}.chart .s2.line{stroke:var(--c2)}"
         ".chart .s3.fill,.chart .s3.dot{fill:var(--c3)}.chart .s3.line{stroke:var(--c3)}"
         ".chart .s4.fill,.chart .s4.dot{fill:var(--c4)}.chart .s4.line{stroke:var(--c4)}"
         ".chart .s5.fill,.chart .s5.dot{fill:var(--c5)}.chart .s5.line{stroke:var(--c5)}"
         ".chart .s6.fill,.chart .s6.dot{fill:var(--c6)}.chart .s6.line{stroke:var(--c6)}";
}

/// A chart as a file of its own: with the style inside.
[[nodiscard]] inline std::string standalone_svg(std::string_view chart) {
  auto const at = chart.find("<title>");
  return std::string(chart.substr(0, at)) + "<style>" + std::string(chart_style()) +
         ".chart{background:var(--paper)}</style>" + std::string(chart.substr(std::min(at, chart.size())));
}

}  // namespace sidera::inline SIDERA_ABI
