// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <laws/thrown.hpp>
#include <sidera/io/atomic_file.hpp>
#include <sidera/io/file_checksum.hpp>
#include <sidera/io/npy_writer.hpp>
#include <sidera/io/save_fields.hpp>

#include "temporary_folder.hpp"

using laws::message_of;
using sidera::file_error;

namespace {

std::string golden(std::string const& name) {
  return SIDERA_GOLDEN_DIR "/io/" + name;
}

/// What numpy saved: arange(12).reshape(3, 4) * 1.5 - 4
template <class T>
sidera::matrix<T> expected() {
  sidera::matrix<T> m(3, 4);
  for (int i = 0; i < 12; ++i) m(i / 4, i % 4) = static_cast<T>(i * 1.5 - 4);
  return m;
}

/// A .npy file, version 1, around any header text.
std::string npy(std::string const& header, std::string const& data = std::string(48, 'x')) {
  std::string file("\x93NUMPY\x01\x00", 8);
  file += static_cast<char>(header.size() & 255);
  file += static_cast<char>(header.size() >> 8);
  return file + header + data;
}

std::string parse_error(std::string const& file) {
  return message_of<file_error>([&] { (void)sidera::parse_npy_header(sidera::as_byte_span(file), "f.npy"); });
}

}  // namespace

TEST_CASE("npy: all versions, orders and types that numpy writes") {
  for (std::string const name : {"float32.npy", "float64.npy", "fortran.npy", "version2.npy", "version3.npy"}) {
    CAPTURE(name);
    CHECK(sidera::read_matrix<double>(golden(name)) == expected<double>());
    CHECK(sidera::load_matrix<float>(golden(name)) == expected<float>());
  }
  sidera::matrix<float> bytes(2, 3);
  bytes << 250, 251, 252, 253, 254, 255;
  CHECK(sidera::load_matrix<float>(golden("uint8.npy")) == bytes);
  CHECK(sidera::load_labels(golden("int64.npy")) == std::vector<std::int32_t>{0, -1, 2147483647, -2147483647 - 1});
  CHECK(sidera::read_vector<std::int32_t>(golden("bool.npy")) == std::vector<std::int32_t>{1, 0, 1});
  CHECK(sidera::load_labels(golden("int16.npy")) == std::vector<std::int32_t>{5, -6});  // shape (2, 1)
  auto const empty = sidera::load_matrix<float>(golden("empty_rows.npy"));
  CHECK(empty.rows() == 0);
  CHECK(empty.cols() == 5);
  auto const scalar = sidera::read_array<double>(golden("scalar.npy"));
  CHECK(scalar.shape.empty());
  CHECK(scalar.values == std::vector<double>{2.5});
}

TEST_CASE("npy: Fortran order of rank 3 is transposed") {
  auto const a = sidera::read_array<std::int32_t>(golden("fortran_rank3.npy"));
  CHECK(a.shape == std::vector<std::size_t>{2, 3, 4});
  std::vector<std::int32_t> wanted(24);
  for (int i = 0; i < 24; ++i) wanted[static_cast<std::size_t>(i)] = i;
  CHECK(a.values == wanted);
}

TEST_CASE("npy: a view copies nothing and refuses what it cannot show") {
  sidera::npy_view const view(golden("float32.npy"));
  CHECK(view->as_matrix<float>() == expected<float>());
  CHECK(view->values<float>().data() == view->as_matrix<float>().data());
  CHECK_THROWS_AS((void)view->values<double>(), file_error);
  CHECK_THROWS_AS((void)sidera::npy_view(golden("fortran.npy"))->values<double>(), file_error);
  CHECK_THROWS_AS((void)sidera::npy_view(golden("int64.npy"))->values<double>(), file_error);
}

