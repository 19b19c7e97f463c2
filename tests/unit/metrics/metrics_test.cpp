// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <sidera/codebooks/word_search.hpp>
#include <sidera/core/random.hpp>
#include <sidera/core/thread_pool.hpp>
#include <sidera/metrics/cosine.hpp>
#include <sidera/metrics/inner_product.hpp>
#include <sidera/metrics/manhattan.hpp>
#include <sidera/metrics/squared_euclidean.hpp>
#include <sidera/metrics/weighted_squared_euclidean.hpp>

TEST_CASE("squared Euclidean distance of two short rows") {
  std::vector<float> const a{1, 2, 3}, b{2, 4, 3};
  CHECK(sidera::squared_euclidean{}(std::span<float const>(a), std::span<float const>(b)) == 5.0f);
  CHECK(sidera::manhattan{}(std::span<float const>(a), std::span<float const>(b)) == 3.0f);
}

TEST_CASE("word_search") {
  sidera::matrix<float> const x = sidera::matrix<float>::Random(1000, 7);
  sidera::word_search<float, sidera::squared_euclidean> const search(x.topRows(5), {});
  std::vector<sidera::code_t> codes(1000), threaded(1000);
  search.nearest(x, codes);
  sidera::thread_pool pool(3);
  search.nearest(x, threaded, pool);
  CHECK(codes == threaded);
  CHECK(codes[3] == 3);
}
