// SPDX-License-Identifier: MIT
#pragma once
#include <algorithm>
#include <cmath>
#include <sidera/update_rules/concepts.hpp>

namespace sidera::inline SIDERA_ABI {

/// Each word becomes the coordinate-wise median of its members (k-medians, Bradley et al. 1997); of an even number of
/// values the mean of the two in the middle.
struct coordinate_median {
  using representative_type = representative::median;

  template <Scalar T>
  class state {
   public:
    state(coordinate_median const&, codebook<T> const&) {}

    void update(codebook<T>& book, matrix_cref<T> const& x, std::span<code_t const> codes) {
      require_codes(codes, book.size(), "coordinate_median::update");
      std::vector<std::vector<index_t>> members(book.size());
      for (std::size_t i = 0; i < codes.size(); ++i)
        if (codes[i] >= 0) members[static_cast<std::size_t>(codes[i])].push_back(static_cast<index_t>(i));
      std::vector<T> column;
      for (std::size_t j = 0; j < book.size(); ++j)
        for (index_t d = 0; d < x.cols() && !members[j].empty(); ++d) {
          column.clear();
          for (index_t const i : members[j]) column.push_back(x(i, d));
          book.words(static_cast<index_t>(j), d) = median(column);
        }
    }

   private:
    [[nodiscard]] static T median(std::vector<T>& values) {
      auto const middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
      std::nth_element(values.begin(), middle, values.end());
      if (values.size() % 2 == 1) return *middle;
      T const below = *std::max_element(values.begin(), middle);
      T const way = *middle - below;
      return std::isfinite(way) ? below + way / 2 : below / 2 + *middle / 2;
    }
  };
};
static_assert(UpdateRule<coordinate_median>);

}  // namespace sidera::inline SIDERA_ABI
