// SPDX-License-Identifier: MIT
#pragma once
/// \file  Clips of several modalities, drawn: what they share, what each has for itself, and what is a mere offset are
/// known.
#include <array>
#include <cmath>
#include <sidera/core/matrix.hpp>
#include <sidera/core/random.hpp>
#include <string>
#include <vector>

namespace program {

/// Sizes and strengths of \ref draw_sequences.
struct sequence_world {
  std::size_t clips = 300, time = 10;
  std::size_t events = 12;  ///< of the shared chain, and as many of the private chain of each modality
  std::size_t latent = 12;  ///< numbers that describe an event
  double stay = 0.7;        ///< chance that the event of a step goes on in the next one
  double nuisance = 1;      ///< size of the private part beside the shared one
  double variation = 0.3;   ///< of one step of an event, shared by all modalities
  double noise = 0.1;       ///< of each number
  double offset = 2;        ///< size of the constant that each modality adds
  std::array<std::size_t, 3> widths = {48, 32, 24};
};

struct drawn_sequences {
  std::vector<sidera::matrix<float>> views;  ///< clips * time rows, clip after clip
  std::vector<std::int32_t> event;           ///< of every row: what all modalities share
};

namespace detail {

/// An event per step: at first and after every change, any with equal chance.
[[nodiscard]] inline std::vector<std::int32_t> event_chain(sequence_world const& w, sidera::random_stream random) {
  std::vector<std::int32_t> chain(w.clips * w.time);
  for (std::size_t i = 0; i < chain.size(); ++i) {
    bool const goes_on = i % w.time != 0 && random.uniform(2 * i) < w.stay;
    chain[i] = goes_on ? chain[i - 1] : static_cast<std::int32_t>(random.below(2 * i + 1, w.events));
  }
  return chain;
}

[[nodiscard]] inline sidera::matrix<float> normal_numbers(std::size_t rows, std::size_t cols, double size,
                                                          sidera::random_stream random) {
  sidera::matrix<float> m(static_cast<sidera::index_t>(rows), static_cast<sidera::index_t>(cols));
  for (std::size_t i = 0; i < rows * cols; ++i) m.data()[i] = static_cast<float>(size * random.normal(i));
  return m;
}

/// Row i: the description of event chain[i], and a variation of its own.
[[nodiscard]] inline sidera::matrix<float> described(sequence_world const& w, std::vector<std::int32_t> const& chain,
                                                     sidera::random_stream random) {
  auto const description = normal_numbers(w.events, w.latent, 1, random.fork(1));
  auto rows = normal_numbers(chain.size(), w.latent, w.variation, random.fork(2));
  for (std::size_t i = 0; i < chain.size(); ++i) rows.row(static_cast<sidera::index_t>(i)) += description.row(chain[i]);
  return rows;
}

}  // namespace detail

/// Row (clip, t) of modality m is A_m [u ; nuisance p_m] + o_m + noise, scaled to unit length as embeddings are: u
/// describes the shared event and its variation, p_m an event that only this modality has, A_m is a random linear map,
/// o_m an offset. A function of w and seed alone.
[[nodiscard]] inline drawn_sequences draw_sequences(sequence_world const& w, std::uint64_t seed) {
  using sidera::index_t;
  sidera::random_stream const random = sidera::random_stream(seed).fork(5);
  drawn_sequences out{{}, detail::event_chain(w, random.fork(0))};
  sidera::matrix<float> const shared = detail::described(w, out.event, random.fork(1));
  double const scale = 1 / std::sqrt(static_cast<double>(w.latent));
  for (std::size_t m = 0; m < w.widths.size(); ++m) {
    sidera::random_stream const own = random.fork(10 + m);
    auto const secret = detail::described(w, detail::event_chain(w, own.fork(0)), own.fork(1));
    sidera::matrix<float> latent(shared.rows(), 2 * shared.cols());
    latent << shared, static_cast<float>(w.nuisance) * secret;
    auto const mix = detail::normal_numbers(2 * w.latent, w.widths[m], scale, own.fork(2));
    auto const offset = detail::normal_numbers(1, w.widths[m], w.offset, own.fork(3));
    sidera::matrix<float> x = detail::normal_numbers(out.event.size(), w.widths[m], w.noise, own.fork(4));
    x.noalias() += latent * mix;
    x.rowwise() += offset.row(0);
    x.rowwise().normalize();
    out.views.push_back(std::move(x));
  }
  return out;
}

}  // namespace program
