// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <laws/thrown.hpp>
#include <sidera/io/safetensors.hpp>

#include "temporary_folder.hpp"

using laws::message_of;
using sidera::field_set;
using sidera::file_error;

namespace {

field_set sample() {
  field_set fields;
  fields.metadata = {{"model", "residual_quantizer"}, {"scheme", "prefix \"1\"\n\xc3\xa9"}, {"", ""}};
  sidera::matrix<float> words(2, 3);
  words << 1, -2.5f, 3e-40f, 0, -0.f, 3.4e38f;
  fields.put("level0.words", words);
  fields.put("a", std::vector<double>{.1, -1e308});
  fields.put("codes", std::vector<std::int32_t>{1, -1, 2147483647});
  fields.put("counts", std::vector<std::int64_t>{-(std::int64_t{1} << 62)});
  fields.put("nothing", std::vector<double>{});
  fields.tensors["cube"] = {{1, 2, 2}, std::vector<float>{1, 2, 3, 4}};
  fields.tensors["scalar"] = {{}, std::vector<float>{5}};
  return fields;
}

void check_equal(field_set const& a, field_set const& b) {
  CHECK(a.metadata == b.metadata);
  REQUIRE(a.tensors.size() == b.tensors.size());
  for (auto const& [name, t] : a.tensors) {
    REQUIRE(b.tensors.count(name) == 1);
    CHECK(t.shape == b.tensors.at(name).shape);
    CHECK(t.data == b.tensors.at(name).data);
  }
}

std::string why_refused(std::string const& file) {
  return message_of<file_error>([&] { (void)sidera::parse_fields(sidera::as_byte_span(file), "m"); });
}

std::string framed(std::string const& header, std::string const& body = {}) {
  std::uint64_t const length = header.size();
  return std::string(reinterpret_cast<char const*>(&length), 8) + header + body;
}

/// Puts the right checksum into a file that was tampered with, so that what lies behind the checksum is reached.
std::string re_signed(std::string header, std::string const& body) {
  std::string const digits(64, '0'),
      own = R"("__metadata__":{"sidera.format":"1","sidera.sha256":")" + digits + R"(","sidera.version":"0"})";
  header.replace(header.find('@'), 1, own);
  std::string file = framed(header, body);
  sidera::sha256 hash;
  hash.add(file);
  file.replace(file.find(digits), 64, hash.hex());
  return file;
}

}  // namespace

