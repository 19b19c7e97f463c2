// SPDX-License-Identifier: MIT
#pragma once
/// \file  A report as one self-contained HTML page: no external resources, light and dark, no scripts but for tables
/// that the reader may sort.
#include <sidera/io/svg_canvas.hpp>

namespace sidera::inline SIDERA_ABI {

/// A large number with what it counts.
struct report_tile {
  std::string value;
  std::string label;
  std::string note = {};
};

/// A table of text. Columns of numbers are aligned right, but for the first one, which names the rows.
struct report_table {
  std::vector<std::string> columns;
  std::vector<std::vector<std::string>> rows;
  std::string caption = {};
  std::vector<std::size_t> emphasised = {};  ///< rows to set in bold
};

/// Builds the page from top to bottom. All text is escaped; figures are SVG from \ref line_chart and its like.
class html_report {
 public:
  explicit html_report(std::string_view title, std::string_view subtitle = {}) : title_(escaped_markup(title)) {
    body_ = "<header><h1>" + title_ + "</h1>";
    if (!subtitle.empty()) body_ += "<p class=\"lead\">" + escaped_markup(subtitle) + "</p>";
    body_ += "</header>";
  }

  /// Settings and other small print: names and values in columns.
  void facts(std::vector<std::pair<std::string, std::string>> const& list) {
    close_figures();
    body_ += "<dl class=\"facts\">";
    for (auto const& [name, value] : list)
      body_ += "<div><dt>" + escaped_markup(name) + "</dt><dd>" + escaped_markup(value) + "</dd></div>";
    body_ += "</dl>";
  }

  /// A row of headline numbers.
  void tiles(std::vector<report_tile> const& list) {
    close_figures();
    body_ += "<div class=\"tiles\">";
    for (auto const& tile : list) {
      body_ += "<div><b>" + escaped_markup(tile.value) + "</b><span>" + escaped_markup(tile.label) + "</span>";
      if (!tile.note.empty()) body_ += "<small>" + escaped_markup(tile.note) + "</small>";
      body_ += "</div>";
    }
    body_ += "</div>";
  }

  /// Starts a section; the page begins with links to all of them.
  void section(std::string_view title) {
    close_figures();
    sections_.push_back(escaped_markup(title));
    body_ += "<h2 id=\"s" + std::to_string(sections_.size()) + "\">" + sections_.back() + "</h2>";
  }
  void heading(std::string_view title) {
    close_figures();
    body_ += "<h3>" + escaped_markup(title) + "</h3>";
  }
  void paragraph(std::string_view text) {
    close_figures();
    body_ += "<p>" + escaped_markup(text) + "</p>";
  }
  /// What the reader must not overlook.
  void note(std::string_view text) {
    close_figures();
    body_ += "<p class=\"note\">" + escaped_markup(text) + "</p>";
  }

  void table(report_table const& t) { add_table(t, "table"); }
  /// A table whose rows are sorted by a click on the name of a column, by number where both cells begin with one.
  void sortable_table(report_table const& t) {
    has_sortable_ = true;
    add_table(t, "table sortable");
  }

  /// An SVG with a numbered caption. Figures that follow one another stand side by side where there is room.
  void figure(std::string_view svg, std::string_view caption) {
    if (!std::exchange(in_figures_, true)) body_ += "<div class=\"figures\">";
    body_ += "<figure>" + std::string(svg) + "<figcaption><b>Figure " + std::to_string(++figures_) + ".</b> " +
             escaped_markup(caption) + "</figcaption></figure>";
  }

  /// The page.
  [[nodiscard]] std::string html() const {
    std::string page =
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" "
        "content=\"width=device-width,initial-scale=1\"><meta name=\"color-scheme\" content=\"light dark\"><title>" +
        title_ + "</title><style>" + std::string(chart_style()) + std::string(page_style()) + "</style></head><body>";
    auto const after_header = body_.find("</header>");
    page += body_.substr(0, after_header);
    if (sections_.size() > 2) {
      page += "<nav>";
      for (std::size_t i = 0; i < sections_.size(); ++i)
        page += "<a href=\"#s" + std::to_string(i + 1) + "\">" + sections_[i] + "</a>";
      page += "</nav>";
    }
    page += body_.substr(after_header);
    if (in_figures_) page += "</div>";
    if (has_sortable_) page += "<script>" + std::string(sort_script()) + "</script>";
    return page + "<footer>sidera " SIDERA_VERSION_STRING "</footer></body></html>\n";
  }

 private:
  void add_table(report_table const& t, std::string const& css) {
    close_figures();
    body_ += "<figure class=\"" + css + "\">";
    if (!t.caption.empty()) {
      body_ +=
          "<figcaption><b>Table " + std::to_string(++tables_) + ".</b> " + escaped_markup(t.caption) + "</figcaption>";
    }
    body_ += "<div class=\"scroll\"><table><thead><tr>";
    for (std::size_t c = 0; c < t.columns.size(); ++c)
      body_ += cell("th", t.columns[c], is_numeric(t, c) ? " class=\"n\"" : "");
    body_ += "</tr></thead><tbody>";
    for (std::size_t r = 0; r < t.rows.size(); ++r) {
      bool const strong = std::find(t.emphasised.begin(), t.emphasised.end(), r) != t.emphasised.end();
      body_ += strong ? "<tr class=\"strong\">" : "<tr>";
      for (std::size_t c = 0; c < t.rows[r].size(); ++c)
        body_ += cell("td", t.rows[r][c], is_numeric(t, c) ? " class=\"n\"" : "");
      body_ += "</tr>";
    }
    body_ += "</tbody></table></div></figure>";
  }

