// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <sidera/core/fields.hpp>

using namespace sidera;

TEST_CASE("fields give back what was put in, bit for bit") {
  field_set fields;
  matrix<float> const words = matrix<float>::Random(3, 4);
  fields.put("words", words);
  fields.put("empty", matrix<double>(0, 4));
  fields.put("counts", std::vector<std::int64_t>{1, 2, 3});
  fields.metadata["metric"] = "cosine";

  CHECK(fields.get_matrix<float>("words") == words);
  CHECK(fields.get_matrix<double>("empty").cols() == 4);
  CHECK(fields.get_vector<std::int64_t>("counts") == std::vector<std::int64_t>{1, 2, 3});
  CHECK(fields.get_text("metric") == "cosine");
  CHECK(fields.tensors.at("words").size() == 12);
}

TEST_CASE("fields that are missing or of another kind are named") {
  field_set fields;
  fields.put("words", matrix<float>(2, 2));
  fields.put("counts", std::vector<float>(4));
  CHECK_THROWS_WITH_AS((void)fields.get_matrix<float>("wards"), "field_set: no tensor \"wards\"", value_error);
  CHECK_THROWS_WITH_AS((void)fields.get_matrix<double>("words"), "field_set: tensor \"words\" has another element type",
                       value_error);
  CHECK_THROWS_WITH_AS((void)fields.get_matrix<float>("counts"), "field_set: tensor \"counts\" is not a matrix",
                       value_error);
  CHECK_THROWS_WITH_AS((void)fields.get_text("metric"), "field_set: no metadata \"metric\"", value_error);
}

TEST_CASE("a shape whose product overflows is refused") {
  field_set fields;
  std::size_t const huge = std::size_t{1} << 63;
  for (std::vector<std::size_t> const& shape :
       {std::vector<std::size_t>{huge, 2}, {2, huge}, {3, 2}, {0, 4}, {4, 0}, {huge, 0}}) {
    fields.tensors["words"] = {shape, std::vector<float>(4)};
    CHECK_THROWS_AS((void)fields.get_matrix<float>("words"), value_error);
  }
  fields.tensors["words"] = {{huge, 2}, std::vector<float>()};
  CHECK_THROWS_AS((void)fields.get_matrix<float>("words"), value_error);
}

TEST_CASE("field_set::holds: rows x cols numbers, also where their product is too large a number") {
  sidera::field_set f;
  f.put("six", std::vector<std::int64_t>(6));
  f.put("none", std::vector<std::int64_t>());
  std::size_t const huge = std::size_t{1} << 32;
  CHECK(f.holds<std::int64_t>("six", 2, 3));
  CHECK(f.holds<std::int64_t>("six", 6, 1));
  CHECK_FALSE(f.holds<std::int64_t>("six", 2, 4));
  CHECK_FALSE(f.holds<std::int64_t>("six", 1, 4));
  CHECK_FALSE(f.holds<std::int64_t>("six", 0, 6));
  CHECK(f.holds<std::int64_t>("none", 0, huge));
  CHECK_FALSE(f.holds<std::int64_t>("none", huge, huge));
  CHECK_THROWS_AS((void)f.holds<float>("six", 2, 3), sidera::value_error);
  CHECK_THROWS_AS((void)f.holds<float>("seven", 2, 3), sidera::value_error);
}

TEST_CASE("field_set::get_number: exactly one number of its type") {
  sidera::field_set f;
  f.put("one", std::vector<double>{2.5});
  f.put("none", std::vector<double>());
  f.put("two", std::vector<double>{1, 2});
  CHECK(f.get_number<double>("one") == 2.5);
  CHECK_THROWS_WITH_AS((void)f.get_number<double>("none"), "field_set: tensor \"none\" has 0 numbers, expected one",
                       sidera::value_error);
  CHECK_THROWS_AS((void)f.get_number<double>("two"), sidera::value_error);
  CHECK_THROWS_AS((void)f.get_number<float>("one"), sidera::value_error);
  CHECK_THROWS_AS((void)f.get_number<double>("three"), sidera::value_error);
}
