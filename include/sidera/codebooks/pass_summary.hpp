// SPDX-License-Identifier: MIT
#pragma once
/// \file  Everything that one pass over some rows tells about a codebook, as one object that can be merged and saved.
#include <limits>
#include <sidera/codebooks/pass_statistics.hpp>
#include <sidera/core/fields.hpp>
#include <sidera/core/number_text.hpp>
#include <sidera/core/order_free_sum.hpp>
#include <sidera/core/random.hpp>

namespace sidera::inline SIDERA_ABI {

/// Sums and counts of the rows per word (\ref pass_statistics), the summed distance to the words, and a fingerprint of
/// who has which code.
///
/// Promise: all of it is integer or exact arithmetic, so the summary of all rows is the same, bit for bit, for any
/// split into parts (blocks, threads, ranks, files), any order of rows and any order or tree of merges. What must be
/// shared beforehand are the words and the \ref column_scales (of all rows: merge the scales of the parts first).
/// Distances must come from `exact_distance` to be the same on every instruction set.
template <Scalar T>
class pass_summary {
 public:
  pass_summary(std::size_t words, column_scales scales) : statistics_(words, std::move(scales)) {}

  /// Adds row `number` of the whole data set (any numbering that is the same in every pass), which has `code` and lies
  /// `distance` from its word. A row without a code is skipped.
  void add(std::span<T const> row, code_t code, double distance, std::uint64_t number) noexcept {
    if (code < 0) return;
    statistics_.add(row, code);
    objective_.add(distance);
    fingerprint_ += mixed(number, code);
  }

  /// Takes row `number` from its word to another; a negative code stands for none. Distances are the caller's to tell.
  void move(std::span<T const> row, code_t from, code_t to, std::uint64_t number) noexcept {
    statistics_.remove(row, from);
    statistics_.add(row, to);
    if (from >= 0) fingerprint_ -= mixed(number, from);
    if (to >= 0) fingerprint_ += mixed(number, to);
  }
  void add_distance(double distance) noexcept { objective_.add(distance); }
  void clear_distances() noexcept { objective_ = {}; }
  /// Forgets all rows.
  void clear() noexcept {
    statistics_.clear();
    objective_ = {};
    fingerprint_ = 0;
  }

  /// Adds the rows of `other`. Throws shape_error for other words, columns or scales, and value_error when there are
  /// then more rows than the scales were made for; nothing has changed then.
  void merge(pass_summary const& other) {
    if (static_cast<std::size_t>(rows() + other.rows()) > statistics_.scales().rows())
      throw value_error("pass_summary::merge", std::to_string(rows()) + " and " + std::to_string(other.rows()) +
                                                   " rows are merged, the scales were made for " +
                                                   std::to_string(statistics_.scales().rows()));
    statistics_.merge(other.statistics_);
    objective_.merge(other.objective_);
    fingerprint_ += other.fingerprint_;
  }

  [[nodiscard]] pass_statistics<T> const& statistics() const noexcept { return statistics_; }
  [[nodiscard]] code_usage usage() const { return code_usage(statistics_.counts()); }
  [[nodiscard]] std::int64_t rows() const noexcept {
    std::int64_t n = 0;
    for (std::int64_t const c : statistics_.counts()) n += c;
    return n;
  }
  /// The mean distance of a row to its word; 0 without rows.
  [[nodiscard]] double mean_distance() const noexcept {
    return rows() == 0 ? 0 : objective_.value() / static_cast<double>(rows());
  }
  /// Equal for equal codes of equal rows; for other codes equal with a chance of 2^-64.
  [[nodiscard]] std::uint64_t fingerprint() const noexcept { return fingerprint_; }

  [[nodiscard]] bool operator==(pass_summary const& other) const noexcept {
    return statistics_.scales() == other.statistics_.scales() && same(statistics_.sums(), other.statistics_.sums()) &&
           same(statistics_.counts(), other.statistics_.counts()) && objective_ == other.objective_ &&
           fingerprint_ == other.fingerprint_;
  }

