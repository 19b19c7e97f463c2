// SPDX-License-Identifier: MIT
/// \file  Disentangling models whose rows are spread over ranks.
#include "trained_bits.hpp"

#include <atomic>
#include <limits>
#include <mutex>
#include <sidera/disentangling/dcid.hpp>
#include <sidera/disentangling/fcid.hpp>
#include <sidera/disentangling/hierarchical_dcid.hpp>

using namespace sidera;
using trained::few_epochs;

namespace {

using shard = std::pair<std::vector<matrix<float>>, presence_flags>;

/// Rows `from` to `to` of every view. A shard whose rows lack nothing has no flags.
shard rows_between(shard const& all, index_t from, index_t to) {
  shard part;
  for (auto const& v : all.first) part.first.push_back(v.middleRows(from, to - from));
  for (auto const& f : all.second) {
    std::vector<std::uint8_t> const own(f.begin() + from, f.begin() + to);
    bool const gaps = std::find(own.begin(), own.end(), 0) != own.end();
    part.second.push_back(gaps ? own : std::vector<std::uint8_t>());
  }
  if (from == to) part.first.clear(), part.second.clear();
  return part;
}

/// 120 rows among 1 to 4 ranks, of which the second one of three and more has none.
index_t cut(std::size_t ranks, std::size_t rank) {
  static constexpr std::array<std::array<index_t, 5>, 4> cuts{
      {{0, 120}, {0, 9, 120}, {0, 75, 75, 120}, {0, 3, 3, 60, 120}}};
  return cuts[ranks - 1][rank];
}

template <class A>
void check_spread(typename A::options_type const& options, disentangling_training const& training, shard const& all,
                  std::size_t piece) {
  std::string const expected = trained::by<A>(
                                   1, options, training, [&](std::size_t) { return all; },
                                   [&](auto const& c) { return shared_batches(c, piece); })
                                   .front()
                                   .bytes;
  for (std::size_t ranks = 1; ranks <= 4; ++ranks) {
    CAPTURE(ranks);
    auto const own = [&](std::size_t r) { return rows_between(all, cut(ranks, r), cut(ranks, r + 1)); };
    for (auto const& found :
         trained::by<A>(ranks, options, training, own, [&](auto const& c) { return spread_batches(c, piece); }))
      CHECK(found.bytes == expected);
  }
}

}  // namespace

TEST_CASE("spread rows of DCID: the bits of one rank with all rows, with resets, repeats and missing rows") {
  auto d = digits::load({"fou", "zer", "mor"}, 160);
  d.train[0](5, 0) = 1e20f, d.train[0](110, 0) = -1e20f;  // the mean depends on the order, unless sums are exact
  presence_flags present(3, std::vector<std::uint8_t>(120, 1));
  for (std::size_t i = 12; i < 70; i += 3) present[i % 2][i] = 0;  // of two and four ranks, the first has all views
  auto options = combination::tiny<dcid<>::options_type>();
  options.objective.ema_repeats = 2;
  options.objective.words = 24;
  options.objective.reset = {.after = 2, .active_below = 2};
  for (std::size_t const piece : {std::size_t{7}, std::size_t{15}})
    check_spread<dcid<>>(options, few_epochs(), {d.train, present}, piece);
}

TEST_CASE("spread clips of other architectures: the bits of one rank with all rows") {
  auto const d = digits::load({"fou", "zer", "mor"}, 160);
  auto training = few_epochs();
  training.batch = 10;
  auto released = combination::tiny<dcid<>::options_type>();
  released.decoupler.sampled = true;
  released.time = 3;
  check_spread<dcid<>>(released, training, {{d.train[0], d.train[1]}, {}}, 4);
  auto coarse_and_fine = combination::tiny<fcid<>::options_type>();
  coarse_and_fine.time = 3;
  check_spread<fcid<>>(coarse_and_fine, training, {d.train, {}}, 4);
  training.standardise = false;
  training.bypass_epochs = 0;
  auto hierarchical = combination::tiny<hierarchical_dcid<>::options_type>();
  check_spread<hierarchical_dcid<>>(hierarchical, training, {{d.train[1], d.train[0]}, {}}, 8);
}

namespace {

/// Keeps the most bytes that one call has brought to this rank.
struct watched_communicator {
  thread_communicator inner;
  std::atomic<std::size_t>* most;

  [[nodiscard]] std::size_t rank() const { return inner.rank(); }
  [[nodiscard]] std::size_t size() const { return inner.size(); }
  void sum(std::span<std::int64_t> values) const { inner.sum(values); }
  void max(std::span<double> values) const { inner.max(values); }
  [[nodiscard]] gathered_bytes gather(std::span<std::byte const> own) const {
    gathered_bytes all = inner.gather(own);
    std::size_t bytes = 0;
    for (auto const& part : all) bytes += part.size();
    if (bytes > *most) *most = bytes;
    return all;
  }
};
static_assert(Communicator<watched_communicator>);

}  // namespace

TEST_CASE("spread rows of DCID: no rank ever receives more than a batch, or the features of a view") {
  auto const d = digits::load({"fou", "zer"}, 160);
  shard const all{d.train, {}};
  auto options = combination::tiny<dcid<>::options_type>();
  options.objective.decoder_hidden = {4};
  std::array<std::atomic<std::size_t>, 3> most{};
  run_ranks(3, [&](thread_communicator const& c) {
    auto const [views, flags] = rows_between(all, cut(3, c.rank()), cut(3, c.rank() + 1));
    disentangling_model<dcid<>> m(options, few_epochs());
    watched_communicator const watched{c, &most[c.rank()]};
    (void)m.fit(views, flags, {}, {}, spread_batches(watched, 8));
  });
  std::size_t const columns = column_count(d.train[0]) + column_count(d.train[1]);
  for (auto const& bytes : most) {
    CHECK(bytes == 30 * columns * sizeof(float));  // of 120 rows
    CHECK(bytes > 120 * options.dim * sizeof(float));
  }
}