  void close_figures() {
    if (std::exchange(in_figures_, false)) body_ += "</div>";
  }

  [[nodiscard]] static std::string cell(std::string const& tag, std::string_view text, std::string_view attributes) {
    return "<" + tag + std::string(attributes) + ">" + escaped_markup(text) + "</" + tag + ">";
  }

  /// Every cell of the column is a number, or a dash for none.
  [[nodiscard]] static bool is_numeric(report_table const& t, std::size_t column) {
    bool any = false;
    if (column == 0) return false;
    for (auto const& row : t.rows) {
      if (column >= row.size() || row[column].empty() || row[column] == "\u2013") continue;
      if (row[column].find_first_not_of("0123456789+-.,%e \u00b1") != std::string::npos) return false;
      any = true;
    }
    return any;
  }

  [[nodiscard]] static std::string_view sort_script() noexcept {
    return "for(const t of document.querySelectorAll('.sortable table'))"
           "t.tHead.querySelectorAll('th').forEach((h,c)=>{let up=false;h.onclick=()=>{up=!up;"
           "const key=r=>r.cells[c].textContent,s=up?1:-1;"
           "const order=(a,b)=>{const x=parseFloat(a),y=parseFloat(b);return "
           "isNaN(x)||isNaN(y)?a.localeCompare(b):x-y};"
           "t.tBodies[0].append(...[...t.rows].slice(1).sort((a,b)=>s*order(key(a),key(b))))}})";
  }

  [[nodiscard]] static std::string_view page_style() noexcept {
    return "*{box-sizing:border-box}"
           "body{margin:0 auto;padding:3rem 1.5rem 4rem;max-width:68rem;background:var(--paper);color:var(--ink);"
           "font:16px/1.6 system-ui,-apple-system,\"Segoe UI\",Roboto,\"Helvetica Neue\",Arial,sans-serif;"
           "-webkit-text-size-adjust:100%}"
           "header{border-bottom:1px solid var(--rule);padding-bottom:1.25rem;margin-bottom:1.75rem}"
           "h1{font-size:2rem;line-height:1.2;font-weight:650;letter-spacing:-.02em;margin:0}"
           ".lead{color:var(--soft);font-size:1.06rem;margin:.4rem 0 0;max-width:46rem}"
           "nav{display:flex;flex-wrap:wrap;gap:.35rem 1.4rem;margin-top:1rem;font-size:.92rem}"
           "a{color:var(--c1);text-decoration:none}a:hover{text-decoration:underline}"
           "h2{font-size:1.35rem;line-height:1.3;font-weight:650;letter-spacing:-.01em;margin:3rem 0 .75rem;"
           "scroll-margin-top:1rem}"
           "h3{font-size:1.02rem;font-weight:600;margin:2rem 0 .5rem}p{max-width:46rem;margin:.6rem 0}"
           ".note{border-left:3px solid var(--c2);padding:.1rem 0 .1rem .9rem;color:var(--soft)}"
           ".facts{display:grid;grid-template-columns:repeat(auto-fill,minmax(11rem,1fr));gap:.9rem "
           "1.5rem;margin:1.25rem 0}"
           ".facts dt{color:var(--soft);font-size:.82rem;line-height:1.3}"
           ".facts dd{margin:0;overflow-wrap:anywhere}"
           ".tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(9.5rem,1fr));gap:.9rem;margin:1.4rem 0}"
           ".tiles div{background:var(--card);border-radius:.6rem;padding:.9rem 1.1rem}"
           ".tiles b{display:block;font-size:1.65rem;line-height:1.2;font-weight:600;letter-spacing:-.02em;"
           "font-variant-numeric:tabular-nums}"
           ".tiles span{display:block;font-size:.88rem;line-height:1.35}"
           ".tiles small{display:block;color:var(--soft);font-size:.8rem;line-height:1.35}"
           "figure{margin:0;min-width:0}"
           ".figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,25rem),1fr));"
           "gap:1.6rem 2.2rem;margin:1.4rem 0}"
           "figcaption{color:var(--soft);font-size:.86rem;line-height:1.45;margin:.35rem 0 0}"
           "figcaption b{color:var(--ink);font-weight:600}"
           ".table{margin:1.4rem 0}.table figcaption{margin:0 0 .5rem}.scroll{overflow-x:auto}"
           "table{border-collapse:collapse;font-size:.92rem;line-height:1.4;font-variant-numeric:tabular-nums}"
           ".sortable "
           "th{cursor:pointer}th{font-weight:600;color:var(--soft);font-size:.84rem;text-align:left;vertical-align:"
           "bottom;"
           "border-bottom:1.5px solid var(--axis)}"
           "th,td{padding:.42rem .9rem .42rem 0;white-space:nowrap}td{border-bottom:1px solid var(--rule)}"
           ".n{text-align:right;padding-left:.9rem;padding-right:.2rem}.strong td{font-weight:600}"
           "footer{color:var(--soft);font-size:.82rem;border-top:1px solid var(--rule);margin-top:3.5rem;"
           "padding-top:.9rem}"
           "@media print{body{max-width:none;padding:0}nav{display:none}figure{break-inside:avoid}}";
  }

  std::string title_;
  std::string body_;
  std::vector<std::string> sections_;
  std::size_t figures_ = 0, tables_ = 0;
  bool in_figures_ = false, has_sortable_ = false;
};

}  // namespace sidera::inline SIDERA_ABI