TEST_CASE("npy: refused by name, with the path") {
  auto const refusal = [](std::string const& name) {
    std::string const message = message_of<file_error>([&] { (void)sidera::load_matrix<float>(golden(name)); });
    CHECK(message.find(golden(name)) == 0);
    return message;
  };
  CHECK(refusal("big_endian.npy").find("big-endian") != std::string::npos);
  CHECK(refusal("complex.npy").find("<c8") != std::string::npos);
  CHECK(refusal("text.npy").find("<U2") != std::string::npos);
  CHECK(refusal("object.npy").find("|O") != std::string::npos);
  CHECK(refusal("records.npy").find("records") != std::string::npos);
  CHECK(refusal("scalar.npy").find("shape (), expected 2 dimensions") != std::string::npos);
  CHECK(refusal("int16.npy").find("int16, expected float16, float32, float64, uint8 or uint16") != std::string::npos);
  CHECK(refusal("missing.npy").find("No such file") != std::string::npos);
  CHECK(refusal("table.csv").find("no extension that sidera reads") != std::string::npos);
}

TEST_CASE("npy: integers that do not fit, floats where integers are wanted") {
  CHECK(message_of<file_error>([] {
          (void)sidera::load_labels(golden("int64_large.npy"));
        }).find("the value 2147483648 at position 1") != std::string::npos);
  CHECK(message_of<file_error>([] {
          (void)sidera::read_matrix<std::int32_t>(golden("float32.npy"));
        }).find("float32, expected integers") != std::string::npos);
  CHECK(message_of<file_error>([] {
          (void)sidera::load_labels(golden("uint8.npy"));
        }).find("shape (2, 3), expected 1 dimension") != std::string::npos);
}

TEST_CASE("file_checksum: of what is in the file, not of its name") {
  temporary_folder const folder;
  std::string const path = folder.file("a.npy"), other = folder.file("b.npy");
  sidera::write_file(path, "123456789");
  sidera::write_file(other, "123456789");
  CHECK(sidera::file_checksum(path) == "cbf43926");  // the check value of CRC-32
  CHECK(sidera::file_checksum(other) == sidera::file_checksum(path));
  sidera::write_file(path, "123456798");
  CHECK(sidera::file_checksum(path) != sidera::file_checksum(other));
  CHECK_THROWS_AS((void)sidera::file_checksum(folder.file("none.npy")), sidera::file_error);
}

TEST_CASE("npy: what is written reads back bit for bit") {
  temporary_folder const folder;
  std::string const path = folder.file("a.npy");
  sidera::matrix<float> const m = sidera::matrix<float>::Random(7, 5);
  sidera::write_npy(path, m);
  CHECK(sidera::read_matrix<float>(path) == m);
  sidera::write_npy(path, m.block(1, 2, 4, 3));  // strided
  CHECK(sidera::read_matrix<float>(path) == m.block(1, 2, 4, 3));
  sidera::matrix<double> const d = m.cast<double>();
  sidera::write_npy(path, d);
  CHECK(sidera::npy_view(path)->as_matrix<double>() == d);
  sidera::code_matrix codes(2, 3);
  codes << 1, -1, 3, 4, 5, 6;
  sidera::write_npy(path, codes);
  CHECK(sidera::load_codes(path) == codes);
  CHECK(std::get<sidera::integer_matrix>(sidera::load_numbers(path)) == codes.cast<std::int64_t>());
  sidera::write_npy(path, d);
  CHECK(std::get<sidera::matrix<double>>(sidera::load_numbers(path)) == d);
  sidera::write_npy(path, std::vector<std::int64_t>{1, -(std::int64_t{1} << 60)});
  CHECK(sidera::read_vector<std::int64_t>(path) == std::vector<std::int64_t>{1, -(std::int64_t{1} << 60)});
  sidera::write_npy(path, std::vector<float>(24, 2.f), {2, 3, 4});
  CHECK(sidera::read_array<float>(path).shape == std::vector<std::size_t>{2, 3, 4});
  CHECK_THROWS_AS(sidera::write_npy(path, std::vector<float>(23), {2, 3, 4}), sidera::shape_error);
  sidera::write_npy(path, sidera::matrix<float>(0, 3));
  CHECK(sidera::read_matrix<float>(path).cols() == 3);
  CHECK(folder.file_count() == 1);
}

TEST_CASE("npy: the bytes that are written are numpy's own") {
  temporary_folder const folder;
  sidera::write_npy(folder.file("a.npy"), expected<float>());
  CHECK(content_of(folder.file("a.npy")) == content_of(golden("float32.npy")));
  sidera::write_npy(folder.file("b.npy"), std::vector<std::int64_t>{0, -1, 2147483647, -2147483648});
  CHECK(content_of(folder.file("b.npy")) == content_of(golden("int64.npy")));
}

