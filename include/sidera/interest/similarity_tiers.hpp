// SPDX-License-Identifier: MIT
#pragma once
#include <cmath>
#include <sidera/core/check.hpp>
#include <sidera/core/fields.hpp>
#include <sidera/core/row_scale.hpp>
#include <sidera/interest/ranking_batch.hpp>

namespace sidera::inline SIDERA_ABI {

/// How many tiers there are.
struct tier_counts {
  std::size_t modalities = 0, tiers = 0;  ///< `tiers` of each modality
  [[nodiscard]] std::size_t all() const noexcept { return modalities * tiers; }
};

/// How similar the target is to the items of the history, as a histogram per set of features: what SimTier gives the
/// tower (Sheng et al., "Enhancing Taobao display advertising with multimodal representations", CIKM 2024).
///
/// With s_j the cosine of target and j-th item, tier i of N counts the s_j in [-1 + 2 i / N, -1 + 2 (i + 1) / N); the
/// tower reads log(1 + count). Nothing is learned here. Empty by default: no columns. The tiers of single places are
/// what \ref bucket_bias_attention looks its biases up by.
template <Scalar T>
class similarity_tiers {
 public:
  similarity_tiers() = default;
  /// Features of all items, one matrix per modality. Throws value_error for a NaN and for no tiers.
  similarity_tiers(std::vector<matrix<T>> features, std::size_t tiers) : features_(std::move(features)), tiers_(tiers) {
    if (tiers == 0) throw value_error("similarity_tiers", "there are no tiers");
    for (matrix<T>& f : features_) {
      require_finite<T>(f, "similarity_tiers", "features");
      for (index_t i = 0; i < f.rows(); ++i) {
        std::span const row(f.data() + i * f.cols(), column_count(f));
        if (!squares_in_range<T>(static_cast<double>(f.row(i).squaredNorm()), row.size()))
          scale_row<T>(row, -size_exponent(largest_size<T>(row)), row.data());
        if (T const norm = f.row(i).norm(); norm > 0) f.row(i) /= norm;
      }
    }
  }

  [[nodiscard]] tier_counts counts() const noexcept { return {features_.size(), tiers_}; }
  [[nodiscard]] std::size_t columns() const noexcept { return counts().all(); }
  /// Throws shape_error unless every modality has `items` rows.
  void require_items(std::size_t items) const {
    for (matrix<T> const& f : features_) require_rows(f, items, "similarity_tiers", "features");
  }

  /// The tier of every place of the histories: (rows * time) x modalities, no_code at padding. The items of the batch
  /// must exist.
  [[nodiscard]] code_matrix of_places(ranking_batch const& batch) const {
    code_matrix tiers(batch.history.size(), static_cast<index_t>(features_.size()));
    for (std::size_t b = 0, place = 0; b < batch.size(); ++b)
      for (std::size_t j = 0; j < batch.time(); ++j, ++place)
        for (std::size_t m = 0; m < features_.size(); ++m) {
          code_t const item = batch.history.data()[place];
          tiers(static_cast<index_t>(place), static_cast<index_t>(m)) =
              item < 0 ? no_code : tier(features_[m], batch.target[b], item);
        }
    return tiers;
  }

  /// rows x (modalities * tiers): log(1 + count) from the tiers of `rows` times as many places.
  [[nodiscard]] matrix<T> histogram(code_matrix const& of_places, std::size_t rows) const {
    matrix<T> out = matrix<T>::Zero(static_cast<index_t>(rows), static_cast<index_t>(columns()));
    index_t const time = rows == 0 ? 0 : of_places.rows() / out.rows();
    for (index_t place = 0; place < of_places.rows(); ++place)
      for (index_t m = 0; m < of_places.cols(); ++m)
        if (code_t const tier = of_places(place, m); tier >= 0)
          out(place / time, m * static_cast<index_t>(tiers_) + tier) += T(1);
    for (index_t i = 0; i < out.size(); ++i) out.data()[i] = std::log1p(out.data()[i]);
    return out;
  }

  /// rows x (modalities * tiers). The items of the batch must exist.
  [[nodiscard]] matrix<T> operator()(ranking_batch const& batch) const {
    return histogram(of_places(batch), batch.size());
  }

  void to_fields(field_set& fields, std::string const& prefix) const {
    fields.put(prefix + "counts", std::vector<std::int64_t>{static_cast<std::int64_t>(features_.size()),
                                                            static_cast<std::int64_t>(tiers_)});
    for (std::size_t m = 0; m < features_.size(); ++m) fields.put(prefix + std::to_string(m), features_[m]);
  }
  /// Reads what to_fields wrote; throws value_error, also for features with a NaN and for modalities without tiers.
  [[nodiscard]] static similarity_tiers from_fields(field_set const& fields, std::string const& prefix) {
    auto const& counts = fields.get_vector<std::int64_t>(prefix + "counts");
    if (counts.size() != 2 || counts[0] < 0 || counts[1] < 0 || counts[1] > 1'000'000)
      throw value_error("similarity_tiers", "\"" + prefix + "counts\" are no counts");
    if (counts[0] > 0 && counts[1] == 0)
      throw value_error("similarity_tiers",
                        "\"" + prefix + "counts\" are " + std::to_string(counts[0]) + " modalities without tiers");
    similarity_tiers loaded;
    loaded.tiers_ = static_cast<std::size_t>(counts[1]);
    for (std::int64_t m = 0; m < counts[0]; ++m)
      loaded.features_.push_back(fields.get_matrix<T>(prefix + std::to_string(m)));
    return loaded;
  }

 private:
  [[nodiscard]] code_t tier(matrix<T> const& f, code_t a, code_t b) const {
    double const cosine = static_cast<double>(f.row(a).dot(f.row(b)));
    double const at = std::floor((cosine + 1) / 2 * static_cast<double>(tiers_));
    return static_cast<code_t>(std::clamp(at, 0.0, static_cast<double>(tiers_ - 1)));
  }

  std::vector<matrix<T>> features_;  ///< rows of length 1
  std::size_t tiers_ = 0;
};

}  // namespace sidera::inline SIDERA_ABI