namespace {

/// What three ranks are told, all the same by an E, when rank 1 is given something else.
template <class E, class Spoil>
std::string told(Spoil const& spoil) {
  auto const d = digits::load({"fou", "zer"}, 160);
  std::vector<std::string> messages(3);
  run_ranks(3, [&](thread_communicator const& c) {
    shard own = rows_between({d.train, {}}, 40 * index_t(c.rank()), 40 * index_t(c.rank() + 1));
    auto options = combination::tiny<dcid<>::options_type>();
    auto training = few_epochs();
    std::size_t piece = 8;
    if (c.rank() == 1) spoil(own, options, training, piece);
    disentangling_model<dcid<>> m(options, training);
    try {
      (void)m.fit(own.first, own.second, {}, {}, spread_batches(c, piece));
    } catch (E const& e) {
      messages[c.rank()] = e.what();
    }
    CHECK_THROWS_AS((void)m.inference(), not_fitted_error);
  });
  CHECK(messages[1] == messages[0]);
  CHECK(messages[2] == messages[0]);
  return messages[0];
}

}  // namespace

TEST_CASE("spread rows of DCID: what one rank cannot train on is the same error on every rank") {
  using options_type = dcid<>::options_type;
  using training_type = disentangling_training;
  CHECK(told<value_error>([](shard& s, options_type&, training_type&, std::size_t&) {
          s.second = {{}, std::vector<std::uint8_t>(40, 1)};
          s.second[1][2] = 0;
          s.first[1](2, 3) = std::numeric_limits<float>::quiet_NaN();  // a row that lacks the view
          s.first[1](6, 4) = std::numeric_limits<float>::infinity();
        }) == "disentangling_model::fit: rank 1: view 1 row 6 has an infinity in column 4");
  CHECK(told<shape_error>([](shard& s, options_type&, training_type&, std::size_t&) {
          s.first[0].conservativeResize(39, s.first[0].cols());
        }).find("disentangling_model::fit: rank 1: a view is 40 x 47, expected 39 rows") == 0);
  CHECK(told<shape_error>([](shard& s, options_type&, training_type&, std::size_t&) {
          s.first[0].conservativeResize(40, 5);
        }) == "disentangling_model::fit: rank 1 has views of 5, 47 columns, the ones before have views of 76, 47");
  CHECK(told<value_error>([](shard&, options_type&, training_type& t, std::size_t&) { t.seed = 9; }) ==
        "disentangling_model::fit: rank 1 has other training options, steps per clip or pieces than rank 0");
  CHECK(told<value_error>([](shard&, options_type&, training_type&, std::size_t& piece) { piece = 9; }) ==
        "disentangling_model::fit: rank 1 has other training options, steps per clip or pieces than rank 0");
  CHECK(told<value_error>([](shard&, options_type& o, training_type&, std::size_t&) { o.specific_dim = 7; }) ==
        "disentangling_model::fit: rank 1 has other parameters (names or shapes) than rank 0");
  CHECK(told<value_error>([](shard&, options_type& o, training_type&, std::size_t&) {
          o.objective.weights.commitment.cross = 7;
        }) == "disentangling_model::fit: rank 1 has other objective options than rank 0");
  CHECK(told<value_error>([](shard&, options_type& o, training_type&, std::size_t&) {
          o.objective.words = 0;
        }).find("rank 1: ") != std::string::npos);
}

TEST_CASE("spread rows of DCID: no rows at all, and a view that all rows lack") {
  run_ranks(2, [&](thread_communicator const& c) {
    disentangling_model<dcid<>> m(combination::tiny<dcid<>::options_type>(), few_epochs());
    auto const with = spread_batches(c, 8);
    CHECK_THROWS_WITH_AS((void)m.fit({}, {}, {}, {}, with), "disentangling_model::fit: no rank has rows", shape_error);
    auto const d = digits::load({"fou", "zer"}, 160);
    presence_flags const gone{{}, std::vector<std::uint8_t>(120, 0)};
    CHECK_THROWS_WITH_AS((void)m.fit(d.train, gone, {}, {}, with), "disentangling_model::fit: all rows lack view 1",
                         shape_error);
  });
}

TEST_CASE("z_scores_over: the bits of one rank however rows are split, z_score_scaling but for rounding") {
  random_stream const random(4);
  matrix<double> x(37, 3);
  for (index_t i = 0; i < 37; ++i) x.row(i) << 1e6 + random.normal(std::uint64_t(i)), 0.1, 1e-3 * double(i % 5);
  auto const alone = z_scores_over(serial_communicator{}, x);
  auto const plain = z_score_scaling{}.fit<double>(matrix_cref<double>(x));
  CHECK((alone.offset - plain.offset).cwiseAbs().maxCoeff() <= 1e-9);
  CHECK((alone.factor.array() / plain.factor.array() - 1).abs().maxCoeff() <= 1e-9);
  CHECK(alone.factor(1) == 1);  // a constant column
  run_ranks(3, [&](auto const& ranks) {
    std::array<index_t, 4> const cuts{0, 1, 1, 37};
    auto const first = cuts[ranks.rank()], next = cuts[ranks.rank() + 1];
    auto const found = z_scores_over(ranks, matrix<double>(x.middleRows(first, next - first)));
    CHECK(found.offset == alone.offset);
    CHECK(found.factor == alone.factor);
  });
}
