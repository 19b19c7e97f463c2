// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <sidera/io/load.hpp>

#include "temporary_folder.hpp"

using sidera::file_error;

namespace {
std::string golden(std::string const& name) {
  return SIDERA_GOLDEN_DIR "/io/" + name;
}
std::string refusal(std::string const& spec) {
  return message_of<file_error>([&] { (void)sidera::load_matrix<float>(spec); });
}
}  // namespace

TEST_CASE("crc32: the check value of the standard, any length and alignment") {
  CHECK(sidera::crc32::of(sidera::as_byte_span("123456789")) == 0xCBF43926);
  CHECK(sidera::crc32::of({}) == 0);
  CHECK(sidera::crc32::of(sidera::as_byte_span("The quick brown fox jumps over the lazy dog")) == 0x414FA339);
}

TEST_CASE("npz: arrays by name") {
  auto const alone = sidera::load_matrix<float>(golden("float32.npy"));
  CHECK(sidera::load_matrix<float>(golden("stored.npz:x")) == alone);
  CHECK(sidera::load_matrix<float>(golden("one.npz")) == alone);
  CHECK(sidera::load_labels(golden("stored.npz:labels")) == std::vector<std::int32_t>{3, 1, 2});
  CHECK(sidera::npz_file(golden("stored.npz")).names() == std::vector<std::string>{"x", "labels"});
}

TEST_CASE("npz: refused by name") {
  CHECK(refusal(golden("stored.npz")).find("name one of its arrays") != std::string::npos);
  CHECK(refusal(golden("stored.npz:y")).find("has no array 'y'; it has: x, labels") != std::string::npos);
  CHECK(refusal(golden("deflated.npz:x")).find("numpy.savez, not") != std::string::npos);
  CHECK(refusal(golden("stored.npz:labels")).find("int64, expected float32") != std::string::npos);
}

TEST_CASE("npz: truncations and bit flips never get through to wrong numbers") {
  temporary_folder const folder;
  std::string const whole = content_of(golden("one.npz")), path = folder.file("a.npz");
  auto const wanted = sidera::load_matrix<float>(golden("one.npz"));
  for (std::size_t n = 0; n < whole.size(); ++n) {
    CAPTURE(n);
    put_content(path, whole.substr(0, n));
    CHECK_THROWS_AS((void)sidera::load_matrix<float>(path), file_error);
  }
  std::size_t harmless = 0;
  for (std::size_t bit = 0; bit < 8 * whole.size(); ++bit) {
    std::string flipped = whole;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << bit % 8));
    put_content(path, flipped);
    try {
      sidera::matrix<float> const read = sidera::load_matrix<float>(path);
      CHECK(read == wanted);
      ++harmless;
    } catch (file_error const&) {
    }
  }
  CHECK(harmless < 4 * whole.size());  // time stamps, attributes, names: zip protects only the contents
}
