// SPDX-License-Identifier: MIT
/// Training whose batches are shared out among ranks.
#include <doctest/doctest.h>

#include <atomic>
#include <limits>
#include <sidera/autodiff/ops/add.hpp>
#include <sidera/communicators/threads.hpp>
#include <sidera/io/save_fields.hpp>
#include <sidera/layers/embedding.hpp>
#include <sidera/layers/mlp.hpp>
#include <sidera/losses/mse.hpp>
#include <sidera/training/shared_batches.hpp>
#include <sidera/training/take_rows.hpp>

namespace {

using sidera::index_t;

/// Numbers to be predicted from a category and from columns of very different sizes.
struct shared_problem {
  sidera::matrix<float> x{57, 5}, y{57, 1};
  std::vector<sidera::code_t> category = std::vector<sidera::code_t>(57);

  shared_problem() {
    sidera::random_stream const random(21);
    for (index_t i = 0; i < x.size(); ++i) x.data()[i] = float(random.normal(std::uint64_t(i)));
    for (std::size_t s = 0; s < category.size(); ++s) category[s] = sidera::code_t(random.fork(1).below(s, 30));
    for (index_t i = 0; i < 57; ++i) y(i, 0) = x(i, 0) + 0.1f * float(category[std::size_t(i)]);
    x.col(2) *= 100;
  }
};
shared_problem const shared_data;

/// A table, of which some rows are never touched, and an MLP.
struct shared_model {
  sidera::parameters<float> store;
  sidera::embedding table{store, "table", 40, 5, sidera::random_stream(2)};
  sidera::mlp<> head{store, "head", {5, 8, 1}, sidera::random_stream(5)};
  sidera::parameter unused = store.add("unused", 1, 3);

  auto on_batch() const {
    return [this](sidera::tape<float>& t, std::span<std::size_t const> rows, sidera::pass p) {
      auto const x = take_rows(t, shared_data.x, rows) + table(t, take_entries(t, shared_data.category, rows));
      return sidera::mse(head(x, p), take_rows(t, shared_data.y, rows));
    };
  }
};

/// The trained store and the losses of the epochs, as bytes.
template <class Gradient>
std::string trained(Gradient const& gradient, shared_model& m, std::size_t clip = 0) {
  sidera::trainer t(m.store, 57, {.epochs = 3, .batch = 20, .max_gradient_norm = double(clip)});
  t.fit(m.on_batch(), {}, gradient);
  sidera::field_set fields;
  t.to_fields(fields);
  return serialise_fields(fields);
}

}  // namespace

TEST_CASE("shared_batches: the same bits on every rank, for any number of ranks") {
  for (std::size_t const piece : {std::size_t{1}, std::size_t{7}, std::size_t{64}}) {
    CAPTURE(piece);
    shared_model alone;
    std::string const expected = trained(sidera::shared_batches(sidera::serial_communicator{}, piece), alone, 1);
    for (std::size_t ranks = 1; ranks <= 4; ++ranks) {
      std::vector<std::string> found(ranks);
      sidera::run_ranks(ranks, [&](sidera::thread_communicator const& c) {
        shared_model m;
        found[c.rank()] = trained(sidera::shared_batches(c, piece), m, 1);
      });
      for (std::string const& bytes : found) CHECK(bytes == expected);
    }
  }
}

TEST_CASE("shared_batches: pieces make the steps of whole batches, but for rounding") {
  shared_model whole, pieces;
  auto const whole_bytes = trained(sidera::whole_batch{}, whole);
  auto const piece_bytes = trained(sidera::shared_batches(sidera::serial_communicator{}, 6), pieces);
  CHECK(whole_bytes != piece_bytes);
  for (std::size_t p = 0; p < whole.store.size(); ++p)
    CHECK((whole.store.value({p}) - pieces.store.value({p})).norm() <= 1e-4f * (1 + whole.store.value({p}).norm()));
  shared_model fresh;
  CHECK((fresh.store.value(fresh.table.table) - pieces.store.value(pieces.table.table)).norm() > 0);
  std::vector<bool> seen(40);
  for (auto const c : shared_data.category) seen[std::size_t(c)] = true;
  for (index_t r = 0; r < 40; ++r)
    CHECK((pieces.store.value(pieces.table.table).row(r) == fresh.store.value(fresh.table.table).row(r)) !=
          seen[std::size_t(r)]);
}

TEST_CASE("shared_batches: what is not finite is an error on every rank, and nothing has moved") {
  for (bool const in_loss : {true, false}) {
    std::vector<shared_model> models(3);
    std::atomic<int> told = 0;
    auto const body = [&](sidera::thread_communicator const& c) {
      shared_model& m = models[c.rank()];
      auto const good = m.on_batch();
      auto const loss = [&](sidera::tape<float>& t, std::span<std::size_t const> rows, sidera::pass p) {
        auto const l = good(t, rows, p);
        if (rows[0] % 2 == 0 && in_loss) l.value()(0, 0) = std::numeric_limits<float>::infinity();
        if (rows[0] % 2 == 0 && !in_loss) {
          auto const y = t.result(1, 1, l);
          y.value() = l.value();
          t.on_backward([=] { l.add_gradient(y.gradient() * std::numeric_limits<float>::quiet_NaN()); }, y);
          return y;
        }
        return l;
      };
      sidera::trainer t(m.store, 57, {.batch = 57});
      try {
        t.fit(loss, {}, sidera::shared_batches(c, 5));
      } catch (sidera::value_error const&) {
        ++told;
      }
    };
    sidera::run_ranks(3, body);
    CHECK(told == 3);
    shared_model const fresh;
    for (auto const& m : models)
      for (std::size_t p = 0; p < fresh.store.size(); ++p) CHECK(m.store.value({p}) == fresh.store.value({p}));
  }
  CHECK_THROWS_AS(sidera::shared_batches(sidera::serial_communicator{}, 0), sidera::value_error);
}
