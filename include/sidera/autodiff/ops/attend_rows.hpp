// SPDX-License-Identifier: MIT
#pragma once
#include <sidera/autodiff/ops/attention_kernels.hpp>
#include <sidera/autodiff/ops/place_index.hpp>
#include <sidera/autodiff/ops/softmax.hpp>

namespace sidera::inline SIDERA_ABI {
namespace detail {

/// The places of one sample that hold a key.
struct sample_keys {
  std::size_t* key;
  std::size_t count = 0;

  sample_keys(std::size_t* memory, std::span<code_t const> places) : key(memory) {
    for (code_t const place : places)
      if (place >= 0) key[count++] = static_cast<std::size_t>(place);
  }
};

/// What \ref attend_rows needs to know of its sizes.
struct attention_sizes {
  std::size_t batch, time, heads, cols;
  double scale;
};

/// One sample: weights (heads x time, the first `count` of each row are used) and results (heads x cols).
template <Scalar T>
void attend_sample(attention_sizes s, T const* q, T const* x, sample_keys const& keys, T* weights, T* y) {
  using batch = simd::batch<T>;
  auto const row = [&](std::size_t i) { return x + keys.key[i] * s.cols; };
  dot_heads(q, s.heads, s.cols, keys.count, row, weights, s.time);
  for (std::size_t h = 0; h < s.heads; ++h) {
    T* const w = weights + h * s.time;
    transform<T>(
        w, false, keys.count, [c = batch(static_cast<T>(s.scale))](batch v) { return c * v; }, w);
    softmax_row(w, w, keys.count);
  }
  weigh_heads(weights, s.time, s.heads, keys.count, s.cols, row, y, false);
}

/// Gradients of one sample; `slopes` (heads x time numbers) is scratch memory. Null targets are left out.
template <Scalar T>
void attend_sample_backward(attention_sizes s, T const* q, T const* x, sample_keys const& keys, T const* weights,
                            T const* g, T* slopes, T* to_q, T* to_x) {
  using batch = simd::batch<T>;
  auto const row = [&](std::size_t i) { return x + keys.key[i] * s.cols; };
  dot_heads(g, s.heads, s.cols, keys.count, row, slopes, s.time);
  for (std::size_t h = 0; h < s.heads; ++h) {
    T const* const w = weights + h * s.time;
    T* const slope = slopes + h * s.time;
    batch const mean(static_cast<T>(dot_of<T>(slope, w, keys.count))), c(static_cast<T>(s.scale));
    transform<T>(
        slope, false, keys.count, [=](batch d, batch a) { return c * a * (d - mean); }, slope, w);
  }
  if (to_q != nullptr) weigh_heads(slopes, s.time, s.heads, keys.count, s.cols, row, to_q, true);
  if (to_x == nullptr) return;
  spread_heads(weights, g, slopes, q, s.time, s.heads, keys.count, s.cols,
               [&](std::size_t i) { return to_x + keys.key[i] * s.cols; });
}

}  // namespace detail

/// y_bh = sum_t a_bht x_(p_bt) with a_bh. = softmax over t of scale q_bh . x_(p_bt): attention of `heads` queries per
/// sample to whole rows of x, batch x (heads * columns).
///
/// `queries` is batch x (heads * columns), `places` holds batch * time row numbers of x; a negative place is padding
/// and takes no part, wherever it is: a longer padding changes no bit. A sample without any place gives zeros.
template <Scalar T>
[[nodiscard]] variable<T> attend_rows(variable<T> queries, variable<T> x, std::span<code_t const> places,
                                      std::size_t time, std::size_t heads, double scale) {
  require_shapes(heads != 0 && queries.cols() == heads * x.cols(), "attend_rows", queries, x,
                 "queries of heads * columns");
  detail::require_places(places, {queries.rows(), time}, x.rows(), "attend_rows");
  tape<T>& t = x.owner();
  detail::attention_sizes const s{queries.rows(), time, heads, x.cols(), scale};
  std::span<code_t const> const keep = t.keep(places);
  variable<T> const y = t.result(s.batch, heads * s.cols, queries, x);
  T* const weights = t.scratch(s.batch * heads * time);
  auto* const memory = t.template scratch<std::size_t>(s.batch * time);
  auto const keys_of = [=](std::size_t b) {
    return detail::sample_keys(memory + b * time, keep.subspan(b * time, time));
  };
  std::size_t const row = heads * s.cols;
  detail::parallel_for(t, s.batch, time * row, [&](std::size_t begin, std::size_t end) {
    for (std::size_t b = begin; b < end; ++b)
      detail::attend_sample(s, queries.data() + b * row, x.data(), keys_of(b), weights + b * heads * time,
                            y.data() + b * row);
  });
  t.on_backward(
      [=, &t] {
        T *const to_q = queries.zeroed_target(), *const to_x = x.zeroed_target(),
                 *const slopes = t.scratch(heads * time);
        for (std::size_t b = 0; b < s.batch; ++b)  // samples may share rows of x: in order, by one thread
          detail::attend_sample_backward(s, queries.data() + b * row, x.data(), keys_of(b), weights + b * heads * time,
                                         y.gradient_data() + b * row, slopes,
                                         to_q == nullptr ? nullptr : to_q + b * row, to_x);
      },
      y);
  return y;
}

}  // namespace sidera::inline SIDERA_ABI
