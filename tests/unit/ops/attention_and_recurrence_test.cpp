// SPDX-License-Identifier: MIT
#include <laws/gradient_laws.hpp>
#include <laws/thrown.hpp>
#include <sidera/autodiff/ops/add.hpp>
#include <sidera/autodiff/ops/additive_scores.hpp>
#include <sidera/autodiff/ops/attend_rows.hpp>
#include <sidera/autodiff/ops/gru.hpp>
#include <sidera/autodiff/ops/lstm.hpp>
#include <sidera/autodiff/ops/unfold.hpp>
#include <sidera/autodiff/ops/weighted_sum_of_rows.hpp>

using laws::gradient_law;
using sidera::code_t;

namespace {

/// batch * time row numbers below `rows`, with repetitions and some padding.
std::vector<code_t> places(std::size_t count, std::size_t rows) {
  std::vector<code_t> all(count);
  for (std::size_t i = 0; i < count; ++i)
    all[i] = i % 5 == 3 || rows == 0 ? sidera::no_code : static_cast<code_t>(i * i % rows);
  return all;
}

std::vector<std::uint8_t> flags(std::size_t count) {
  std::vector<std::uint8_t> all(count);
  for (std::size_t i = 0; i < count; ++i) all[i] = i % 4 != 2;
  return all;
}

constexpr std::size_t time_steps = 3;
laws::gradient_options const smooth{.float_tolerance = 2e-5, .large = {160, 40, 24}};
laws::gradient_options const many_places{.float_tolerance = 2e-5, .large = {160, 40, 100}};

}  // namespace

TEST_CASE("additive scores and sums of chosen rows obey the gradient laws") {
  gradient_law("additive_scores", {"m x n", "k x n", "n x 1", "1 x 1"}, [](auto in) {
    auto const at = places(in[1].rows() * time_steps, in[0].rows());
    return additive_scores(in[0], at, in[1], in[2], in[3], {in[1].rows(), time_steps}, sidera::functions::tanh{});
  });
  gradient_law(
      "additive_scores, with several registers of columns", {"m x 70", "k x 70", "70 x 1", "1 x 1"},
      [](auto in) {
        auto const at = places(in[1].rows() * 21, in[0].rows());
        return additive_scores(in[0], at, in[1], in[2], in[3], {in[1].rows(), 21}, sidera::functions::tanh{});
      },
      many_places);
  gradient_law(
      "weighted_sum_of_rows, with several registers of columns", {"k x 21", "m x 70"},
      [](auto in) { return weighted_sum_of_rows(in[0], in[1], places(in[0].size(), in[1].rows())); }, many_places);
  gradient_law("weighted_sum_of_rows", {"k x 3", "m x n"},
               [](auto in) { return weighted_sum_of_rows(in[0], in[1], places(in[0].size(), in[1].rows())); });
  gradient_law("attend_rows", {"k x 2n", "m x n"}, [](auto in) {
    return attend_rows(in[0], in[1], places(in[0].rows() * time_steps, in[1].rows()), time_steps, 2, .7);
  });
  gradient_law("attend_rows, to sums of rows", {"k x 2n", "m x n"}, [](auto in) {
    std::size_t const vectors = 2 * in[1].rows();
    auto const sums = shared_row_sums(in[1], std::span<code_t const>(places(3 * vectors, in[1].rows())), 3);
    return attend_rows(in[0], sums, places(in[0].rows() * time_steps, vectors), time_steps, 2, .7);
  });
  gradient_law("attend_rows, a block of heads and one more", {"k x 5n", "m x n"}, [](auto in) {
    return attend_rows(in[0], in[1], places(in[0].rows() * time_steps, in[1].rows()), time_steps, 5, .7);
  });
}

