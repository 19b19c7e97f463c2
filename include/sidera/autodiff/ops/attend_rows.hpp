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
  sample_rows(T const** memory, summands<T> x, std::span<code_t const> places, T* sums) : row(memory) {
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

/// Adds the gradients g of the sums of one sample, side by side, to those of their summands.
template <Scalar T>
void add_to_summands(summands<T> x, std::span<code_t const> places, T const* g, T* to) {
  for (code_t const place : places) {
    if (place < 0) continue;
    add_to_rows(to, x.ids_of(static_cast<std::size_t>(place)), x.cols, 0, x.cols, g);
    g += x.cols;
  }
}

/// Everything that the samples of a batch share.
template <Scalar T>
struct attention_to_rows {
  attention_sizes s;
  summands<T> vectors;
  std::span<code_t const> places;
  T const* queries;
  T *weights, *sums;  ///< the sums of all places; null where the vectors are rows
  T const** memory;
  sample_rows<T>* rows;

  attention_to_rows(tape<T>& t, attention_sizes sizes, variable<T> q, row_sums<T> const& x, std::span<code_t const> at)
      : s(sizes),
        vectors(x),
        places(t.keep(at)),
        queries(q.data()),
        weights(t.scratch(s.batch * s.heads * s.time)),
        sums(vectors.ids == nullptr ? nullptr : t.scratch(s.batch * s.time * s.cols)),
        memory(t.template scratch<T const*>(s.batch * s.time)),
        rows(t.template scratch<sample_rows<T>>(s.batch)) {}

  [[nodiscard]] std::span<code_t const> places_of(std::size_t b) const { return places.subspan(b * s.time, s.time); }
  [[nodiscard]] T const* queries_of(std::size_t b) const { return queries + b * s.heads * s.cols; }
  [[nodiscard]] T* weights_of(std::size_t b) const { return weights + b * s.heads * s.time; }
  [[nodiscard]] T* sums_of(std::size_t b) const { return sums == nullptr ? nullptr : sums + b * s.time * s.cols; }

  void forward(std::size_t b, T* y) const {
    rows[b] = sample_rows<T>(memory + b * s.time, vectors, places_of(b), sums_of(b));
    attend_sample(s, queries_of(b), rows[b], weights_of(b), y);
  }

  /// `slopes` is memory for heads x time numbers, `of_sums` for time x cols where the vectors are sums; null targets
  /// are left out.
  void backward(std::size_t b, T const* g, T* slopes, T* of_sums, T* to_q, T* to_x) const {
    attend_sample_backward(s, rows[b], weights_of(b), g, slopes, to_q);
    if (to_x == nullptr) return;
    bool const own_rows = sums == nullptr;
    T const* const from = own_rows ? vectors.rows : sums_of(b);
    T* const to = own_rows ? to_x : of_sums;
    spread_heads(
        weights_of(b), g, slopes, queries_of(b), s.time, s.heads, rows[b].count, s.cols,
        [&](std::size_t i) { return to + (rows[b](i) - from); }, own_rows);
    if (!own_rows) add_to_summands(vectors, places_of(b), to, to_x);
  }
};

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
  std::size_t const row = queries.cols(), batch = queries.rows();
  detail::attention_to_rows<T> const all(t, {batch, time, heads, x.cols(), scale}, queries, x, places);
  variable<T> const y = t.result(batch, row, queries, x.rows);
  detail::parallel_for(t, batch, time * row, [&](std::size_t begin, std::size_t end) {
    for (std::size_t b = begin; b < end; ++b) all.forward(b, y.data() + b * row);
  });
  t.on_backward(
      [=, &t] {
        T *const to_q = queries.zeroed_target(), *const to_x = x.rows.zeroed_target();
        T* const slopes = t.scratch(heads * time);
        T* const of_sums = all.sums == nullptr ? nullptr : t.scratch(time * x.cols());
        for (std::size_t b = 0; b < batch; ++b)  // samples may share rows of x: in order, by one thread
          all.backward(b, y.gradient_data() + b * row, slopes, of_sums, to_q == nullptr ? nullptr : to_q + b * row,
                       to_x);
      },
      y);
  return y;
}

}  // namespace sidera::inline SIDERA_ABI
