// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <laws/thrown.hpp>
#include <sidera/io/load.hpp>

#include "temporary_folder.hpp"

using laws::message_of;
using sidera::file_error;

namespace {
std::string stored(std::string const& name) {
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
  auto const alone = sidera::load_matrix<float>(stored("float32.npy"));
  CHECK(sidera::load_matrix<float>(stored("stored.npz:x")) == alone);
  CHECK(sidera::load_matrix<float>(stored("one.npz")) == alone);
  CHECK(sidera::load_labels(stored("stored.npz:labels")) == std::vector<std::int32_t>{3, 1, 2});
  CHECK(sidera::npz_file(stored("stored.npz"))->names() == std::vector<std::string>{"x", "labels"});
}

TEST_CASE("npz: refused by name") {
  CHECK(refusal(stored("stored.npz")).find("name one of its arrays") != std::string::npos);
  CHECK(refusal(stored("stored.npz:y")).find("has no array 'y'; it has: x, labels") != std::string::npos);
  CHECK(refusal(stored("deflated.npz:x")).find("numpy.savez, not") != std::string::npos);
  CHECK(refusal(stored("stored.npz:labels")).find("int64, expected float16") != std::string::npos);
}

TEST_CASE("npz: truncations and bit flips never get through to wrong numbers") {
  auto const read = [](std::string const& file) {
    std::vector<float> out(12);
    auto const array = sidera::npz_view(sidera::as_byte_span(file), "a.npz").array("");
    if (array.size() != out.size()) throw std::logic_error("another size");
    array.copy_to(std::span<float>(out));
    return out;
  };
  std::string const whole = content_of(stored("one.npz"));
  std::vector<float> const wanted = read(whole);
  for (std::size_t n = 0; n < whole.size(); ++n) {
    CAPTURE(n);
    CHECK_THROWS_AS((void)read(whole.substr(0, n)), file_error);
  }
  std::size_t refused = 0, wrong = 0;
  for (std::size_t bit = 0; bit < 8 * whole.size(); ++bit) {
    std::string flipped = whole;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << bit % 8));
    try {
      wrong += read(flipped) != wanted;
    } catch (file_error const&) {
      ++refused;
    }
  }
  CHECK(wrong == 0);
  CHECK(refused > 8 * 176);  // at least the array itself; time stamps and attributes are protected by nothing
}
