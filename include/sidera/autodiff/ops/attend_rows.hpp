// SPDX-License-Identifier: MIT
#pragma once
#include <sidera/autodiff/ops/attention_kernels.hpp>
#include <sidera/autodiff/ops/place_index.hpp>
#include <sidera/autodiff/ops/softmax.hpp>

namespace sidera::inline SIDERA_ABI {
namespace detail {

/// What \ref attend_rows needs to know of its sizes.
struct attention_sizes {
  std::size_t batch, time, heads, cols;
  double scale;
};

/// Where the vectors of one sample lie that are no padding.
template <Scalar T>
struct sample_rows {
  T const** row;
  std::size_t count = 0;

  [[nodiscard]] T const* operator()(std::size_t i) const noexcept { return row[i]; }

  /// Vectors that are sums are made in `sums`, side by side.
  sample_rows(T const** memory, summands<T const> x, std::span<code_t const> places, T* sums) : row(memory) {
    for (code_t const place : places) {
      if (place < 0) continue;
      auto const key = static_cast<std::size_t>(place);
      if (x.ids != nullptr) add_up_rows(x.rows, x.ids_of(key), x.cols, sums + count * x.cols);
      row[count] = x.ids != nullptr ? sums + count * x.cols : x.rows + key * x.cols;
      ++count;
    }
  }
};

/// One sample: weights (heads x time, the first `count` of each row are used) and results (heads x cols).
template <Scalar T>
void attend_sample(attention_sizes s, T const* q, sample_rows<T> const& rows, T* weights, T* y) {
  using batch = simd::batch<T>;
  dot_heads(q, s.heads, s.cols, rows.count, rows, weights, s.time);
  for (std::size_t h = 0; h < s.heads; ++h) {
    T* const w = weights + h * s.time;
    transform<T>(
        w, false, rows.count, [c = batch(static_cast<T>(s.scale))](batch v) { return c * v; }, w);
    softmax_row(w, w, rows.count);
  }
  weigh_heads(weights, s.time, s.heads, rows.count, s.cols, rows, y, false);
}

/// Gradients of the scores of one sample (heads x time), and of its queries unless `to_q` is null.
template <Scalar T>
void attend_sample_backward(attention_sizes s, sample_rows<T> const& rows, T const* weights, T const* g, T* slopes,
                            T* to_q) {
  using batch = simd::batch<T>;
  dot_heads(g, s.heads, s.cols, rows.count, rows, slopes, s.time);
  for (std::size_t h = 0; h < s.heads; ++h) {
    T const* const w = weights + h * s.time;
    T* const slope = slopes + h * s.time;
    batch const mean(static_cast<T>(dot_of<T>(slope, w, rows.count))), c(static_cast<T>(s.scale));
    transform<T>(
        slope, false, rows.count, [=](batch d, batch a) { return c * a * (d - mean); }, slope, w);
  }
  if (to_q != nullptr) weigh_heads(slopes, s.time, s.heads, rows.count, s.cols, rows, to_q, true);
}

/// Adds the gradients of `count` sums, side by side in `g`, to their summands.
template <Scalar T>
void add_to_summands(summands<T> to, std::span<code_t const> places, T const* g) {
  for (code_t const place : places) {
    if (place < 0) continue;
    add_to_rows(to.rows, to.ids_of(static_cast<std::size_t>(place)), to.cols, 0, to.cols, g);
    g += to.cols;
  }
}

}  // namespace detail

/// y_bh = sum_t a_bht x_(p_bt) with a_bh. = softmax over t of scale q_bh . x_(p_bt): attention of `heads` queries per
/// sample to whole vectors of x, batch x (heads * columns).
///
/// `queries` is batch x (heads * columns), `places` holds batch * time numbers of vectors of x; a negative place is
/// padding and takes no part, wherever it is: a longer padding changes no bit. A sample without any place gives zeros.
/// Vectors that are sums are made sample by sample, while they are in cache.
template <Scalar T>
[[nodiscard]] variable<T> attend_rows(variable<T> queries, std::type_identity_t<row_sums<T>> const& x,
                                      std::span<code_t const> places, std::size_t time, std::size_t heads,
                                      double scale) {
  require_shapes(heads != 0 && queries.cols() == heads * x.cols(), "attend_rows", queries, x.rows,
                 "queries of heads * columns");
  detail::require_places(places, {queries.rows(), time}, x.size(), "attend_rows");
  tape<T>& t = queries.owner();
  detail::attention_sizes const s{queries.rows(), time, heads, x.cols(), scale};
  std::span<code_t const> const keep = t.keep(places);
  std::size_t const row = heads * s.cols;
  variable<T> const y = t.result(s.batch, row, queries, x.rows);
  T* const weights = t.scratch(s.batch * heads * time);
  detail::summands<T const> const vectors(x.rows.data(), x);
  T* const sums = vectors.ids == nullptr ? nullptr : t.scratch(s.batch * time * s.cols);
  auto** const pointers = t.template scratch<T const*>(s.batch * time);
  auto* const rows_of = t.template scratch<detail::sample_rows<T>>(s.batch);
  detail::parallel_for(t, s.batch, time * row, [&](std::size_t begin, std::size_t end) {
    for (std::size_t b = begin; b < end; ++b) {
      std::size_t const first = b * time;
      T* const own = sums == nullptr ? nullptr : sums + first * s.cols;
      rows_of[b] = detail::sample_rows<T>(pointers + first, vectors, keep.subspan(first, time), own);
      detail::attend_sample(s, queries.data() + b * row, rows_of[b], weights + b * heads * time, y.data() + b * row);
    }
  });
  t.on_backward(
      [=, &t] {
        T *const to_q = queries.zeroed_target(), *const slopes = t.scratch(heads * time);
        detail::summands<T> const to(x.rows.zeroed_target(), x);
        T* const of_sums = to.ids == nullptr ? nullptr : t.scratch(time * s.cols);
        for (std::size_t b = 0; b < s.batch; ++b) {  // samples may share rows of x: in order, by one thread
          detail::sample_rows<T> const& rows = rows_of[b];
          T const *const g = y.gradient_data() + b * row, *const a = weights + b * heads * time;
          detail::attend_sample_backward(s, rows, a, g, slopes, to_q == nullptr ? nullptr : to_q + b * row);
          if (to.rows == nullptr) continue;
          T const* const values = to.ids == nullptr ? vectors.rows : sums + b * time * s.cols;
          T* const gradients = to.ids == nullptr ? to.rows : of_sums;
          detail::spread_heads(
              a, g, slopes, queries.data() + b * row, time, heads, rows.count, s.cols,
              [&](std::size_t i) { return gradients + (rows(i) - values); }, to.ids == nullptr);
          if (to.ids != nullptr) detail::add_to_summands(to, keep.subspan(b * time, time), of_sums);
        }
      },
      y);
  return y;
}

}  // namespace sidera::inline SIDERA_ABI
