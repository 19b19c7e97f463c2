// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <sidera/io/safetensors.hpp>
#include <sidera/semantic_ids/id_index.hpp>
#include <sidera/semantic_ids/id_table.hpp>
#include <sidera/semantic_ids/offset_vocabulary.hpp>

using sidera::code_matrix;
using sidera::code_t;
using sidera::id_table;
using ids_of = std::vector<sidera::index_t>;

namespace {
code_matrix sample() {
  code_matrix ids(6, 2);
  ids << 3, 1, 0, 2, 3, 1, -1, 0, 3, 0, 0, 2;
  return ids;
}
template <class Span>
ids_of list(Span const& s) {
  return {s.begin(), s.end()};
}
}  // namespace

TEST_CASE("id_index: whole IDs, prefixes, everything") {
  sidera::id_index const index(sample());
  CHECK(list(index.find(std::vector<code_t>{3, 1})) == ids_of{0, 2});
  CHECK(list(index.find(std::vector<code_t>{0, 2})) == ids_of{1, 5});
  CHECK(list(index.find(std::vector<code_t>{3})) == ids_of{4, 0, 2});
  CHECK(list(index.find({})) == ids_of{1, 5, 4, 0, 2});
  CHECK(index.find(std::vector<code_t>{2}).empty());
  CHECK(index.find(std::vector<code_t>{3, 9}).empty());
  CHECK(index.find(std::vector<code_t>{-1, 0}).empty());
  CHECK_THROWS_AS((void)index.find(std::vector<code_t>{3, 1, 0}), sidera::shape_error);
  CHECK(sidera::id_index(code_matrix(0, 2)).find({}).empty());
}

TEST_CASE("offset_vocabulary: there and back") {
  sidera::offset_vocabulary const vocabulary({4, 3}, 10);
  CHECK(vocabulary.size() == 7);
  CHECK(vocabulary.levels() == 2);
  code_matrix expected(6, 2);
  expected << 13, 15, 10, 16, 13, 15, -1, 14, 13, 14, 10, 16;
  CHECK(vocabulary.tokens(sample()) == expected);
  CHECK(vocabulary.ids(expected) == sample());
  CHECK_THROWS_AS((void)vocabulary.tokens(code_matrix::Constant(1, 2, 3)), sidera::value_error);
  CHECK_THROWS_AS((void)vocabulary.ids(code_matrix::Constant(1, 2, 13)), sidera::value_error);
  CHECK_THROWS_AS((void)vocabulary.tokens(code_matrix::Zero(1, 3)), sidera::shape_error);
  CHECK_THROWS_AS(sidera::offset_vocabulary({2000000000, 2000000000}), sidera::value_error);
  constexpr auto most = std::numeric_limits<std::size_t>::max();
  CHECK_THROWS_WITH_AS(
      sidera::offset_vocabulary({5, most - 2}),
      "offset_vocabulary: the words of level 1: 18446744073709551613 tokens behind 5 do not fit 31 bits",
      sidera::value_error);
  CHECK_THROWS_AS(sidera::offset_vocabulary({5, 5}, most), sidera::value_error);
  CHECK_THROWS_AS(sidera::offset_vocabulary({}, most), sidera::value_error);
  CHECK_NOTHROW(sidera::offset_vocabulary({std::size_t{0x7FFFFFFF} - 3}, 3));
}

TEST_CASE("id_table: checks its codes, reports its usage") {
  id_table const table(sample(), {4, 3}, "abc");
  CHECK(table.items() == 6);
  CHECK(table.version() == 1);
  auto const usage = table.usage();
  CHECK(usage[0].counts == std::vector<std::int64_t>{2, 0, 0, 3});
  CHECK(usage[0].skipped == 1);
  CHECK(usage[1].used == 3);
  CHECK_THROWS_AS(id_table(sample(), {3, 3}), sidera::value_error);
  CHECK_THROWS_AS(id_table(sample(), {4}), sidera::shape_error);
  CHECK_NOTHROW(table.require_model("abc"));
  CHECK_THROWS_AS(table.require_model("abd"), sidera::value_error);
}

TEST_CASE("id_table: appending never changes a row, and an error changes nothing") {
  id_table table(sample(), {4, 3}, "abc");
  code_matrix more(2, 2);
  more << 1, 1, 2, 4;
  CHECK_THROWS_AS(table.append(more, {4, 3}), sidera::value_error);
  CHECK_THROWS_AS(table.append(code_matrix::Zero(1, 3), {4, 3, 1}), sidera::shape_error);
  CHECK(table.version() == 1);
  CHECK(table.ids() == sample());
  table.append(more, {4, 5});
  CHECK(table.version() == 2);
  CHECK(table.items() == 8);
  CHECK(table.ids().topRows(6) == sample());
  CHECK(table.ids().bottomRows(2) == more);
  CHECK(table.words() == std::vector<std::size_t>{4, 5});
}

TEST_CASE("id_table: survives a file") {
  id_table table(sample(), {4, 3}, "abc");
  table.append(code_matrix::Zero(1, 2), {4, 3});
  auto const bytes = sidera::serialise_fields(table.fields());
  auto const back = id_table::from_fields(sidera::parse_fields(sidera::as_byte_span(bytes)));
  CHECK(back.ids() == table.ids());
  CHECK(back.words() == table.words());
  CHECK(back.model() == "abc");
  CHECK(back.version() == 2);
  auto const empty = id_table::from_fields(id_table(code_matrix(0, 2), {1, 1}).fields());
  CHECK(empty.items() == 0);
}

TEST_CASE("id_table: fields that are no table") {
  auto const broken = [](auto&& change) {
    auto fields = id_table(sample(), {4, 3}, "abc").fields();
    change(fields);
    CHECK_THROWS_AS((void)id_table::from_fields(fields), sidera::argument_error);
  };
  broken([](auto& f) { f.metadata["kind"] = "model"; });
  broken([](auto& f) { f.metadata.clear(); });
  broken([](auto& f) { f.tensors.erase("ids"); });
  broken([](auto& f) { f.tensors["ids"].shape = {3, 4}; });
  broken([](auto& f) { f.tensors["ids"].shape = {12}; });
  broken([](auto& f) { f.tensors["ids"].shape = {7, 2}; });
  broken([](auto& f) { f.put("words", std::vector<std::int64_t>{4, 2}); });
  broken([](auto& f) { f.put("words", std::vector<std::int64_t>{4, -3}); });
  broken([](auto& f) { f.put("words", std::vector<std::int32_t>{4, 3}); });
  broken([](auto& f) { f.put("version", std::vector<std::int64_t>{0}); });
  broken([](auto& f) { f.put("version", std::vector<std::int64_t>{}); });
}
