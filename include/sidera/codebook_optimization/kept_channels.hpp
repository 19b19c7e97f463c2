// SPDX-License-Identifier: MIT
#pragma once
#include <sidera/codebook_optimization/requantise.hpp>
#include <sidera/core/number_text.hpp>
#include <sidera/core/policy_fields.hpp>

namespace sidera::inline SIDERA_ABI {

namespace detail {
template <class M>
struct representative_as {};
template <Divergence M>
struct representative_as<M> {
  using representative_type = typename M::representative_type;
};
}  // namespace detail

/// Metric `M` seen through the kept channels: a model of the quantisation tower that is built with it requantises at
/// every level. `residual_quantizer<kept_channels<squared_euclidean>>` takes the levels of a trained
/// `residual_quantizer<squared_euclidean>` by set_levels, or trains its own.
///
/// Rows may be `dim` columns wide or a multiple of it: [residual ; prefix] of PSRQ keeps the same channels in both
/// halves; for other widths the calls throw shape_error. Words keep all their columns, so decoding gives whole rows.
template <Metric M = squared_euclidean>
class kept_channels : public detail::representative_as<M> {
 public:
  /// All channels.
  kept_channels() = default;
  /// `channels` of rows with `dim` columns. Throws value_error for a channel that is not there or is named twice.
  kept_channels(channel_list channels, std::size_t dim, M metric = {})
      : channels_(std::move(channels)), dim_(dim), metric_(std::move(metric)) {
    require_channels(channels_, dim_, "kept_channels");
    metric_ = metric_on_channels(metric_, channels_);
  }

  template <Scalar T>
  [[nodiscard]] T operator()(std::span<T const> a, std::span<T const> b) const {
    if (channels_.empty()) return metric_(a, b);
    auto const x = gather(a), y = gather(b);
    return metric_(std::span<T const>(x), std::span<T const>(y));
  }

  template <Scalar T>
  [[nodiscard]] double exact(std::span<T const> a, std::span<T const> b) const {
    if (channels_.empty()) return exact_distance(metric_, a, b);
    auto const x = gather(a), y = gather(b);
    return exact_distance(metric_, std::span<T const>(x), std::span<T const>(y));
  }

  template <Scalar T>
  [[nodiscard]] double linear_form(std::span<T const> word,
                                   std::span<double> direction) const requires LinearMetric<M> {
    if (channels_.empty()) return metric_.linear_form(word, direction);
    auto const kept = gather(word);
    std::vector<double> small(kept.size());
    double const bias = metric_.linear_form(std::span<T const>(kept), std::span<double>(small));
    std::fill(direction.begin(), direction.end(), 0.0);
    for (std::size_t i = 0; i < small.size(); ++i) direction[column(i)] = small[i];
    return bias;
  }

  void save(field_set& f) const {
    std::string text;
    for (index_t const k : channels_) text += (text.empty() ? "" : " ") + to_text(k);
    f.metadata["kept_channels"] = text;
    f.metadata["kept_channels.dim"] = to_text(dim_);
    save_parameters(metric_, f);
  }
  void load(field_set const& f) {
    constexpr std::string_view where = "kept_channels::load";
    channel_list read;
    std::string_view text = f.get_text("kept_channels");
    while (!text.empty()) {
      std::size_t const end = std::min(text.find(' '), text.size());
      read.push_back(from_text<index_t>(text.substr(0, end), where));
      text.remove_prefix(std::min(end + 1, text.size()));
    }
    auto const columns = from_text<std::size_t>(f.get_text("kept_channels.dim"), where);
    if (!read.empty()) require_channels(read, columns, where);
    load_parameters(metric_, f);
    channels_ = std::move(read);
    dim_ = columns;
  }

 private:
  /// Column of a row that entry i of its kept part comes from.
  [[nodiscard]] std::size_t column(std::size_t i) const noexcept {
    return i / channels_.size() * dim_ + static_cast<std::size_t>(channels_[i % channels_.size()]);
  }
  template <Scalar T>
  [[nodiscard]] std::vector<T> gather(std::span<T const> row) const {
    if (row.size() % dim_ != 0)
      throw shape_error("kept_channels", "a row has " + std::to_string(row.size()) +
                                             " columns, expected a multiple of " + std::to_string(dim_));
    std::vector<T> kept(row.size() / dim_ * channels_.size());
    for (std::size_t i = 0; i < kept.size(); ++i) kept[i] = row[column(i)];
    return kept;
  }

  channel_list channels_;
  std::size_t dim_ = 0;
  [[no_unique_address]] M metric_;
};

static_assert(LinearMetric<kept_channels<squared_euclidean>> && Divergence<kept_channels<squared_euclidean>>);

}  // namespace sidera::inline SIDERA_ABI
