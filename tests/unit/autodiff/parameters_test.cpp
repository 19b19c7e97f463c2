// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <numeric>
#include <sidera/autodiff/ops/embedding_sum.hpp>
#include <sidera/autodiff/ops/matmul.hpp>
#include <sidera/autodiff/ops/square.hpp>
#include <sidera/autodiff/ops/sum.hpp>

using sidera::matrix;

TEST_CASE("an arena gives aligned memory and keeps its blocks") {
  sidera::arena memory;
  void* const first = memory.allocate(100);
  for (int i = 0; i < 50; ++i) CHECK(reinterpret_cast<std::uintptr_t>(memory.allocate(5000)) % 64 == 0);
  std::size_t const bytes = memory.capacity();
  memory.reset();
  CHECK(memory.allocate(100) == first);
  for (int i = 0; i < 50; ++i) (void)memory.allocate(5000);
  CHECK(memory.capacity() == bytes);
  (void)memory.allocate(10 * bytes);
  CHECK(memory.capacity() >= 11 * bytes);
}

TEST_CASE("parameters lie in flat aligned buffers with zeros in between") {
  sidera::parameters<float> store;
  auto const a = store.add("a", 3, 3), b = store.add("b", 1, 2), other = store.add("c", 2, 2, "second");
  store.value(a).setOnes();
  store.value(b).setOnes();
  CHECK(store.size() == 3);
  CHECK(store.count() == 15);
  CHECK(store.groups().size() == 2);
  auto const& main = store.group("main");
  CHECK(main.values.size() == 32);
  CHECK(reinterpret_cast<std::uintptr_t>(main.values.data()) % 64 == 0);
  CHECK(store.value(b).data() == main.values.data() + 16);
  CHECK(std::accumulate(main.values.begin(), main.values.end(), 0.0f) == 11);
  CHECK(store.find("c") == other);
  CHECK(store.name(b) == "b");
  CHECK_THROWS_AS((void)store.find("d"), sidera::value_error);
  CHECK_THROWS_AS(store.add("a", 1, 1), sidera::value_error);
  CHECK_THROWS_AS(store.add_table("t", 1, 1, "main"), sidera::value_error);
  CHECK_THROWS_AS((void)store.value(sidera::parameter{}), sidera::value_error);
}

TEST_CASE("a copy of a store is independent, a moved store keeps its numbers") {
  sidera::parameters<float> store;
  auto const a = store.add("a", 2, 2), table = store.add_table("t", 3, 2);
  store.value(a).setConstant(1);
  store.value(table).setConstant(2);
  auto copy = store;
  copy.value(a).setConstant(5);
  CHECK(store.value(a).isConstant(1));
  sidera::tape<float> t(copy);
  t.backward(sum(embedding_sum(t[table], sidera::code_matrix::Constant(1, 1, 2))));
  CHECK(copy.gradient(table).row(2).isConstant(1));
  CHECK(store.gradient(table).isZero(0));
  auto const moved = std::move(copy);
  CHECK(moved.value(a).isConstant(5));
  CHECK(moved.gradient(table).row(2).isConstant(1));
}

TEST_CASE("a table's gradient is kept for touched rows, and for all rows when an op needs all") {
  sidera::parameters<double> store;
  auto const table = store.add_table("t", 4, 2);
  store.value(table).setConstant(3);
  sidera::code_matrix ids(2, 2);
  ids << 1, 3, 3, sidera::no_code;
  sidera::tape<double> t(store);
  t.backward(sum(embedding_sum(t[table], ids)));
  CHECK(store.raw(table).touched->rows == std::vector<std::uint32_t>{1, 3});
  CHECK(store.gradient(table).col(0) == Eigen::Vector4d(0, 1, 0, 2));
  t.reset();
  t.backward(sum(square(t[table])));
  CHECK(store.raw(table).touched->rows.size() == 4);
  CHECK(store.gradient(table).col(1) == Eigen::Vector4d(6, 7, 6, 8));
  store.clear_gradients();
  CHECK(store.raw(table).touched->rows.empty());
}

TEST_CASE("values of a store are saved and read by name") {
  sidera::parameters<float> store, other, narrow;
  auto const a = store.add("enc.w", 2, 3);
  store.value(a).setConstant(7);
  sidera::field_set fields;
  store.to_fields(fields, "model.");
  CHECK(fields.tensors.count("model.enc.w") == 1);
  other.add("enc.w", 2, 3);
  other.from_fields(fields, "model.");
  CHECK(other.value(a).isConstant(7));
  narrow.add("enc.w", 2, 2);
  CHECK_THROWS_AS(narrow.from_fields(fields, "model."), sidera::shape_error);
  CHECK_THROWS_AS(other.from_fields(fields), sidera::value_error);
}