TEST_CASE("npy: hostile headers") {
  std::string const good = "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }\n";
  CHECK(parse_error(npy(good)).empty());
  CHECK(parse_error(npy("{\"shape\":(3,4),\"descr\":\"<f4\",\"fortran_order\":False}")).empty());
  CHECK(parse_error(npy("{'descr': '<f4', 'fortran_order': False, 'shape': (12,)}")).empty());
  for (std::string const bad : {
           "",
           "{",
           "{}",
           "{'descr'",
           "{'descr': '<f4'}",
           "{'descr': '<f4', 'fortran_order': False, 'shape': (12)}",
           "{'descr': '<f4', 'fortran_order': False, 'shape': 12}",
           "{'descr': '<f4', 'fortran_order': False, 'shape': (3, -4)}",
           "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4.0)}",
           "{'descr': '<f4', 'fortran_order': False, 'shape': (,)}",
           "{'descr': '<f4', 'fortran_order': Maybe, 'shape': (3, 4)}",
           "{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (3, 4)}",
           "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), 'more': 1}",
           "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4)} x",
           "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4)",
           "{'descr': '<f4, 'fortran_order': False, 'shape': (3, 4)}",
           "{'descr': '', 'fortran_order': False, 'shape': (3, 4)}",
           "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999, 4)}",
           "{'descr': '<f4', 'fortran_order': False, 'shape': (4611686018427387904, 4)}",
           "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 5)}",
           "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 3)}",
           "{'descr': '<f8', 'fortran_order': False, 'shape': (3, 4)}",
       }) {
    CAPTURE(bad);
    CHECK(parse_error(npy(bad)).find("f.npy: ") == 0);
  }
  std::string deep = "{'descr': '<f4', 'fortran_order': False, 'shape': (";
  for (int i = 0; i < 40; ++i) deep += "1, ";
  CHECK(parse_error(npy(deep + ")}", "1234")).find("32 dimensions") != std::string::npos);
}

TEST_CASE("npy: every truncation and every extra byte is refused") {
  for (std::string const name : {"float32.npy", "version2.npy", "int64.npy"}) {
    std::string const whole = content_of(golden(name));
    CHECK(parse_error(whole).empty());
    for (std::size_t n = 0; n < whole.size(); ++n) {
      CAPTURE(n);
      CHECK_FALSE(parse_error(whole.substr(0, n)).empty());
    }
    CHECK_FALSE(parse_error(whole + '\0').empty());
  }
}

TEST_CASE("npy: every single-bit flip is refused or gives an array that fits the file") {
  std::string const whole = content_of(golden("float32.npy"));
  std::size_t refused = 0;
  for (std::size_t bit = 0; bit < 8 * whole.size(); ++bit) {
    std::string flipped = whole;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << bit % 8));
    try {
      sidera::npy_array_view const view(sidera::as_byte_span(flipped), "f.npy");
      CHECK(view.size() * sidera::size_of(view.type()) + 128 == flipped.size());
      std::vector<double> out(view.size());
      view.copy_to(std::span<double>(out));
    } catch (file_error const&) {
      ++refused;
    }
  }
  CHECK(refused > 400);  // the header's bits; those of the data are anybody's
}

TEST_CASE("A shape whose product overflows is refused before anything is written") {
  temporary_folder const folder;
  std::size_t const big = std::size_t{1} << 32;
  CHECK_THROWS_AS(sidera::write_npy(folder.file("a.npy"), std::vector<float>{}, {big, big}), sidera::shape_error);
  CHECK_THROWS_AS(sidera::write_npy(folder.file("a.npy"), std::vector<float>{}, {big, big, 0}), sidera::shape_error);
  CHECK_NOTHROW(sidera::write_npy(folder.file("a.npy"), std::vector<float>{}, {0, big}));
  sidera::field_set fields;
  fields.tensors["a"] = {{big, big}, std::vector<float>{}};
  CHECK_THROWS_AS((void)sidera::serialise_fields(fields), sidera::shape_error);
}
