// SPDX-License-Identifier: MIT
#pragma once
/// \file  Codes of the items: a quantizer by name, on one view or on all of them side by side.
#include <map>
#include <sidera/interest/item_view.hpp>

#include "data.hpp"

namespace program {

/// Codes of all items in one view, and what every word adds to a reconstruction (see sidera::level_words).
struct coded_view {
  sidera::item_view view;
  sidera::matrix<float> words;
};

/// The view as it is quantized: settings.scale applied.
[[nodiscard]] sidera::matrix<float> scaled(sidera::matrix<float> const& x, std::string const& scale);
/// All views, each scaled, side by side.
[[nodiscard]] sidera::matrix<float> side_by_side(std::vector<sidera::view<float>> const& views,
                                                 std::string const& scale);

/// `kind` is vq, pq, rq, psrq or rqvae.
[[nodiscard]] coded_view code_items(std::string const& name, sidera::matrix<float> const& x, std::string const& kind,
                                    settings const& s, std::uint64_t seed);

/// RQ codes of sources of equal width in words that they share; a weight for each source by its name, 1 where there is
/// none.
[[nodiscard]] std::vector<coded_view> code_together(std::vector<sidera::view<float>> const& sources,
                                                    std::map<std::string, std::size_t> weights, settings const& s,
                                                    std::uint64_t seed);

/// One number per item, equal for items with equal codes in all of the views; without views every item has its own.
[[nodiscard]] std::vector<sidera::code_t> id_numbers(std::vector<sidera::item_view const*> const& views,
                                                     std::size_t items);

}  // namespace program
