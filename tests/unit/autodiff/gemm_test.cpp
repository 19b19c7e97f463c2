// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <sidera/core/matrix.hpp>
#include <sidera/core/random.hpp>
#include <sidera/core/thread_pool.hpp>
#include <sidera/simd/gemm.hpp>

using sidera::matrix;
namespace simd = sidera::simd;
using sizes = std::vector<std::size_t>;

namespace {

template <class T>
matrix<T> random_matrix(std::size_t rows, std::size_t cols, std::uint64_t seed) {
  matrix<T> m(static_cast<sidera::index_t>(rows), static_cast<sidera::index_t>(cols));
  for (sidera::index_t i = 0; i < m.size(); ++i)
    m.data()[i] = static_cast<T>(sidera::random_stream(seed).normal(static_cast<std::uint64_t>(i)));
  return m;
}

/// A stored m x k or, transposed, k x m.
template <class T>
struct operand {
  matrix<T> stored;
  bool transposed;

  operand(std::size_t rows, std::size_t cols, bool flip, std::uint64_t seed)
      : stored(flip ? random_matrix<T>(cols, rows, seed) : random_matrix<T>(rows, cols, seed)), transposed(flip) {}

  [[nodiscard]] simd::strided_view<T> view() const {
    auto const v = simd::row_major(stored.data(), static_cast<std::size_t>(stored.cols()));
    return transposed ? v.transposed() : v;
  }
  [[nodiscard]] matrix<double> plain() const {
    matrix<double> const d = stored.template cast<double>();
    return transposed ? matrix<double>(d.transpose()) : d;
  }
};

template <class T>
void compare(std::size_t m, std::size_t n, std::size_t k) {
  CAPTURE(m);
  CAPTURE(n);
  CAPTURE(k);
  simd::gemm_workspace<T> workspace;
  for (int flips = 0; flips < 4; ++flips) {
    operand<T> const a(m, k, flips % 2 != 0, 1), b(k, n, flips / 2 != 0, 2);
    matrix<T> const start = random_matrix<T>(m, n, 3);
    matrix<T> c = start, sum = start;
    simd::gemm<T>(m, n, k, a.view(), b.view(), c.data(), n, false, workspace);
    simd::gemm<T>(m, n, k, a.view(), b.view(), sum.data(), n, true, workspace);
    matrix<T> packed_once = start;
    simd::aligned_buffer<T> memory(simd::packed_right_size<T>(n, k));
    auto const packed = simd::pack_right<T>(n, k, b.view(), memory.data());
    simd::gemm<T>(m, n, k, a.view(), packed, packed_once.data(), n, false, workspace);
    CHECK(packed_once == c);
    matrix<double> const expected = a.plain() * b.plain();
    double const bound = static_cast<double>(std::numeric_limits<T>::epsilon()) * static_cast<double>(k + 2) *
                         (k == 0 ? 1.0 : a.plain().cwiseAbs().maxCoeff() * b.plain().cwiseAbs().maxCoeff() + 4);
    CHECK((c.template cast<double>() - expected).cwiseAbs().maxCoeff() <= bound);
    CHECK((sum.template cast<double>() - start.template cast<double>() - expected).cwiseAbs().maxCoeff() <= bound);
  }
}

}  // namespace

TEST_CASE("products of all sizes around the register tile and all transposes") {
  for (std::size_t const m : sizes{1, 2, 5, 6, 7, 12, 13})
    for (std::size_t const n : sizes{1, 3, 8, 15, 16, 17, 33})
      for (std::size_t const k : sizes{0, 1, 2, 9}) {
        compare<float>(m, n, k);
        compare<double>(m, n, k);
      }
}

TEST_CASE("products larger than a block") {
  compare<float>(203, 301, 700);
  compare<double>(203, 301, 270);
}

TEST_CASE("products whose factors are read where they are, with every width and height of a last tile") {
  for (std::size_t const m : sizes{4, 8, 20, 62, 64})
    for (std::size_t const n : sizes{16, 40, 48, 64, 80}) {
      compare<float>(m, n, 33);
      compare<double>(m, n, 33);
    }
  compare<float>(64, 200, 384);
  compare<float>(384, 200, 64);
}

TEST_CASE("a very long inner size is cut into slabs of columns") {
  compare<float>(3, 300, 20000);
}

TEST_CASE("an entry does not depend on the other rows and columns, nor on threads") {
  operand<float> const a(100, 300, false, 1), b(300, 200, false, 2);
  simd::gemm_workspace<float> workspace;
  matrix<float> whole(100, 200), part(7, 5), threaded(100, 200);
  simd::gemm<float>(100, 200, 300, a.view(), b.view(), whole.data(), 200, false, workspace);
  simd::gemm<float>(7, 5, 300, {a.stored.data() + 11 * 300, 300, 1}, {b.stored.data() + 60, 200, 1}, part.data(), 5,
                    false, workspace);
  CHECK(part == whole.block(11, 60, 7, 5));
  sidera::thread_pool pool(4);
  simd::gemm<float>(100, 200, 300, a.view(), b.view(), threaded.data(), 200, false, workspace, pool);
  CHECK(threaded == whole);
}

TEST_CASE("the epilogue sees every finished entry once") {
  operand<float> const a(45, 20, false, 1), b(20, 150, false, 2);
  simd::gemm_workspace<float> workspace;
  matrix<float> c(45, 150), marked(45, 150);
  simd::gemm<float>(45, 150, 20, a.view(), b.view(), c.data(), 150, false, workspace);
  simd::gemm<float>(45, 150, 20, a.view(), b.view(), marked.data(), 150, false, workspace, {},
                    [](float* values, std::size_t row, std::size_t col, std::size_t count) {
                      for (std::size_t j = 0; j < count; ++j) values[j] += static_cast<float>(1000 * row + col + j);
                    });
  for (sidera::index_t i = 0; i < 45; ++i)
    for (sidera::index_t j = 0; j < 150; ++j) CHECK(marked(i, j) == c(i, j) + static_cast<float>(1000 * i + j));
}

TEST_CASE("a NaN reaches its row only") {
  operand<float> a(20, 30, false, 1), b(30, 40, false, 2);
  a.stored(7, 29) = std::numeric_limits<float>::quiet_NaN();
  simd::gemm_workspace<float> workspace;
  matrix<float> c(20, 40);
  simd::gemm<float>(20, 40, 30, a.view(), b.view(), c.data(), 40, false, workspace);
  for (sidera::index_t i = 0; i < 20; ++i) CHECK(c.row(i).hasNaN() == (i == 7));
}