  /// The state as integers. Those of several parts, added up entry by entry, are the integers of the whole: what an
  /// all-reduce needs.
  [[nodiscard]] std::vector<std::int64_t> integers() const {
    std::vector<std::int64_t> out(statistics_.sums().begin(), statistics_.sums().end());
    out.insert(out.end(), statistics_.counts().begin(), statistics_.counts().end());
    std::array<std::int64_t, order_free_sum::integer_count> objective;
    objective_.integers(objective);
    out.insert(out.end(), objective.begin(), objective.end());
    // In halves, so that adding them up cannot overflow.
    out.push_back(static_cast<std::int64_t>(fingerprint_ & 0xFFFFFFFF));
    out.push_back(static_cast<std::int64_t>(fingerprint_ >> 32));
    return out;
  }
  /// Takes what `integers` gave; throws shape_error for another number of them, value_error for impossible ones.
  void set_integers(std::span<std::int64_t const> from) {
    std::size_t const sums = statistics_.sums().size(), words = statistics_.words();
    if (from.size() != sums + words + order_free_sum::integer_count + 2)
      throw shape_error("pass_summary::set_integers",
                        std::to_string(from.size()) + " integers, expected " +
                            std::to_string(sums + words + order_free_sum::integer_count + 2));
    auto const part = [&](std::size_t first, std::size_t count) {
      auto const values = from.subspan(first, count);
      return std::vector<std::int64_t>(values.begin(), values.end());
    };
    statistics_ = pass_statistics<T>(statistics_.scales(), part(0, sums), part(sums, words));
    objective_.set_integers(from.subspan(sums + words).template first<order_free_sum::integer_count>());
    auto const halves = from.last(2);
    fingerprint_ = static_cast<std::uint64_t>(halves[0]) + (static_cast<std::uint64_t>(halves[1]) << 32);
  }

  /// What io/ saves: "pass.largest", "pass.integers" and sizes.
  [[nodiscard]] field_set fields() const {
    field_set f;
    f.metadata["model"] = "pass_summary";
    f.metadata["version"] = "1";
    f.metadata["words"] = to_text(statistics_.words());
    f.metadata["rows"] = to_text(statistics_.scales().rows());
    auto const largest = statistics_.scales().largest();
    f.put("pass.largest", std::vector<double>(largest.begin(), largest.end()));
    f.put("pass.integers", integers());
    return f;
  }
  /// Restores a summary. Throws value_error or shape_error for fields of something else.
  [[nodiscard]] static pass_summary from_fields(field_set const& f) {
    constexpr std::string_view where = "pass_summary::from_fields";
    f.require_model("pass_summary", where);
    if (f.get_text("version") != "1")
      throw value_error(where, "version " + f.get_text("version") + " is not known, expected 1");
    auto const& integers = f.get_vector<std::int64_t>("pass.integers");
    auto const words = from_text<std::size_t>(f.get_text("words"), where);
    // A size from outside: nothing larger than what is there is allocated.
    if (words > integers.size()) throw shape_error(where, std::to_string(words) + " words do not fit the integers");
    column_scales scales(f.get_vector<double>("pass.largest"), from_text<std::size_t>(f.get_text("rows"), where));
    if (scales.dim() != 0 && words > integers.size() / scales.dim())
      throw shape_error(where, std::to_string(words) + " words do not fit the integers");
    pass_summary result(words, std::move(scales));
    result.set_integers(integers);
    // Only the form that fields() writes: then merging cannot overflow, however many files there are.
    auto const last = std::span(integers).last(6);  // the top digit, three counts, two halves
    bool const small = std::all_of(last.begin(), last.end(), [](std::int64_t v) { return v >= -limit && v < limit; });
    if (!small || result.integers() != integers) throw value_error(where, "the integers are not in normal form");
    return result;
  }

 private:
  static constexpr std::int64_t limit = std::int64_t{1} << 40;

  /// 64 bits that depend on both numbers; their sum over all rows names the assignment.
  [[nodiscard]] static std::uint64_t mixed(std::uint64_t number, code_t code) noexcept {
    return split_mix(split_mix(number + 0x9E3779B97F4A7C15) + static_cast<std::uint32_t>(code));
  }
  [[nodiscard]] static bool same(std::span<std::int64_t const> a, std::span<std::int64_t const> b) noexcept {
    return std::equal(a.begin(), a.end(), b.begin(), b.end());
  }

  pass_statistics<T> statistics_;
  order_free_sum objective_;
  std::uint64_t fingerprint_ = 0;
};

}  // namespace sidera::inline SIDERA_ABI
