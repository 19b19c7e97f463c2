// SPDX-License-Identifier: MIT
#pragma once
/// \file  Modal-specific and modal-joint semantic IDs: one quantizer per view and one for all views together.
#include <optional>
#include <set>
#include <sidera/quantizers/concepts.hpp>
#include <sidera/quantizers/quantizer_fields.hpp>
#include <sidera/quantizers/view.hpp>
#include <sidera/quantizers/view_scaling.hpp>

namespace sidera::inline SIDERA_ABI {

struct multi_view_options {
  bool joint = true;
  missing_policy missing = missing_policy::refuse;
};

/// One view and its quantizer, fitted.
template <Quantizer Q>
struct trained_view {
  using T = typename Q::scalar_type;
  std::string name;
  view_transform<T> transform;
  row_vector<T> mean;  ///< of the scaled rows: stands in for missing ones
  Q quantizer;
};

/// Quantizes every view X^z on its own and, with `joint`, their concatenation X^o = [X^t ; X^a ; ...] (PSRQ, arXiv
/// 2508.20359). Views are scaled first, the joint view is made of scaled views: with \ref no_scaling the
/// view with the larger norm decides the joint codes, which the paper leaves open.
template <Quantizer Q, ViewScaling S = no_scaling>
class multi_view_quantizer {
 public:
  using T = typename Q::scalar_type;

  explicit multi_view_quantizer(Q prototype = Q{}, multi_view_options options = {}, S scaling = {})
      : prototype_(std::move(prototype)), options_(options), scaling_(std::move(scaling)) {}

  /// Fits scalings and quantizers. Rows without a modality take no part in the training of its quantizer. Errors name
  /// the view.
  std::map<std::string, fit_report> fit(std::vector<view<T>> const& views, executor_ref executor = {},
                                        observer const& watch = {}) {
    constexpr std::string_view where = "multi_view_quantizer::fit";
    check_views(views, where);
    multi_view_quantizer next(prototype_, options_, scaling_);
    std::map<std::string, fit_report> reports;
    for (view<T> const& v : views) {
      matrix<T> const rows = present_rows(v);
      auto const transform = scaling_.template fit<T>(rows);
      Q quantizer = prototype_;
      reports[v.name] = fit_named(quantizer, v.name, transform(rows), executor, watch);
      next.parts_.push_back({v.name, transform, column_mean(transform(rows)), std::move(quantizer)});
    }
    if (options_.joint && views.size() > 1) {
      next.joint_ = prototype_;
      reports["joint"] = fit_named(*next.joint_, "joint", next.joint_rows(views), executor, watch);
    }
    *this = std::move(next);
    return reports;
  }

  /// Takes views that were fitted elsewhere, for instance from a stream, and the quantizer of the joint view, which may
  /// be one that is not fitted: then there is no joint view. Throws value_error without views, for names that are not
  /// distinct and quantizers that are not fitted; shape_error for scalings, means and quantizers of different widths.
  void set_views(std::vector<trained_view<Q>> views, Q joint) {
    std::optional<Q> whole;
    if (joint.fitted()) whole = std::move(joint);
    check_parts(views, whole, "multi_view_quantizer::set_views");
    options_.joint = whole.has_value();
    parts_ = std::move(views);
    joint_ = std::move(whole);
  }

  /// Codes of every view, and of the joint view.
  [[nodiscard]] view_codes encode(std::vector<view<T>> const& views, executor_ref executor = {}) const {
    check_views(views, "multi_view_quantizer::encode");
    check_names(views);
    view_codes codes;
    for (std::size_t v = 0; v < views.size(); ++v) {
      code_matrix& out = codes[views[v].name];
      out = parts_[v].quantizer.encode(scaled(views[v], parts_[v]), executor);
      if (options_.missing != missing_policy::skip) continue;
      for (std::size_t i = 0; i < row_count(out); ++i)
        if (!views[v].has(i)) out.row(static_cast<index_t>(i)).setConstant(no_code);
    }
    if (joint_) codes["joint"] = joint_->encode(joint_rows(views), executor);
    return codes;
  }

