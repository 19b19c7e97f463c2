// SPDX-License-Identifier: MIT
#pragma once
#include <sidera/autodiff/ops/additive_scores.hpp>
#include <sidera/autodiff/ops/softmax.hpp>

namespace sidera::inline SIDERA_ABI {
namespace detail {

/// out[i] = q . row(i) for `count` rows of n numbers. The lanes of a register's worth of products are summed side by
/// side, so that no sum waits for the one before; each result depends on its own row alone.
template <Scalar T, class Row>
void dot_with_rows(T const* q, std::size_t n, std::size_t count, Row const& row, T* out) {
  constexpr std::size_t w = simd::width<T>;
  std::size_t const whole = n / w * w;
  for (std::size_t first = 0; first < count; first += w) {
    alignas(64) T lanes[w][w] = {};
    std::size_t const some = std::min(w, count - first);
    for (std::size_t i = 0; i < some; ++i) {
      T const* const x = row(first + i);
      simd::batch<T> sum(T(0));
      for (std::size_t j = 0; j < whole; j += w) sum = sum + simd::load<T>(q + j) * simd::load<T>(x + j);
      simd::store<T>(lanes[i], sum);
      for (std::size_t j = whole; j < n; ++j) lanes[i][j - whole] += q[j] * x[j];
    }
    for (std::size_t j = 1; j < w; ++j)
      for (std::size_t i = 0; i < w; ++i) lanes[i][0] += lanes[i][j];
    for (std::size_t i = 0; i < some; ++i) out[first + i] = lanes[i][0];
  }
}

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
  for (std::size_t h = 0; h < s.heads; ++h) {
    T *const w = weights + h * s.time, *const out = y + h * s.cols;
    dot_with_rows(
        q + h * s.cols, s.cols, keys.count, [&](std::size_t i) { return x + keys.key[i] * s.cols; }, w);
    transform<T>(
        w, false, keys.count, [c = batch(static_cast<T>(s.scale))](batch v) { return c * v; }, w);
    softmax_row(w, w, keys.count);
    std::fill_n(out, s.cols, T(0));
    for (std::size_t i = 0; i < keys.count; ++i)
      transform<T>(
          out, true, s.cols, [a = batch(w[i])](batch v) { return a * v; }, x + keys.key[i] * s.cols);
  }
}

/// Gradients of one sample; `slope` (time numbers) is scratch memory. Null targets are left out.
template <Scalar T>
void attend_sample_backward(attention_sizes s, T const* q, T const* x, sample_keys const& keys, T const* weights,
                            T const* g, T* slope, T* to_q, T* to_x) {
  using batch = simd::batch<T>;
  for (std::size_t h = 0; h < s.heads; ++h) {
    T const *const w = weights + h * s.time, *const up = g + h * s.cols;
    dot_with_rows(
        up, s.cols, keys.count, [&](std::size_t i) { return x + keys.key[i] * s.cols; }, slope);
    batch const mean(static_cast<T>(dot_of<T>(slope, w, keys.count))), c(static_cast<T>(s.scale));
    transform<T>(
        slope, false, keys.count, [=](batch d, batch a) { return c * a * (d - mean); }, slope, w);
    for (std::size_t i = 0; i < keys.count; ++i) {
      batch const a(w[i]), d(slope[i]);
      std::size_t const row = keys.key[i] * s.cols;
      if (to_q != nullptr)
        transform<T>(
            to_q + h * s.cols, true, s.cols, [d](batch v) { return d * v; }, x + row);
      if (to_x != nullptr)
        transform<T>(
            to_x + row, true, s.cols, [=](batch u, batch v) { return a * u + d * v; }, up, q + h * s.cols);
    }
  }
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
        T *const to_q = queries.zeroed_target(), *const to_x = x.zeroed_target(), *const slope = t.scratch(time);
        for (std::size_t b = 0; b < s.batch; ++b)  // samples may share rows of x: in order, by one thread
          detail::attend_sample_backward(s, queries.data() + b * row, x.data(), keys_of(b), weights + b * heads * time,
                                         y.gradient_data() + b * row, slope, to_q == nullptr ? nullptr : to_q + b * row,
                                         to_x);
      },
      y);
  return y;
}

}  // namespace sidera::inline SIDERA_ABI
