// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <cmath>
#include <functional>
#include <laws/thrown.hpp>
#include <limits>
#include <map>
#include <sidera/core/random.hpp>
#include <sidera/io/json_reader.hpp>
#include <sidera/io/json_writer.hpp>

#include "temporary_folder.hpp"

using laws::message_of;
using sidera::file_error;
using sidera::json_reader;
using sidera::json_writer;

namespace {
template <class T>
std::string json_of(T const& v) {
  json_writer json;
  json.value(v);
  return json.text();
}
std::string read_string(std::string const& text) {
  json_reader json(text, "f.json");
  std::string out = json.string();
  json.end();
  return out;
}
}  // namespace

TEST_CASE("json_writer: scopes, fields and ranges") {
  json_writer json;
  json.object([&] {
    json.field("seed", 7);
    json.key("views").object([&] {
      json.field("error", std::vector<double>{.5, .25});
      json.key("none").object([] {});
    });
    json.key("list").array([&] {
      json.value(true);
      json.null();
      json.value("text");
    });
    json.field("grid", std::vector<std::vector<int>>{{1, 2}, {}});
  });
  CHECK(json.text() ==
        "{\n  \"seed\": 7,\n  \"views\": {\n    \"error\": [0.5, 0.25],\n    \"none\": {}\n  },\n  \"list\": [\n    "
        "true,\n"
        "    null,\n    \"text\"\n  ],\n  \"grid\": [[1, 2], []]\n}");
}

TEST_CASE("json_writer: empty scopes beside full ones") {
  json_writer json;
  json.array([&] {
    json.array([] {});
    json.object([] {});
    json.value(1);
    json.array([] {});
  });
  CHECK(json.text() == "[\n  [],\n  {},\n  1,\n  []\n]");
}

TEST_CASE("json_writer: numbers read back bit for bit, others become null") {
  sidera::random_stream const random(3);
  for (std::uint64_t i = 0; i < 2000; ++i) {
    double const d = std::bit_cast<double>(random.bits(i));
    if (!std::isfinite(d)) continue;
    CHECK(std::strtod(json_of(d).c_str(), nullptr) == d);
    float const f = std::bit_cast<float>(static_cast<std::uint32_t>(random.bits(i)));
    if (std::isfinite(f)) CHECK(std::strtof(json_of(f).c_str(), nullptr) == f);
  }
  CHECK(json_of(0.1) == "0.1");
  CHECK(json_of(0.1f) == "0.1");
  CHECK(json_of(std::numeric_limits<double>::quiet_NaN()) == "null");
  CHECK(json_of(-std::numeric_limits<float>::infinity()) == "null");
  CHECK(json_of(std::numeric_limits<std::int64_t>::min()) == "-9223372036854775808");
}

TEST_CASE("json: every string survives, broken UTF-8 is replaced") {
  std::string all;
  for (int c = 1; c < 128; ++c) all += static_cast<char>(c);
  all += '\0';
  all += "\xc3\xa9\xe2\x82\xac\xf0\x9f\x8e\xb5";
  CHECK(read_string(json_of(all)) == all);
  CHECK(json_of("a\"\\\n\t\x01") == "\"a\\\"\\\\\\n\\t\\u0001\"");
  for (std::string const broken : {"\xff", "\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe2\x82"}) {
    std::string const text = read_string(json_of("<" + broken + ">"));
    CHECK(text.find("\xef\xbf\xbd") == 1);
    CHECK(text.back() == '>');
  }
}

TEST_CASE("json_reader: escapes") {
  CHECK(read_string(R"("\"\\\/\b\f\n\r\t")") == "\"\\/\b\f\n\r\t");
  CHECK(read_string(R"("\u0041\u00e9\u20AC\ud83c\udfb5")") == "A\xc3\xa9\xe2\x82\xac\xf0\x9f\x8e\xb5");
}

TEST_CASE("json_reader: numbers are those of the grammar; what is too small for a double is zero") {
  auto const read = [](std::string const& text) {
    sidera::json_reader reader(text, "x");
    double const value = reader.number();
    reader.end();
    return value;
  };
  for (char const* bad : {"01", "1.", "-.5", ".5", "+1", "-", "1e", "1e+", "0x10", "00", "-01", "1.e5", "Infinity",
                          "nan", "1e400", "-1e400", "1e99999999999999999999", "1 2", ""})
    CHECK_THROWS_AS((void)read(bad), sidera::file_error);
  CHECK(read("-0.5e+1") == -5);
  CHECK(read("1E2") == 100);
  CHECK(read("5e-324") == std::numeric_limits<double>::denorm_min());
  for (char const* tiny : {"1e-400", "0.1e-330", "12345e-350", "1e-99999999999999999999", "0e999999999999"})
    CHECK(read(tiny) == 0);
  CHECK(std::signbit(read("-1e-400")));
  CHECK(read("0." + std::string(400, '0') + "1") == 0);
}

TEST_CASE("json_reader: objects, arrays and numbers") {
  std::map<std::string, std::vector<std::uint64_t>> seen;
  json_reader json(" { \"a\" : [ 1 , 0 ] , \"b\":[],\"c\": [9223372036854775807] } \n", "f.json");
  json.object([&](std::string const& key) {
    auto& values = seen[key];
    json.array([&] { values.push_back(json.unsigned_integer()); });
  });
  json.end();
  CHECK(seen ==
        std::map<std::string, std::vector<std::uint64_t>>{{"a", {1, 0}}, {"b", {}}, {"c", {9223372036854775807u}}});
}

TEST_CASE("json_reader: what is not JSON is refused with its position") {
  for (std::string const bad : {"", "\"", "\"\\", "\"\\x\"", "\"\\u12\"", "\"\\u12g4\"", "\"\\ud83c\"", "\"\\ud83cx\"",
                                "\"\\ud83c\\u0041\"", "\"\\udfb5\"", "\"\n\"", "\"\xff\"", "\"a\" x", "x", "'a'"}) {
    CAPTURE(bad);
    CHECK(message_of<file_error>([&] { (void)read_string(bad); }).find("f.json: JSON, byte ") == 0);
  }
  for (std::string const bad : {"", "-1", "01", "1.0", "1e3", "9223372036854775808", "99999999999999999999999", "x"}) {
    CAPTURE(bad);
    CHECK_THROWS_AS((void)json_reader(bad, "f.json").unsigned_integer(), file_error);
  }
  for (std::string const bad : {"", "[", "[1", "[1,", "[1,]", "[,]", "[1 2]", "{}"}) {
    CAPTURE(bad);
    json_reader json(bad, "f.json");
    CHECK_THROWS_AS(json.array([&] { (void)json.unsigned_integer(); }), file_error);
  }
  for (std::string const bad : {"{", "{1:2}", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{\"a\" 1}", "{\"a\":1"}) {
    CAPTURE(bad);
    json_reader json(bad, "f.json");
    CHECK_THROWS_AS(json.object([&](std::string const&) { (void)json.unsigned_integer(); }), file_error);
  }
}

TEST_CASE("json_reader: depth is limited") {
  std::string const text(100000, '[');
  json_reader json(text, "f.json");
  std::function<void()> const descend = [&] { json.array(descend); };
  CHECK(message_of<file_error>([&] { descend(); }).find("nested too deeply") != std::string::npos);
}
