// SPDX-License-Identifier: MIT
#pragma once
#include <sidera/core/executor.hpp>
#include <sidera/optimizers/adam.hpp>
#include <sidera/optimizers/finite_gradients.hpp>
#include <sidera/optimizers/require_options.hpp>
#include <sidera/optimizers/sgd.hpp>

namespace sidera::inline SIDERA_ABI {

/// Moves the parameters of one or more groups along their gradients by one rule.
///
/// Dense groups are updated in one pass over their flat buffer; a parameter without a gradient counts as having the
/// gradient zero (its momentum still moves it). In row-sparse groups only the rows that a step has touched are updated:
/// the cost does not depend on the size of the table. Regular; results do not depend on the executor.
template <Scalar T, UpdateStep Rule = adam>
class optimizer {
 public:
  /// For the named groups of `store`, or for all groups that it has now. Throws value_error for a group that there is
  /// not, or that is named twice, and for numbers that make no rule.
  explicit optimizer(parameters<T> const& store, Rule rule = {}, std::vector<std::string> groups = {})
      : rule_(std::move(rule)) {
    require_rule(1, "optimizer");
    if (groups.empty())
      for (auto const& g : store.groups()) groups.push_back(g.name);
    for (auto& name : groups) {
      if (std::any_of(groups_.begin(), groups_.end(), [&](moments_of const& known) { return known.group == name; }))
        throw value_error("optimizer", "group \"" + name + "\" is named twice");
      std::size_t const size = store.group(name).values.size();
      moments_of m{std::move(name), {}};
      for (auto& moment : m.values) moment.assign(size, T(0));
      groups_.push_back(std::move(m));
    }
  }

  /// One step; the learning rate of the rule is multiplied by `factor`, for example that of a schedule:
  /// `step(store, cosine_decay{1000}(optimizer.steps()))`. Gradients are left as they are. Throws value_error when
  /// the rate is negative or not finite, and, with the parameter, when a gradient is not finite; then nothing has
  /// moved.
  void step(parameters<T>& store, double factor = 1, executor_ref executor = {}) {
    require_rule(factor, "optimizer::step");
    for (auto const& own : groups_) check_size(store.group(own.group), own);
    for (auto const& own : groups_)
      require_finite_gradients(store, store.group(own.group), "optimizer::step", executor);
    ++steps_;
    auto const update = rule_.template at<T>(steps_, rule_.learning_rate * factor);
    for (auto& own : groups_) {
      parameter_group<T>& group = store.group(own.group);
      if (group.row_sparse)
        update_rows(store, group, own, update);
      else
        update_all(group, own, update, executor);
    }
  }

  /// Steps done.
  [[nodiscard]] std::size_t steps() const noexcept { return steps_; }
  [[nodiscard]] Rule const& rule() const noexcept { return rule_; }
  [[nodiscard]] Rule& rule() noexcept { return rule_; }

  /// Puts the number of steps and the moments; with the parameters, training continues bit for bit.
  void to_fields(field_set& fields, std::string const& prefix = "optimizer.") const {
    fields.metadata[prefix + "rule"] = Rule::name;
    fields.put(prefix + "steps", std::vector<std::int64_t>{static_cast<std::int64_t>(steps_)});
    for (auto const& own : groups_)
      for (std::size_t m = 0; m < Rule::moments; ++m)
        fields.put(moment_name(prefix, own, m), std::vector<T>(own.values[m].begin(), own.values[m].end()));
  }
  /// Reads what to_fields wrote; throws value_error or shape_error, and then nothing has changed.
  void from_fields(field_set const& fields, std::string const& prefix = "optimizer.") {
    if (fields.get_text(prefix + "rule") != Rule::name)
      throw value_error("optimizer::from_fields", "the state is that of \"" + fields.get_text(prefix + "rule") + "\"");
    auto const& steps = fields.get_vector<std::int64_t>(prefix + "steps");
    if (steps.size() != 1 || steps[0] < 0)
      throw value_error("optimizer::from_fields", "\"" + prefix + "steps\" is no count");
    auto read = groups_;
    for (auto& own : read)
      for (std::size_t m = 0; m < Rule::moments; ++m) {
        auto const& values = fields.get_vector<T>(moment_name(prefix, own, m));
        if (values.size() != own.values[m].size())
          throw shape_error("optimizer::from_fields", "\"" + moment_name(prefix, own, m) + "\" has " +
                                                          std::to_string(values.size()) + " numbers, expected " +
                                                          std::to_string(own.values[m].size()));
        std::copy(values.begin(), values.end(), own.values[m].begin());
      }
    groups_ = std::move(read);
    steps_ = static_cast<std::size_t>(steps[0]);
  }

 private:
  struct moments_of {
    std::string group;
    std::array<aligned_vector<T>, Rule::moments> values;
  };

  /// Also before a step: the rule may have been changed in between.
  void require_rule(double factor, std::string_view where) const {
    if constexpr (requires { rule_.require_options(); }) rule_.require_options();
    detail::require_finite_option(rule_.learning_rate, "learning_rate", where);
    detail::require_finite_option(rule_.learning_rate * factor, "learning_rate times factor", where);
  }

  static void check_size(parameter_group<T> const& group, moments_of const& own) {
    for (auto const& moment : own.values)
      if (moment.size() != group.values.size())
        throw shape_error("optimizer::step", "group \"" + own.group + "\" has " + std::to_string(group.values.size()) +
                                                 " numbers, the optimizer was made for " +
                                                 std::to_string(moment.size()));
  }
  static std::string moment_name(std::string const& prefix, moments_of const& own, std::size_t m) {
    return prefix + own.group + ".moment" + std::to_string(m + 1);
  }
  [[nodiscard]] static std::array<T*, Rule::moments> at(moments_of& own, std::size_t i) noexcept {
    std::array<T*, Rule::moments> pointers;
    for (std::size_t m = 0; m < Rule::moments; ++m) pointers[m] = own.values[m].data() + i;
    return pointers;
  }

  template <class Update>
  static void update_all(parameter_group<T>& group, moments_of& own, Update const& update, executor_ref executor) {
    block_partition const blocks{group.values.size(), detail::block_numbers};
    executor.run(blocks.count(), [&](std::size_t b, std::size_t) {
      std::size_t const i = blocks.begin(b);
      update(group.values.data() + i, group.gradients.data() + i, at(own, i), blocks.length(b));
    });
  }

  template <class Update>
  static void update_rows(parameters<T>& store, parameter_group<T>& group, moments_of& own, Update const& update) {
    for (parameter const p : group.members) {
      node<T> const& n = store.raw(p);
      for (std::uint32_t const row : n.touched->rows) {
        std::size_t const offset = row * n.cols, i = static_cast<std::size_t>(n.value - group.values.data()) + offset;
        update(n.value + offset, n.gradient + offset, at(own, i), n.cols);
      }
    }
  }

  Rule rule_;
  std::size_t steps_ = 0;
  std::vector<moments_of> groups_;
};

}  // namespace sidera::inline SIDERA_ABI
