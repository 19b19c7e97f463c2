// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <laws/thrown.hpp>
#include <sidera/io/tokens.hpp>

#include "temporary_folder.hpp"

using laws::message_of;
using sidera::file_error;

TEST_CASE("tokens: letters of the levels") {
  CHECK(sidera::token_text(0, 12) == "<a_12>");
  CHECK(sidera::token_text(25, 0) == "<z_0>");
  CHECK(sidera::token_text(26, 1) == "<aa_1>");
  CHECK(sidera::level_letters(701) == "zz");
  CHECK(sidera::level_letters(702) == "aaa");
  for (std::size_t level = 0; level < 800; ++level)
    CHECK(sidera::parse_token(sidera::token_text(level, 7), level) == 7);
}

TEST_CASE("tokens: what is written reads back; missing codes end an ID") {
  temporary_folder const folder;
  sidera::code_matrix ids(3, 3), expected(3, 3);
  ids << 1, 2, 2147483647, -1, 5, 6, 7, -1, -1;
  expected << 1, 2, 2147483647, -1, -1, -1, 7, -1, -1;
  sidera::write_tokens(folder.file("t.json"), ids);
  CHECK(content_of(folder.file("t.json")) ==
        "{\n\"0\": [\"<a_1>\", \"<b_2>\", \"<c_2147483647>\"],\n\"1\": [],\n\"2\": [\"<a_7>\"]\n}\n");
  CHECK(sidera::read_tokens(folder.file("t.json")) == expected);
  CHECK(sidera::parse_tokens("{}").size() == 0);
  CHECK(sidera::parse_tokens(sidera::tokens_json(sidera::code_matrix(0, 3))).size() == 0);
  CHECK(sidera::parse_tokens(R"({"1":["<a_4>"],"0":["<a_3>"]})").col(0).sum() == 7);
}

TEST_CASE("tokens: refused") {
  for (std::string const bad :
       {R"({"0":["<b_1>"]})", R"({"0":["<a_1>","<a_1>"]})", R"({"0":["<a_>"]})", R"({"0":["<a_-1>"]})",
        R"({"0":["<a_2147483648>"]})", R"({"0":["<a_01>"]})", R"({"0":["<a_1"]})", R"({"0":[1]})",
        R"({"0":["<a_1>"],"0":["<a_1>"]})", R"({"1":["<a_1>"]})", R"({"00":["<a_1>"]})", R"({"x":["<a_1>"]})",
        R"({"0 ":["<a_1>"]})", R"({"4000000000":["<a_1>"]})", R"({"0":"<a_1>"})", "[]", "", R"({"0":["<a_1>"]}x)"}) {
    CAPTURE(bad);
    CHECK(message_of<file_error>([&] { (void)sidera::parse_tokens(bad, "t.json"); }).find("t.json: ") == 0);
  }
}

TEST_CASE("tokens: every truncation is refused") {
  sidera::code_matrix ids(2, 2);
  ids << 1, 2, 3, 4;
  std::string const text = sidera::tokens_json(ids);
  for (std::size_t n = 0; n + 2 < text.size(); ++n)
    CHECK_THROWS_AS((void)sidera::parse_tokens(text.substr(0, n)), file_error);
}
