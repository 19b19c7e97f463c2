// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <laws/thrown.hpp>
#include <sidera/io/load.hpp>

#include "temporary_folder.hpp"

using laws::message_of;
using sidera::file_error;

TEST_CASE("fvecs, bvecs, ivecs: what is written reads back") {
  temporary_folder const folder;
  sidera::matrix<float> const m = sidera::matrix<float>::Random(9, 5);
  sidera::write_fvecs(folder.file("a.fvecs"), m);
  CHECK(sidera::load_matrix<float>(folder.file("a.fvecs")) == m);
  CHECK(content_of(folder.file("a.fvecs")).size() == 9 * (4 + 5 * 4));
  sidera::matrix<float> bytes(2, 3);
  bytes << 0, 1, 255, 7, 8, 9;
  sidera::write_bvecs(folder.file("a.bvecs"), bytes);
  CHECK(content_of(folder.file("a.bvecs")) == std::string("\x03\0\0\0\0\x01\xff\x03\0\0\0\x07\x08\x09", 14));
  CHECK(sidera::load_matrix<float>(folder.file("a.bvecs")) == bytes);
  CHECK(sidera::load_matrix<double>(folder.file("a.bvecs")) == bytes.cast<double>());
  sidera::code_matrix codes(3, 2);
  codes << 1, 2, -3, 4, 5, 2147483647;
  sidera::write_ivecs(folder.file("a.ivecs"), codes);
  CHECK(sidera::load_codes(folder.file("a.ivecs")) == codes);
}

TEST_CASE("bvecs: only bytes can be written") {
  temporary_folder const folder;
  for (float const bad : {-1.f, 256.f, 0.5f, std::numeric_limits<float>::quiet_NaN()}) {
    sidera::matrix<float> m = sidera::matrix<float>::Zero(3, 2);
    m(1, 1) = bad;
    CHECK(message_of<sidera::value_error>([&] { sidera::write_bvecs(folder.file("a.bvecs"), m); }).find("row 1") !=
          std::string::npos);
  }
  CHECK(folder.file_count() == 0);
}

TEST_CASE("fvecs: cut, ragged, empty and hostile files") {
  temporary_folder const folder;
  std::string const path = folder.file("a.fvecs");
  auto const refusal = [&](std::string const& content) {
    put_content(path, content);
    return message_of<file_error>([&] { (void)sidera::load_matrix<float>(path); });
  };
  sidera::write_fvecs(path, sidera::matrix<float>::Ones(4, 3));
  std::string const whole = content_of(path);
  for (std::size_t n = 0; n < whole.size(); ++n)
    if (n % 16 != 0 || n == 0) CHECK_FALSE(refusal(whole.substr(0, n)).empty());
  std::string ragged = whole;
  ragged[32] = 2;
  CHECK(refusal(ragged).find("row 2 has length 2, row 0 has 3") != std::string::npos);
  CHECK(refusal(std::string("\xff\xff\xff\xff", 4)).find("row 0 has length -1") != std::string::npos);
  CHECK(refusal(std::string("\0\0\0\0", 4)).find("row 0 has length 0") != std::string::npos);
  CHECK(refusal(std::string("\xff\xff\xff\x7f", 4)).find("no multiple of the 8589934592 bytes") != std::string::npos);
}
