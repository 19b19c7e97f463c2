// SPDX-License-Identifier: MIT
#pragma once
#include <cmath>
#include <sidera/autodiff/parameters.hpp>
#include <sidera/training/training_options.hpp>

namespace sidera::inline SIDERA_ABI {

/// How far a training loop has come: the part of its state that is neither parameters nor moments.
template <Scalar T>
struct training_progress {
  training_report report;
  std::size_t batch = 0;                ///< steps of the epoch under way
  double loss_sum = 0;                  ///< of those steps
  std::vector<aligned_vector<T>> best;  ///< values of each group at the best epoch, if they are kept

  /// Ends an epoch of `steps` steps.
  void end_epoch(std::size_t steps, std::optional<double> held_out) {
    report.epochs.push_back({loss_sum / static_cast<double>(steps), held_out});
    batch = 0, loss_sum = 0;
  }

  /// Whether `figure` beats those of all complete epochs; if so, the epoch under way becomes the best one. Throws
  /// value_error unless it is finite.
  bool improves(double figure) {
    if (!std::isfinite(figure)) throw value_error("trainer", "the held-out figure is not finite");
    if (report.best_epoch && !(figure < *report.epochs[*report.best_epoch].held_out)) return false;
    report.best_epoch = report.epochs.size();
    return true;
  }

  void to_fields(field_set& fields, std::string const& prefix) const {
    std::vector<double> losses, figures;
    std::vector<std::int32_t> has_figure;
    for (epoch_record const& e : report.epochs)
      losses.push_back(e.loss), figures.push_back(e.held_out.value_or(0)), has_figure.push_back(e.held_out ? 1 : 0);
    fields.put(prefix + "losses", losses);
    fields.put(prefix + "held_out", figures);
    fields.put(prefix + "has_held_out", has_figure);
    fields.put(prefix + "batch", std::vector<std::int64_t>{static_cast<std::int64_t>(batch)});
    fields.put(prefix + "loss_sum", std::vector<double>{loss_sum});
    for (std::size_t g = 0; g < best.size(); ++g)
      fields.put(best_name(prefix, g), std::vector<T>(best[g].begin(), best[g].end()));
  }

  /// What to_fields wrote, for groups of the given sizes and epochs of `batches` batches. Throws value_error.
  [[nodiscard]] static training_progress from_fields(field_set const& fields, std::string const& prefix,
                                                     std::vector<std::size_t> const& group_sizes, std::size_t batches) {
    auto const& losses = fields.get_vector<double>(prefix + "losses");
    auto const& figures = fields.get_vector<double>(prefix + "held_out");
    auto const& has_figure = fields.get_vector<std::int32_t>(prefix + "has_held_out");
    auto const& batch = fields.get_vector<std::int64_t>(prefix + "batch");
    auto const& loss_sum = fields.get_vector<double>(prefix + "loss_sum");
    if (figures.size() != losses.size() || has_figure.size() != losses.size() || batch.size() != 1 ||
        loss_sum.size() != 1 || batch[0] < 0 || static_cast<std::size_t>(batch[0]) > batches)
      throw value_error("training_progress::from_fields", "\"" + prefix + "...\" is no history of a training loop");
    training_progress read;
    for (std::size_t e = 0; e < losses.size(); ++e) {
      bool const has = has_figure[e] != 0;
      if (has) (void)read.improves(figures[e]);
      read.report.epochs.push_back({losses[e], has ? std::optional(figures[e]) : std::nullopt});
    }
    read.batch = static_cast<std::size_t>(batch[0]), read.loss_sum = loss_sum[0];
    read.read_best(fields, prefix, group_sizes);
    return read;
  }

 private:
  [[nodiscard]] static std::string best_name(std::string const& prefix, std::size_t group) {
    return prefix + "best." + std::to_string(group);
  }
  void read_best(field_set const& fields, std::string const& prefix, std::vector<std::size_t> const& group_sizes) {
    if (!fields.tensors.contains(best_name(prefix, 0))) return;
    for (std::size_t g = 0; g < group_sizes.size(); ++g) {
      auto const& values = fields.get_vector<T>(best_name(prefix, g));
      if (values.size() != group_sizes[g])
        throw value_error("training_progress::from_fields", "\"" + best_name(prefix, g) + "\" has " +
                                                                std::to_string(values.size()) + " numbers, expected " +
                                                                std::to_string(group_sizes[g]));
      best.emplace_back(values.begin(), values.end());
    }
  }
};

}  // namespace sidera::inline SIDERA_ABI
