// SPDX-License-Identifier: MIT
#pragma once
#include <sidera/update_rules/concepts.hpp>

namespace sidera::inline SIDERA_ABI {

/// Each word becomes the representative of its members (Lloyd 1982; with `normalized_mean` the spherical k-means of
/// Dhillon and Modha 2001). The distortion never rises.
template <class Representative>
struct basic_lloyd {
  using representative_type = Representative;
  static constexpr std::string_view name =
      std::same_as<Representative, representative::mean> ? "lloyd" : "spherical_mean";

  template <Scalar T>
  class state {
   public:
    state(basic_lloyd const&, codebook<T> const&) {}

    void update(codebook<T>& book, pass_statistics<T> const& pass) {
      for (std::size_t j = 0; j < book.size(); ++j) {
        if (pass.counts()[j] == 0) continue;
        auto const word = row_span(book.words, static_cast<index_t>(j));
        pass.mean(j, word);
        Representative::from_mean(word);
      }
    }
    void update(codebook<T>& book, matrix_cref<T> const& x, std::span<code_t const> codes) {
      update(book, pass_statistics<T>::of(x, codes, book.size()));
    }
  };
};

/// Lloyd for distances whose cells are represented by their mean.
using lloyd = basic_lloyd<representative::mean>;
/// Lloyd for the cosine distance. Expects rows of unit length, which quantizers hand it: a long row would weigh more.
using spherical_mean = basic_lloyd<representative::normalized_mean>;

static_assert(UpdateRule<lloyd> && UpdateRule<spherical_mean>);

}  // namespace sidera::inline SIDERA_ABI
