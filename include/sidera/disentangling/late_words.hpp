// SPDX-License-Identifier: MIT
#pragma once
#include <sidera/bottlenecks/bottleneck_output.hpp>
#include <sidera/disentangling/clip_batch.hpp>
#include <utility>

namespace sidera::inline SIDERA_ABI {

/// Gathers the features that the words of a codebook start from once they get codes: for a codebook that joins in late,
/// when features are no longer those that the words have started at.
template <Scalar T>
class late_words {
 public:
  /// The next `features` that get codes are to be gathered.
  void await(std::size_t features) { awaited_ = features; }
  [[nodiscard]] bool awaits() const noexcept { return awaited_ > 0; }

  /// Adds the features `z` that have codes; true once there are as many as awaited.
  [[nodiscard]] bool add(std::vector<bottleneck_rows<T>> const& all) {
    for (auto const& of : all) {
      std::vector<std::uint8_t> coded(row_count(of.z));
      for (std::size_t i = 0; i < coded.size(); ++i) coded[i] = of.codes(static_cast<index_t>(i), 0) >= 0;
      matrix<T> const kept = detail::flagged_rows<T>(of.z, coded);
      gathered_.conservativeResize(gathered_.rows() + kept.rows(), of.z.cols());
      gathered_.bottomRows(kept.rows()) = kept;
    }
    return row_count(gathered_) >= awaited_;
  }
  /// What was gathered; nothing is awaited any more.
  [[nodiscard]] matrix<T> take() {
    awaited_ = 0;
    return std::exchange(gathered_, matrix<T>(0, 0));
  }

  void to_fields(field_set& f, std::string const& prefix) const {
    f.put(prefix + "awaited", std::vector<std::int64_t>{static_cast<std::int64_t>(awaited_)});
    f.put(prefix + "gathered", gathered_);
  }
  void from_fields(field_set const& f, std::string const& prefix) {
    gathered_ = f.get_matrix<T>(prefix + "gathered");
    awaited_ = static_cast<std::size_t>(f.get_number<std::int64_t>(prefix + "awaited"));
  }

 private:
  std::size_t awaited_ = 0;
  matrix<T> gathered_ = matrix<T>(0, 0);
};

}  // namespace sidera::inline SIDERA_ABI