  /// The scaled rows that the quantizer of a view sees; "joint" gives those of the joint view.
  [[nodiscard]] matrix<T> scaled_rows(std::vector<view<T>> const& views, std::string const& name) const {
    check_names(views);
    if (name == "joint") return joint_rows(views);
    for (std::size_t v = 0; v < parts_.size(); ++v)
      if (parts_[v].name == name) return scaled(views[v], parts_[v]);
    throw value_error("multi_view_quantizer::scaled_rows", "there is no view \"" + name + "\"");
  }

  /// The quantizer of a view, or of "joint".
  [[nodiscard]] Q const& quantizer(std::string const& name) const {
    if (name == "joint" && joint_) return *joint_;
    for (part const& p : parts_)
      if (p.name == name) return p.quantizer;
    throw value_error("multi_view_quantizer::quantizer", "there is no view \"" + name + "\"");
  }

  [[nodiscard]] std::vector<std::string> names() const {
    std::vector<std::string> all;
    for (part const& p : parts_) all.push_back(p.name);
    if (joint_) all.push_back("joint");
    return all;
  }
  [[nodiscard]] bool fitted() const noexcept { return !parts_.empty(); }

  [[nodiscard]] field_set fields() const {
    field_set f;
    f.metadata["model"] = "multi_view_quantizer";
    f.metadata["views"] = to_text(parts_.size());
    f.metadata["missing"] = to_text(static_cast<int>(options_.missing));
    for (std::size_t v = 0; v < parts_.size(); ++v) {
      std::string const name = "view_" + to_text(v);
      f.metadata[name] = parts_[v].name;
      parts_[v].transform.save(f, name);
      f.put(name + ".mean", matrix<T>(parts_[v].mean));
      detail::put_prefixed(f, name + ".", parts_[v].quantizer.fields());
    }
    if (joint_) detail::put_prefixed(f, "joint.", joint_->fields());
    return f;
  }

  void load(field_set const& f) {
    constexpr std::string_view where = "multi_view_quantizer::load";
    f.require_model("multi_view_quantizer", where);
    multi_view_quantizer next(prototype_, options_, scaling_);
    auto const missing = from_text<int>(f.get_text("missing"), where);
    if (missing < 0 || missing > 2) throw value_error(where, "unknown missing policy " + to_text(missing));
    next.options_.missing = static_cast<missing_policy>(missing);
    auto const count = from_text<std::size_t>(f.get_text("views"), where);
    for (std::size_t v = 0; v < count; ++v) {
      std::string const name = "view_" + to_text(v);
      matrix<T> const mean = f.get_matrix<T>(name + ".mean");
      require_rows(mean, 1, where, name + ".mean");
      part p{f.get_text(name), {}, mean, prototype_};
      p.transform.load(f, name);
      p.quantizer.load(detail::without_prefix(f, name + "."));
      next.parts_.push_back(std::move(p));
    }
    next.options_.joint = f.metadata.contains("joint.model");
    if (next.options_.joint) {
      next.joint_ = prototype_;
      next.joint_->load(detail::without_prefix(f, "joint."));
    }
    check_parts(next.parts_, next.joint_, where);
    *this = std::move(next);
  }

 private:
  using part = trained_view<Q>;

  /// Errors name the view, and have no row(): the quantizer counts only rows that have the view.
  [[nodiscard]] static fit_report fit_named(Q& quantizer, std::string const& name, matrix<T> const& rows,
                                            executor_ref executor, observer const& watch) {
    constexpr std::string_view where = "multi_view_quantizer::fit";
    auto const message = [&](argument_error const& e) { return "view \"" + name + "\": " + std::string(e.message()); };
    try {
      return quantizer.fit(rows, executor, watch);
    } catch (shape_error const& e) {
      throw shape_error(where, message(e));
    } catch (value_error const& e) {
      throw value_error(where, message(e));
    }
  }

