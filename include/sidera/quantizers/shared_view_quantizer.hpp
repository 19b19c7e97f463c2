// SPDX-License-Identifier: MIT
#pragma once
#include <algorithm>
#include <sidera/quantizers/concepts.hpp>
#include <sidera/quantizers/quantizer_fields.hpp>
#include <sidera/quantizers/view.hpp>

namespace sidera::inline SIDERA_ABI {

/// Several sources of equal width in the words of one quantizer: vectors of behaviour and features of every modality,
/// one codebook per level for all of them, and codes of its own for each source. A source of larger weight decides more
/// about the words: after the behaviour-dominated codebook of BBQRec (arXiv 2504.06636).
///
/// The words are those that `Q` learns from the rows of all sources, each row as often as the weight of its source
/// says: with weights of 1 they are those of the stacked rows, bit for bit, and a source of weight 0 is encoded only.
/// The paper learns encoders, codebook and an item vector together with the recommender, keeps what behaviour and
/// modality share apart by a bound on mutual information, and has no released code that says how behaviour dominates;
/// here the sources are given, nothing but the words is learned, and the whole-number weight is our reading.
///
/// The sources have to lie in one space, or the words are shared in name only. Depends on views, weights and the
/// quantizer alone, whatever the executor. `fit` takes as much memory as all rows with their weights.
template <Quantizer Q>
class shared_view_quantizer {
 public:
  using T = typename Q::scalar_type;
  using view_weights = std::map<std::string, std::size_t>;

  static constexpr std::size_t largest_weight = 1'000'000;

  /// `weights` by the name of the view; views that it does not name have weight 1. Throws value_error for a weight
  /// above `largest_weight`.
  explicit shared_view_quantizer(Q prototype = Q{}, view_weights weights = {})
      : quantizer_(std::move(prototype)), weights_(std::move(weights)) {
    check_weights("shared_view_quantizer");
  }

  /// Learns the words. The codes of the report are those of the training rows: the present rows of the first view, as
  /// often as it weighs, then those of the next. Throws shape_error for views of different widths, value_error for a
  /// NaN, a weight whose view is not there, or no weight at all; and what Q throws. Changes nothing when it throws.
  fit_report fit(std::vector<view<T>> const& views, executor_ref executor = {}, observer const& watch = {}) {
    constexpr std::string_view where = "shared_view_quantizer::fit";
    check_views(views, where);
    for (auto const& weight : weights_)
      if (std::none_of(views.begin(), views.end(), [&](view<T> const& v) { return v.name == weight.first; }))
        throw value_error(where,
                          "there is no view \"" + weight.first + "\" that could weigh " + to_text(weight.second));
    Q next = quantizer_;
    fit_report report = next.fit(stacked_rows(views, where), executor, watch);
    quantizer_ = std::move(next);
    return report;
  }

  /// Codes of every view, whether it was there in training or not; no_code for items that lack it. Throws
  /// not_fitted_error, shape_error, value_error.
  [[nodiscard]] view_codes encode(std::vector<view<T>> const& views, executor_ref executor = {}) const {
    constexpr std::string_view where = "shared_view_quantizer::encode";
    if (!fitted()) throw not_fitted_error(where, "call fit or load first");
    check_views(views, where);
    require_columns(views.front().x, quantizer_.dim(), where, "view \"" + views.front().name + "\"");
    view_codes codes;
    for (view<T> const& v : views) {
      matrix<T> rows = v.x;
      for (std::size_t i = 0; i < row_count(rows); ++i)
        if (!v.has(i)) rows.row(static_cast<index_t>(i)).setZero();  // any finite row
      code_matrix& out = codes[v.name];
      out = quantizer_.encode(rows, executor);
      for (std::size_t i = 0; i < row_count(rows); ++i)
        if (!v.has(i)) out.row(static_cast<index_t>(i)).setConstant(no_code);
    }
    return codes;
  }

  /// The words of all sources.
  [[nodiscard]] Q const& quantizer() const noexcept { return quantizer_; }
  [[nodiscard]] view_weights const& weights() const noexcept { return weights_; }
  [[nodiscard]] bool fitted() const noexcept { return quantizer_.fitted(); }

  [[nodiscard]] field_set fields() const {
    field_set f;
    f.metadata["model"] = "shared_view_quantizer";
    f.metadata["weights"] = to_text(weights_.size());
    std::size_t n = 0;
    for (auto const& [name, weight] : weights_) {
      f.metadata["weight_" + to_text(n) + ".view"] = name;
      f.metadata["weight_" + to_text(n++)] = to_text(weight);
    }
    detail::put_prefixed(f, "words.", quantizer_.fields());
    return f;
  }

  /// Restores a saved model; throws value_error when it is another one or damaged, and then changes nothing.
  void load(field_set const& f) {
    constexpr std::string_view where = "shared_view_quantizer::load";
    f.require_model("shared_view_quantizer", where);
    shared_view_quantizer next(quantizer_);
    auto const count = from_text<std::size_t>(f.get_text("weights"), where);
    for (std::size_t n = 0; n < count; ++n)
      next.weights_[f.get_text("weight_" + to_text(n) + ".view")] =
          from_text<std::size_t>(f.get_text("weight_" + to_text(n)), where);
    next.check_weights(where);
    next.quantizer_.load(detail::without_prefix(f, "words."));
    *this = std::move(next);
  }

 private:
  void check_weights(std::string_view where) const {
    for (auto const& [name, weight] : weights_)
      if (weight > largest_weight)
        throw value_error(where, "view \"" + name + "\" has weight " + to_text(weight) + ", the largest is " +
                                     to_text(largest_weight));
  }

  static void check_views(std::vector<view<T>> const& views, std::string_view where) {
    require_views(views, where);
    for (view<T> const& v : views) {
      require_finite_view(v, where);
      if (v.x.cols() != views.front().x.cols())
        throw shape_error(where, "view \"" + v.name + "\" has " + to_text(column_count(v.x)) + " columns, view \"" +
                                     views.front().name + "\" has " + to_text(column_count(views.front().x)));
    }
  }

  [[nodiscard]] std::size_t weight_of(view<T> const& v) const {
    auto const found = weights_.find(v.name);
    return found == weights_.end() ? 1 : found->second;
  }

  [[nodiscard]] matrix<T> stacked_rows(std::vector<view<T>> const& views, std::string_view where) const {
    std::size_t rows = 0;
    for (view<T> const& v : views) rows += weight_of(v) * (row_count(v.x) - v.missing());
    if (rows == 0) throw value_error(where, "every view has weight 0");
    matrix<T> all(static_cast<index_t>(rows), views.front().x.cols());
    index_t next = 0;
    for (view<T> const& v : views)
      for (std::size_t copy = 0; copy < weight_of(v); ++copy)
        for (std::size_t i = 0; i < row_count(v.x); ++i)
          if (v.has(i)) all.row(next++) = v.x.row(static_cast<index_t>(i));
    return all;
  }

  Q quantizer_;
  view_weights weights_;
};

}  // namespace sidera::inline SIDERA_ABI
