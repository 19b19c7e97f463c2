// SPDX-License-Identifier: MIT
/// \file  What one rank tells the others.
#include <doctest/doctest.h>

#include <array>
#include <sidera/core/rank_message.hpp>

using namespace sidera;

TEST_CASE("rank_message: what was put is read in order, and more than that is an error") {
  matrix<float> const m = matrix<float>::Random(3, 2);
  code_matrix const codes = code_matrix::Constant(0, 4, 7);
  std::array<double, 3> const numbers{1, -.5, 1e300};
  rank_message inner, outer;
  inner.put(std::uint64_t{5});
  outer.put(m);
  outer.put(inner);
  outer.put(code_t{-1});
  outer.put_all(std::span(numbers));
  outer.put(codes);
  rank_message read(std::vector<std::byte>(outer.bytes().begin(), outer.bytes().end()));
  CHECK(read.matrix_of<matrix<float>>() == m);
  CHECK(read.message().number() == 5);
  CHECK(read.number<code_t>() == -1);
  std::array<double, 3> back{};
  read.numbers(std::span(back));
  CHECK(back == numbers);
  CHECK(!read.ended());
  auto const none = read.matrix_of<code_matrix>();
  CHECK((none.rows() == 0 && none.cols() == 4));
  CHECK(read.ended());
  CHECK_THROWS_WITH_AS((void)read.number(), "rank_message: 8 bytes are asked for, there are 0", shape_error);
}

TEST_CASE("rank_message: a length that is longer than the message is refused before memory is asked for") {
  rank_message cut;
  cut.put(std::uint64_t{1} << 60);
  CHECK_THROWS_AS((void)cut.message(), shape_error);
}