TEST_CASE("sha256: the examples of FIPS 180-4 and every length around a block") {
  auto const hash = [](std::string_view text) {
    sidera::sha256 h;
    h.add(text);
    return h.hex();
  };
  CHECK(hash("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(hash("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(hash("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq") ==
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  CHECK(hash(std::string(1000000, 'a')) == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
  std::string const text(200, 'x');
  for (std::size_t n = 0; n <= text.size(); ++n) {
    sidera::sha256 pieces;
    for (std::size_t i = 0; i < n; ++i) pieces.add(text.substr(i, 1));
    CHECK(pieces.hex() == hash(text.substr(0, n)));
  }
}

TEST_CASE("safetensors: fields read back bit for bit") {
  temporary_folder const folder;
  std::string const path = folder.file("m.safetensors");
  sidera::save_fields(path, sample());
  check_equal(sidera::load_fields(path), sample());
  sidera::save_fields(path, field_set{});
  check_equal(sidera::load_fields(path), field_set{});
  CHECK(folder.file_count() == 1);
}

TEST_CASE("safetensors: a file written by 0.1.0 stays readable") {
  check_equal(sidera::load_fields(SIDERA_GOLDEN_DIR "/io/format1.safetensors"), sample());
}

TEST_CASE("safetensors: every truncation and every single-bit flip is refused") {
  std::string const whole = sidera::serialise_fields(sample());
  CHECK(why_refused(whole).empty());
  for (std::size_t n = 0; n < whole.size(); ++n) CHECK_FALSE(why_refused(whole.substr(0, n)).empty());
  CHECK_FALSE(why_refused(whole + '\0').empty());
  std::size_t accepted = 0;
  for (std::size_t bit = 0; bit < 8 * whole.size(); ++bit) {
    std::string flipped = whole;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << bit % 8));
    accepted += why_refused(flipped).empty();
  }
  CHECK(accepted == 0);
}

TEST_CASE("safetensors: a new or foreign format is named") {
  CHECK(why_refused(framed(R"({"__metadata__":{"sidera.format":"2","sidera.version":"9.1.0"}})"))
            .find("has format 2, this version of sidera reads format 1; it was written by sidera 9.1.0") !=
        std::string::npos);
  CHECK(why_refused(framed(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})", "abcd"))
            .find("not written by sidera") != std::string::npos);
}

TEST_CASE("safetensors: what a valid checksum does not excuse") {
  std::string const body = "12345678";
  auto const with = [&](std::string const& tensors) { return why_refused(re_signed("{@," + tensors + "}", body)); };
  CHECK(with(R"("a":{"dtype":"I32","shape":[2],"data_offsets":[0,8]})").empty());
  CHECK(
      with(
          R"("a":{"dtype":"I32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"I32","shape":[1],"data_offsets":[4,8]})")
          .empty());
  for (
      std::string const bad : {
          R"("a":{"dtype":"I32","shape":[1],"data_offsets":[0,4]})",                      // bytes left over
          R"("a":{"dtype":"I32","shape":[1],"data_offsets":[4,8]})",                      // a gap in front
          R"("a":{"dtype":"I32","shape":[3],"data_offsets":[0,12]})",                     // beyond the end
          R"("a":{"dtype":"I32","shape":[2],"data_offsets":[8,0]})",                      // backwards
          R"("a":{"dtype":"I32","shape":[3],"data_offsets":[0,8]})",                      // shape does not fit
          R"("a":{"dtype":"I64","shape":[2],"data_offsets":[0,8]})",                      // dtype does not fit
          R"("a":{"dtype":"F16","shape":[4],"data_offsets":[0,8]})",                      // unknown dtype
          R"("a":{"dtype":"I32","shape":[4611686018427387904,4],"data_offsets":[0,8]})",  // overflow
          R"("a":{"dtype":"I32","shape":[1,1,1,1,1,1,1,1,2],"data_offsets":[0,8]})",      // nine dimensions
          R"("a":{"dtype":"I32","shape":[2],"data_offsets":[0,8,8]})",                    // three offsets
          R"("a":{"dtype":"I32","shape":[2],"data_offsets":[0]})",                        // one offset
          R"("a":{"dtype":"I32","shape":[2]})",                                           // none
          R"("a":{"dtype":"I32","shape":[2],"data_offsets":[0,8],"x":1})",                // unknown key
          R"("a":{"dtype":"I32","dtype":"I32","shape":[2],"data_offsets":[0,8]})",        // repeated key
          R"("a":{"dtype":"I32","shape":[2],"data_offsets":[0,8]},"a":{"dtype":"I32","shape":[2],"data_offsets":[0,8]})",
          R"("a":{"dtype":"I32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"I32","shape":[2],"data_offsets":[0,8]})",
          R"("a":{"dtype":"I32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"I32","shape":[1],"data_offsets":[4,8]})",
      }) {
    CAPTURE(bad);
    CHECK_FALSE(with(bad).empty());
  }
  std::string const infinite("\0\0\x80\x7f\0\0\0\0", 8);
  CHECK(why_refused(re_signed(R"({@,"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})", infinite))
            .find("NaN or an infinity") != std::string::npos);
  CHECK_FALSE(why_refused(re_signed("{@,@}", "")).empty());
}

TEST_CASE("safetensors: what cannot be stored is refused before a file exists") {
  temporary_folder const folder;
  auto const save = [&](field_set const& f) { sidera::save_fields(folder.file("m"), f); };
  field_set f;
  f.put("a", std::vector<float>{1, std::numeric_limits<float>::quiet_NaN()});
  CHECK_THROWS_AS(save(f), sidera::value_error);
  f = {};
  f.tensors["a"] = {{3}, std::vector<float>{1, 2}};
  CHECK_THROWS_AS(save(f), sidera::shape_error);
  for (std::string const key : {"sidera.format", "sidera.sha256", "sidera.version", "\xff"}) {
    f = {};
    f.metadata[key] = "x";
    CHECK_THROWS_AS(save(f), sidera::value_error);
  }
  f = {};
  f.put("__metadata__", std::vector<float>{1});
  CHECK_THROWS_AS(save(f), sidera::value_error);
  CHECK(folder.file_count() == 0);
}

TEST_CASE("safetensors: equal fields have equal fingerprints, others have not") {
  field_set a = sample(), b = sample();
  CHECK(sidera::fields_fingerprint(a) == sidera::fields_fingerprint(b));
  b.metadata["scheme"] += "x";
  CHECK(sidera::fields_fingerprint(a) != sidera::fields_fingerprint(b));
}