  /// What fit ensures, of views that come from elsewhere.
  static void check_parts(std::vector<part> const& parts, std::optional<Q> const& joint, std::string_view where) {
    if (parts.empty()) throw value_error(where, "there are no views");
    std::set<std::string> names{"joint"};
    std::size_t columns = 0;
    for (part const& p : parts) {
      std::string const name = "view \"" + p.name + "\"";
      if (!names.insert(p.name).second) throw value_error(where, name + " is there twice, or is the joint view");
      if (!p.quantizer.fitted()) throw value_error(where, name + " has a quantizer that is not fitted");
      std::size_t const dim = p.quantizer.dim();
      require_columns(p.transform.offset, dim, where, name + ": its offset");
      require_columns(p.transform.factor, dim, where, name + ": its factor");
      require_columns(p.mean, dim, where, name + ": its mean");
      columns += dim;
    }
    if (joint && joint->dim() != columns)
      throw shape_error(where, "the joint quantizer has " + std::to_string(joint->dim()) + " columns, the views have " +
                                   std::to_string(columns));
  }

  void check_views(std::vector<view<T>> const& views, std::string_view where) const {
    require_views(views, where);
    for (view<T> const& v : views) {
      require_finite_view(v, where);
      if (v.name == "joint") throw value_error(where, "\"joint\" is the name of the joint view");
      if (options_.missing != missing_policy::refuse) continue;
      for (std::size_t i = 0; i < row_count(v.x); ++i)
        if (!v.has(i)) throw value_error(where, "row " + std::to_string(i) + " lacks view \"" + v.name + "\"", i);
    }
  }
  void check_names(std::vector<view<T>> const& views) const {
    constexpr std::string_view where = "multi_view_quantizer::encode";
    if (!fitted()) throw not_fitted_error(where, "call fit or load first");
    if (views.size() != parts_.size())
      throw shape_error(
          where, std::to_string(views.size()) + " views are given, the model has " + std::to_string(parts_.size()));
    for (std::size_t v = 0; v < views.size(); ++v)
      if (views[v].name != parts_[v].name)
        throw value_error(where, "view " + std::to_string(v) + " is \"" + views[v].name + "\", the model's is \"" +
                                     parts_[v].name + "\"");
  }

  [[nodiscard]] static matrix<T> present_rows(view<T> const& v) {
    if (v.missing() == 0) return v.x;
    matrix<T> rows(v.x.rows() - static_cast<index_t>(v.missing()), v.x.cols());
    index_t next = 0;
    for (std::size_t i = 0; i < v.present.size(); ++i)
      if (v.present[i]) rows.row(next++) = v.x.row(static_cast<index_t>(i));
    return rows;
  }

  [[nodiscard]] static row_vector<T> column_mean(matrix<T> const& x) {
    return x.template cast<double>().colwise().mean().template cast<T>();
  }

  [[nodiscard]] static matrix<T> scaled(view<T> const& v, part const& p) {
    require_columns(v.x, column_count(p.transform.offset), "multi_view_quantizer", "view \"" + v.name + "\"");
    matrix<T> filled = v.x;
    for (std::size_t i = 0; i < v.present.size(); ++i)
      if (!v.present[i]) filled.row(static_cast<index_t>(i)) = p.transform.offset;  // any finite row
    matrix<T> out = p.transform(filled);
    for (std::size_t i = 0; i < v.present.size(); ++i)
      if (!v.present[i]) out.row(static_cast<index_t>(i)) = p.mean;
    return out;
  }

  [[nodiscard]] matrix<T> joint_rows(std::vector<view<T>> const& views) const {
    index_t columns = 0;
    for (view<T> const& v : views) columns += v.x.cols();
    matrix<T> out(views.front().x.rows(), columns);
    index_t next = 0;
    for (std::size_t v = 0; v < views.size(); ++v) {
      out.middleCols(next, views[v].x.cols()) = scaled(views[v], parts_[v]);
      next += views[v].x.cols();
    }
    return out;
  }

  Q prototype_;
  multi_view_options options_;
  [[no_unique_address]] S scaling_;
  std::vector<part> parts_;
  std::optional<Q> joint_;  ///< fitted, where there is a joint view
};

}  // namespace sidera::inline SIDERA_ABI
