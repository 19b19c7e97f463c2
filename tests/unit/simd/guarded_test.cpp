// SPDX-License-Identifier: MIT
/// \file  Kernels read nothing behind what they are given: a user's numbers may end where a mapped file ends.
#include <doctest/doctest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstring>
#include <sidera/simd/integer_panels.hpp>
#include <sidera/simd/product.hpp>
#include <sidera/simd/reduce.hpp>

using namespace sidera;

namespace {

/// Numbers whose last one is the last before a page that must not be touched.
template <class T>
class guarded_numbers {
 public:
  explicit guarded_numbers(std::size_t count) {
    auto const page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    size_ = (count * sizeof(T) + page - 1) / page * page + page;
    base_ = static_cast<std::byte*>(mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    REQUIRE(base_ != MAP_FAILED);
    REQUIRE(mprotect(base_ + size_ - page, page, PROT_NONE) == 0);
    first_ = reinterpret_cast<T*>(base_ + size_ - page) - count;
    for (std::size_t i = 0; i < count; ++i) first_[i] = static_cast<T>(i % 7) - 3;
  }
  guarded_numbers(guarded_numbers const&) = delete;
  guarded_numbers& operator=(guarded_numbers const&) = delete;
  ~guarded_numbers() { munmap(base_, size_); }

  [[nodiscard]] T* data() const noexcept { return first_; }

 private:
  std::byte* base_;
  std::size_t size_;
  T* first_;
};

template <class T>
using map = Eigen::Map<matrix<T>>;

/// Of factors that are read where they are, or copied piece by piece.
template <class T>
matrix<T> product_of(index_t m, index_t n, index_t k, simd::strided_view<T> a, simd::strided_view<T> b) {
  return simd::detail::product_of<T>(static_cast<std::size_t>(m), static_cast<std::size_t>(n),
                                     static_cast<std::size_t>(k), a, b, {});
}

}  // namespace

TEST_CASE_TEMPLATE("Products read nothing behind their factors", T, float, double) {
  constexpr index_t rows = simd::detail::tile_rows, columns = simd::detail::tile_vectors * simd::width<T>;
  for (index_t m = 1; m <= 2 * rows + 1; ++m)
    for (index_t const n : {index_t{1}, columns / 2 - 1, columns / 2, columns / 2 + 1, columns, columns + 1})
      for (index_t const k : {1, 2, 300}) {
        CAPTURE(m);
        CAPTURE(n);
        CAPTURE(k);
        guarded_numbers<T> const left(static_cast<std::size_t>(m * k)), right(static_cast<std::size_t>(k * n));
        map<T> const a(left.data(), m, k), at(left.data(), k, m), b(right.data(), k, n), bt(right.data(), n, k);
        auto const in_a = simd::row_major(left.data(), static_cast<std::size_t>(k)),
                   in_at = simd::row_major(left.data(), static_cast<std::size_t>(m)).transposed(),
                   in_b = simd::row_major(right.data(), static_cast<std::size_t>(n)),
                   in_bt = simd::row_major(right.data(), static_cast<std::size_t>(k)).transposed();
        // Small whole numbers: every order of summation gives the same.
        REQUIRE(product_of<T>(m, n, k, in_a, in_b) == a.lazyProduct(b).eval());
        REQUIRE(product_of<T>(m, n, k, in_a, in_bt) == a.lazyProduct(bt.transpose()).eval());
        REQUIRE(product_of<T>(m, n, k, in_at, in_b) == at.transpose().lazyProduct(b).eval());
        REQUIRE(product_of<T>(m, n, k, in_at, in_bt) == at.transpose().lazyProduct(bt.transpose()).eval());
      }
}

TEST_CASE_TEMPLATE("Sums over rows read nothing behind them", T, float, double) {
  for (std::size_t n = 1; n < 5 * simd::width<T>; ++n) {
    guarded_numbers<T> const x(n), y(n);
    T sum = 0;
    for (std::size_t i = 0; i < n; ++i) sum += x.data()[i] * y.data()[i];
    REQUIRE(simd::reduce(x.data(), y.data(), n, [](auto a, auto b) { return a * b; }) == sum);
  }
}

TEST_CASE_TEMPLATE("Scores by integers read nothing behind the rows, whichever unit computes them", Entry, std::int8_t,
                   std::int16_t) {
  using panels = simd::integer_panels<Entry>;
  constexpr std::size_t tile = panels::tile_rows, stride = panels::words_per_panel;
  for (std::size_t dim = 1; dim <= 140; ++dim) {
    std::vector<float> const words(3 * dim, 1.0f), origin(dim, 0.0f);
    panels const integers(simd::word_panels<float>::as_they_are(words, dim));
    guarded_numbers<float> const x(tile * dim), centred(tile * dim);
    guarded_numbers<Entry> const rows(tile * integers.row_length());
    std::vector<double> lengths(tile), errors(tile);
    integers.load_rows(x.data(), dim, tile, origin.data(),
                       {centred.data(), rows.data(), lengths.data(), errors.data()});
    Entry const* at[tile];
    for (std::size_t r = 0; r < tile; ++r) at[r] = rows.data() + r * integers.row_length();
    simd::aligned_buffer<float> adjacent(tile * stride), scattered(tile * stride);
    simd::matrix_unit_session const session(integers.wants_unit());
    integers.store_scores(rows.data(), 0, adjacent.data(), stride, 0);
    integers.store_scores(at, 0, scattered.data(), stride);
    REQUIRE(std::memcmp(adjacent.data(), scattered.data(), tile * stride * sizeof(float)) == 0);
  }
}
