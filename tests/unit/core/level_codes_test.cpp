// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <sidera/core/level_codes.hpp>

TEST_CASE("level_codes: one column of the codes, and none behind the last") {
  sidera::code_matrix codes(2, 3);
  codes << 1, 2, 3, 4, 5, 6;
  CHECK(sidera::level_codes(codes, 1) == std::vector<sidera::code_t>{2, 5});
  CHECK_THROWS_AS((void)sidera::level_codes(codes, 3), sidera::shape_error);
}