TEST_CASE("recurrences obey the gradient laws") {
  using sidera::time_direction;
  for (auto const direction : {time_direction::forward, time_direction::backward})
    for (bool const padded : {false, true}) {
      gradient_law(
          "lstm", {"3m x 4n", "n x 4n"},
          [&](auto in) {
            auto const valid = padded ? flags(in[0].rows()) : std::vector<std::uint8_t>{};
            auto const y = lstm_steps(in[0], in[1], {in[0].rows() / 3, 3}, direction, valid);
            return y.hidden + y.cell;
          },
          smooth);
      gradient_law(
          "gru", {"3m x 3n", "n x 3n", "1 x 3n"},
          [&](auto in) {
            auto const valid = padded ? flags(in[0].rows()) : std::vector<std::uint8_t>{};
            return gru_steps(in[0], in[1], in[2], {in[0].rows() / 3, 3}, direction, valid);
          },
          smooth);
    }
}

TEST_CASE("windows and their adjoint obey the gradient laws") {
  sidera::window_shape const window{2, 3, 1, 2, 1, 1};
  gradient_law("unfold", {"12m x n"}, [&](auto in) { return unfold(in[0], {in[0].rows() / 12, 3, 4}, window); });
  sidera::image_shape const one{1, 3, 4};
  std::size_t const positions = window.positions(one).rows();
  CHECK(positions == 4 * 2);
  gradient_law("fold", {"8m x 6n"}, [&](auto in) { return fold(in[0], {in[0].rows() / 8, 3, 4}, window); });
}

TEST_CASE("attention to sums of rows is attention to the sums, bit for bit") {
  sidera::parameters<float> store;
  auto const x = store.add("x", 9, 24), q = store.add("q", 3, 48);
  for (sidera::parameter const p : {x, q})
    for (sidera::index_t i = 0; i < store.value(p).size(); ++i)
      store.value(p).data()[i] = static_cast<float>(sidera::random_stream(p.index).normal(std::uint64_t(i)));
  auto const ids = places(40, 9), at = places(3 * 11, 20);
  auto const attended = [&](bool made_before) {
    sidera::tape<float> t(std::as_const(store));
    auto const sums = shared_row_sums(t[x], std::span(ids), 2);
    return sidera::matrix<float>(
        attend_rows(t[q], made_before ? sidera::row_sums<float>(sums.sums()) : sums, at, 11, 2, .3).value());
  };
  CHECK((attended(true).array() == attended(false).array()).all());
}

TEST_CASE("a longer padding changes no bit of attention") {
  sidera::tape<float> t;
  sidera::matrix<float> x(40, 24), q(3, 120);
  sidera::random_stream const random(3);
  for (sidera::index_t i = 0; i < x.size(); ++i) x.data()[i] = static_cast<float>(random.normal(std::uint64_t(i)));
  for (sidera::index_t i = 0; i < q.size(); ++i)
    q.data()[i] = static_cast<float>(random.normal(9999 + std::uint64_t(i)));
  auto const padded = [&](std::size_t time, std::size_t offset) {
    std::vector<code_t> at(3 * time, sidera::no_code);
    for (std::size_t b = 0; b < 3; ++b)
      for (std::size_t s = 0; s < 11; ++s) at[b * time + offset + s] = static_cast<code_t>((7 * s + b) % 40);
    return sidera::matrix<float>(attend_rows(t.refer(q), t.refer(x), at, time, 5, .3).value());
  };
  sidera::matrix<float> const expected = padded(11, 0);
  CHECK((padded(12, 0).array() == expected.array()).all());
  CHECK((padded(33, 0).array() == expected.array()).all());
  CHECK((padded(50, 20).array() == expected.array()).all());
}

