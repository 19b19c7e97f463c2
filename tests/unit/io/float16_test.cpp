// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <bit>
#include <cmath>
#include <laws/thrown.hpp>
#include <sidera/io/atomic_file.hpp>
#include <sidera/io/file_source.hpp>
#include <sidera/io/load.hpp>

#include "temporary_folder.hpp"

namespace {

/// What IEEE 754 says that the bits of a binary16 mean.
double half_meaning(unsigned bits) {
  int const exponent = static_cast<int>(bits >> 10 & 31), fraction = static_cast<int>(bits & 1023);
  double const sign = bits >> 15 != 0 ? -1 : 1;
  if (exponent == 31) return fraction != 0 ? std::nan("") : sign * HUGE_VAL;
  if (exponent == 0) return sign * std::ldexp(fraction, -24);
  return sign * std::ldexp(1024 + fraction, exponent - 25);
}

/// Equal, with equal signs of zeros; any NaN is equal to any other.
template <class T>
bool same_number(T a, double b) {
  return std::isnan(b) ? std::isnan(a) : static_cast<double>(a) == b && std::signbit(a) == std::signbit(b);
}

/// 256 x 256 halves, entry (i, j) with the bits 256 i + j.
std::string all_halves() {
  std::string header = "{'descr': '<f2', 'fortran_order': False, 'shape': (256, 256), }";
  header.resize(117, ' ');
  header += '\n';
  std::string file("\x93NUMPY\x01\x00\x76\x00", 10);
  file += header;
  for (int i = 0; i < 256; ++i)
    for (int j = 0; j < 256; ++j) file += {static_cast<char>(j), static_cast<char>(i)};
  return file;
}

template <class T>
std::size_t wrong_numbers(sidera::matrix<T> const& x) {
  std::size_t wrong = 0;
  for (unsigned bits = 0; bits < 65536; ++bits) wrong += !same_number(x.data()[bits], half_meaning(bits));
  return wrong;
}

}  // namespace

TEST_CASE("float16: every one of the 65536 is the number that IEEE 754 defines, as float and as double") {
  temporary_folder const folder;
  std::string const path = folder.file("all.npy");
  sidera::write_file(path, all_halves());
  CHECK(wrong_numbers(sidera::load_matrix<float>(path)) == 0);
  CHECK(wrong_numbers(sidera::load_matrix<double>(path)) == 0);
  sidera::matrix<float> streamed(256, 256);
  sidera::npy_source<float>(path).read(0, streamed);
  CHECK(wrong_numbers(streamed) == 0);
  CHECK(sidera::npy_view(path)->values<sidera::float16>()[0x3C00] == 1);
  CHECK(laws::message_of<sidera::file_error>([&] {
          (void)sidera::read_matrix<std::int32_t>(path);
        }).find("float16, expected integers") != std::string::npos);
}

TEST_CASE("float16: a NaN keeps its sign and its payload") {
  for (unsigned const bits : {0x7E00U, 0xFE00U, 0x7C01U, 0xFFFFU}) {
    float const x = sidera::float16{static_cast<std::uint16_t>(bits)};
    CHECK(std::bit_cast<std::uint32_t>(x) == ((bits & 0x8000U) << 16 | 0x7F800000U | (bits & 0x3FFU) << 13));
  }
}

TEST_CASE("float16: what numpy saved") {
  auto const x = sidera::load_matrix<float>(SIDERA_GOLDEN_DIR "/io/half.npy");
  REQUIRE((x.rows() == 3 && x.cols() == 4));
  for (int i = 0; i < 12; ++i) CHECK(x(i / 4, i % 4) == static_cast<float>(i) * 1.5F - 4);
}
