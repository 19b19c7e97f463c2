// SPDX-License-Identifier: MIT
#pragma once
/// \file  Items, their views and who took them: read from files, or made so that the right model is known.
#include <sidera/interest/ranking_samples.hpp>
#include <sidera/io/load.hpp>
#include <sidera/quantizers/view.hpp>

#include "settings.hpp"

namespace program {

struct data_set {
  std::vector<sidera::view<float>> views;
  sidera::interaction_table table;
};

[[nodiscard]] inline data_set load_data(settings const& s) {
  data_set data;
  for (auto const& [name, file] : s.views) data.views.emplace_back(name, sidera::load_matrix<float>(file));
  sidera::require_views(data.views, "--view");
  for (auto const& v : data.views) sidera::require_finite_view(v, "--view");
  std::size_t const items = sidera::row_count(data.views.front().x);
  data.table = std::visit([&](auto const& rows) { return sidera::interactions_from(rows, items); },
                          sidera::load_numbers(s.interactions));
  return data;
}

/// The part that the figures are of.
[[nodiscard]] inline sidera::data_part asked_part(settings const& s) {
  return s.part == "valid" ? sidera::data_part::valid : sidera::data_part::test;
}

/// Throws std::invalid_argument unless there are interactions to train on and to ask about.
inline void require_parts(data_set const& data, settings const& s) {
  std::string const where = s.generated ? "the generated table" : s.interactions;
  if (data.table.count(sidera::data_part::train) == 0) throw std::invalid_argument(where + " has no row of split 0");
  if (auto const part = asked_part(s); data.table.count(part) == 0)
    throw std::invalid_argument(where + " has no row of split " + std::to_string(static_cast<int>(part)) +
                                ", which --part " + s.part + " asks for");
}

/// Every item has one of four texts and one of four sounds. Every user has two tastes, each of them one text with one
/// sound, and takes items of exactly these pairs: liking a text and liking a sound is not enough, they have to come
/// together. So one view leaves half of the wrong items in, and two views that are not looked at jointly still take
/// the text of one taste with the sound of the other for a match.
[[nodiscard]] inline data_set generated_data(std::uint64_t seed = 1) {
  constexpr std::size_t items = 2048, users = 1000, kinds = 4, dim = 16, taken = 20;
  sidera::random_stream const random(seed, 0x67656E);
  data_set data{{{"text", sidera::matrix<float>(items, dim)}, {"audio", sidera::matrix<float>(items, dim)}},
                {users, items, false, {}}};
  for (std::size_t i = 0; i < items; ++i)
    for (std::size_t v = 0; v < 2; ++v) {
      std::size_t const kind = v == 0 ? i % kinds : i / kinds % kinds;
      for (std::size_t d = 0; d < dim; ++d)
        data.views[v].x(static_cast<sidera::index_t>(i), static_cast<sidera::index_t>(d)) = static_cast<float>(
            random.fork(10 + v).normal(kind * dim + d) + .4 * random.fork(20 + v).normal(i * dim + d));
    }
  for (std::size_t u = 0; u < users; ++u) {
    sidera::random_stream const own = random.fork(1000 + u);
    auto const text = own.fork(0).permutation(kinds), audio = own.fork(1).permutation(kinds);
    auto const order = own.fork(2).permutation(items);
    std::size_t count = 0;
    for (std::size_t const i : order) {
      bool const liked = (i % kinds == text[0] && i / kinds % kinds == audio[0]) ||
                         (i % kinds == text[1] && i / kinds % kinds == audio[1]);
      bool const popular = own.fork(3).uniform(i) < (i / (kinds * kinds) % 16 == 0 ? 1 : .12);
      if (!liked || !popular || count == taken) continue;
      auto const part = count % 5 == 4 ? sidera::data_part::test : sidera::data_part::train;
      data.table.rows.push_back({static_cast<sidera::code_t>(u), static_cast<sidera::code_t>(i), part, 1, 0});
      ++count;
    }
  }
  return data;
}

}  // namespace program