TEST_CASE("neither padding nor the place in the history changes a bit of an additive score") {
  sidera::tape<float> t;
  sidera::random_stream const random(3);
  sidera::matrix<float> keys(40, 70), queries(3, 70), weight(70, 1), bias(1, 1);
  std::uint64_t drawn = 0;
  for (auto* const m : {&keys, &queries, &weight, &bias})
    for (sidera::index_t i = 0; i < m->size(); ++i) m->data()[i] = static_cast<float>(random.normal(drawn++));
  auto const scores = [&](std::vector<code_t> const& at) {
    auto const time = at.size() / 3;
    return sidera::matrix<float>(
        additive_scores(t.refer(keys), at, t.refer(queries), t.refer(weight), t.refer(bias), {3, time}).value());
  };
  constexpr std::size_t time = 19, longer = 45, offset = 20;
  std::vector<code_t> plain(3 * time), padded(3 * longer, sidera::no_code);
  for (std::size_t b = 0; b < 3; ++b)
    for (std::size_t s = 0; s < time; ++s)
      padded[b * longer + offset + time - 1 - s] = plain[b * time + s] = static_cast<code_t>((7 * s + b) % 40);
  auto const expected = scores(plain), found = scores(padded);
  for (sidera::index_t b = 0; b < 3; ++b) {
    for (sidera::index_t s = 0; s < 19; ++s) CHECK(found(b, 20 + 18 - s) == expected(b, s));
    CHECK((found.row(b).head(20).array() == 0).all());
    CHECK((found.row(b).tail(6).array() == 0).all());
  }
}

TEST_CASE("wrong shapes and places are refused with both sizes or the place") {
  sidera::tape<float> t;
  sidera::matrix<float> const a = sidera::matrix<float>::Zero(4, 6), b = sidera::matrix<float>::Zero(2, 5);
  std::vector<code_t> const at{0, 1, 2, 4};
  CHECK_THROWS_AS((void)weighted_sum_of_rows(t.refer(a), t.refer(b), at), sidera::shape_error);
  sidera::matrix<float> const weights = sidera::matrix<float>::Zero(2, 2);
  CHECK(laws::row_of_error([&] { (void)weighted_sum_of_rows(t.refer(weights), t.refer(a), at); }) == 3);
  std::vector<code_t> const two{0, 1};
  auto const index = index_places(t, std::span<code_t const>(two), {2, 1}, 3, "index_places");
  CHECK_THROWS_WITH_AS((void)weighted_sum_of_rows(t.refer(weights), t.refer(a), index),
                       "weighted_sum_of_rows: the index is of 3 keys and batch 2, expected 4 keys and batch 2",
                       sidera::shape_error);
  CHECK_THROWS_AS((void)lstm_steps(t.refer(a), t.refer(b), {2, 2}), sidera::shape_error);
  CHECK_THROWS_AS((void)unfold(t.refer(a), {1, 1, 3}, {}), sidera::shape_error);
  CHECK_THROWS_AS((void)unfold(t.refer(a), {1, 1, 4}, {3, 3}), sidera::shape_error);
}

TEST_CASE("places are sorted by key within blocks of samples, padding left out") {
  sidera::tape<float> t;
  constexpr std::size_t block = sidera::place_index::block_samples;
  std::vector<code_t> at(2 * (block + 1), sidera::no_code);
  at[0] = 5, at[1] = 2, at[3] = 2, at[2 * block] = 1, at[2 * block + 1] = 5;
  auto const index = index_places(t, std::span<code_t const>(at), {block + 1, 2}, 6, "index_places");
  std::vector<std::array<std::size_t, 3>> found;
  for (auto const& place : index.used) found.push_back({place.key, place.sample, place.at});
  CHECK(found == std::vector<std::array<std::size_t, 3>>{
                     {2, 0, 1}, {2, 1, 3}, {5, 0, 0}, {1, block, 2 * block}, {5, block, 2 * block + 1}});
  CHECK(index.block(0).size() == 3);
  CHECK(index.block(1).size() == 2);
  CHECK_THROWS_AS((void)index_places(t, std::span<code_t const>(at), {block, 2}, 6, "index_places"),
                  sidera::shape_error);
  CHECK(laws::row_of_error([&] {
          (void)index_places(t, std::span<code_t const>(at), {block + 1, 2}, 5, "index_places");
        }) == 0);
}
