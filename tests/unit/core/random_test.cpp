// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <algorithm>
#include <numeric>
#include <set>
#include <sidera/core/random.hpp>

using sidera::random_stream;

TEST_CASE("philox4x32 gives the published answers") {  // known-answer tests of Random123
  using block = std::array<std::uint32_t, 4>;
  constexpr std::uint32_t f = 0xFFFFFFFF;
  CHECK(sidera::philox4x32({0, 0, 0, 0}, {0, 0}) == block{0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8});
  CHECK(sidera::philox4x32({f, f, f, f}, {f, f}) == block{0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD});
  CHECK(sidera::philox4x32({0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344}, {0xA4093822, 0x299F31D0}) ==
        block{0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1});
}

TEST_CASE("a number depends on seed, stream and index alone") {
  random_stream const a(7), b(7);
  CHECK(a.bits(1000) == b.bits(1000));
  CHECK(a.fork(3).normal(5) == b.fork(3).normal(5));
  CHECK(a.bits(0) != random_stream(8).bits(0));
  CHECK(a.bits(0) != random_stream(7, 1).bits(0));
}

TEST_CASE("streams, their forks and their kinds of numbers share nothing") {
  std::set<std::uint64_t> seen;
  std::size_t drawn = 0;
  auto const draw = [&](random_stream const& stream) {
    for (std::uint64_t i = 0; i < 50; ++i) seen.insert(stream.bits(i)), ++drawn;
  };
  for (std::uint64_t stream = 0; stream < 20; ++stream) {
    random_stream const parent(42, stream);
    draw(parent);
    for (std::uint64_t id = 0; id < 10; ++id) {
      draw(parent.fork(id));
      draw(parent.fork(id).fork(id));
    }
  }
  CHECK(seen.size() == drawn);

  // Normals of a stream are not made of the bits of a neighbour: correlation of u(i) and the first of the normal's
  // halves.
  for (std::uint64_t other = 0; other < 4; ++other) {
    double covariance = 0;
    for (std::uint64_t i = 0; i < 4000; ++i)
      covariance += std::abs(random_stream(1, 0).normal(i)) * (random_stream(1, other).uniform(i) - 0.5);
    CHECK(std::abs(covariance / 4000) < 0.02);  // they would give 0.15
  }
}

TEST_CASE("below is the high half of a 128-bit product") {
  random_stream const random(3);
  for (std::size_t const n : {std::size_t{1}, std::size_t{2}, std::size_t{10}, std::size_t{0xFFFFFFFF},
                              std::size_t{0x100000001}, ~std::size_t{0}}) {
    for (std::uint64_t i = 0; i < 200; ++i) {
      __extension__ using wide = unsigned __int128;
      CHECK(random.below(i, n) == static_cast<std::size_t>(wide{random.bits(i)} * n >> 64));
      CHECK(random.below(i, n) < n);
    }
  }
}

TEST_CASE("uniform and normal numbers have their moments") {
  random_stream const random(11);
  constexpr std::uint64_t n = 100000;
  double u1 = 0, u2 = 0, z1 = 0, z2 = 0, z4 = 0;
  for (std::uint64_t i = 0; i < n; ++i) {
    double const u = random.uniform(i), z = random.normal(i);
    CHECK_UNARY(u >= 0 && u < 1 && std::isfinite(z));
    u1 += u, u2 += u * u, z1 += z, z2 += z * z, z4 += z * z * z * z;
  }
  CHECK(u1 / n == doctest::Approx(0.5).epsilon(0.01));
  CHECK(u2 / n == doctest::Approx(1.0 / 3).epsilon(0.01));
  CHECK(std::abs(z1 / n) < 0.01);
  CHECK(z2 / n == doctest::Approx(1).epsilon(0.02));
  CHECK(z4 / n == doctest::Approx(3).epsilon(0.03));
}

TEST_CASE("permutation holds every index once, and all orders occur") {
  for (std::size_t const n : {0U, 1U, 2U, 1000U}) {
    auto order = random_stream(5).permutation(n);
    std::sort(order.begin(), order.end());
    std::vector<std::size_t> expected(n);
    std::iota(expected.begin(), expected.end(), std::size_t{0});
    CHECK(order == expected);
  }
  std::set<std::vector<std::size_t>> orders;
  for (std::uint64_t seed = 0; seed < 200; ++seed) orders.insert(random_stream(seed).permutation(4));
  CHECK(orders.size() == 24);
}
