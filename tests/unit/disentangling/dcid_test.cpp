// SPDX-License-Identifier: MIT
/// \file  DCID on two views of the digits: codes carry from view to view, and the trained model is all that it should
/// be.
#include "digits.hpp"

#include <filesystem>
#include <sidera/core/thread_pool.hpp>
#include <sidera/disentangling/dcid.hpp>
#include <sidera/disentangling/disentangling_model.hpp>
#include <sidera/io/load_fields.hpp>
#include <sidera/io/save_fields.hpp>

using namespace sidera;

namespace {

#if defined(SIDERA_TEST_SANITIZED)
constexpr bool is_sanitized = true;
#else
constexpr bool is_sanitized = false;
#endif

using model = disentangling_model<dcid<>>;

dcid<>::options_type small_options() {
  dcid<>::options_type o;
  o.dim = 24, o.specific_dim = 8;
  o.objective.words = 24;
  o.objective.decoder_hidden = {32};
  o.general.hidden = o.specific.hidden = {48};
  o.decoupler.hidden = 16, o.decoupler.fit_steps = 2;
  return o;
}
disentangling_training short_training() {
  disentangling_training t;
  t.epochs = 16, t.bypass_epochs = 6, t.batch = 75, t.learning_rate = 3e-3;
  return t;
}

bool same(code_matrix const& a, code_matrix const& b) {
  return a.rows() == b.rows() && a.cols() == b.cols() && a == b;
}

}  // namespace

// Minutes under a sanitizer, which the other cases give as much to look at.
TEST_CASE("A probe on the codes of one view reads those of the other view, with DCID and not with plain VQ" *
          doctest::skip(is_sanitized)) {
  auto const d = digits::load({"pix", "fou"}, 1000);
  auto const trained = [&](dcid<>::options_type const& options) {
    model m(options, short_training());
    (void)m.fit(d.train);
    return m.inference();
  };
  auto const accuracy = [&](auto const& codes, std::size_t a, std::size_t b) {
    return digits::transfer(codes.encode(a, d.train[a]), d.train_labels, codes.encode(b, d.test[b]), d.test_labels);
  };
  auto options = small_options();
  auto const full = trained(options);
  CHECK(accuracy(full, 0, 1) > 0.6);
  CHECK(accuracy(full, 1, 0) > 0.6);
  options.objective.terms = objective_terms::plain();
  CHECK(accuracy(trained(options), 0, 1) < 0.3);
}

TEST_CASE("Training and codes do not depend on the number of threads; another seed gives other codes") {
  auto const d = digits::load({"fou", "zer"}, 300);
  auto training = short_training();
  training.epochs = 3, training.bypass_epochs = 1;
  model one(small_options(), training), two(small_options(), training);
  thread_pool pool(3);
  auto const serial = one.fit(d.train);
  auto const parallel = two.fit(d.train, {}, pool);
  CHECK(serial.losses == parallel.losses);
  auto const a = one.inference(), b = two.inference();
  CHECK(a.fields().tensors.size() == b.fields().tensors.size());
  CHECK(fields_fingerprint(a.fields()) == fields_fingerprint(b.fields()));
  CHECK(same(a.encode(1, d.test[1]), b.encode(1, d.test[1], 1, pool)));
  training.seed = 2;
  model other(small_options(), training);
  (void)other.fit(d.train);
  CHECK(fields_fingerprint(other.inference().fields()) != fields_fingerprint(a.fields()));
}

TEST_CASE("A saved model gives the same codes, features and words bit for bit") {
  auto const d = digits::load({"fou", "mor"}, 240);
  auto training = short_training();
  training.epochs = 3, training.bypass_epochs = 1;
  model m(small_options(), training);
  (void)m.fit(d.train);
  auto const trained = m.inference();
  auto const path = (std::filesystem::temp_directory_path() / "sidera_dcid_test.safetensors").string();
  save_fields(path, trained.fields());
  model::inference_type loaded(small_options());
  CHECK_THROWS_AS((void)loaded.encode(0, d.test[0]), not_fitted_error);
  loaded.load(load_fields(path));
  std::filesystem::remove(path);
  for (std::size_t v = 0; v < 2; ++v) {
    auto const codes = trained.encode(v, d.test[v]);
    CHECK(same(loaded.encode(v, d.test[v]), codes));
    CHECK(loaded.features(v, d.test[v]) == trained.features(v, d.test[v]));
    CHECK(loaded.decode(codes) == trained.decode(codes));
  }
  auto wrong = small_options();
  wrong.dim = 23;
  model::inference_type other(wrong);
  CHECK_THROWS_AS(other.load(trained.fields()), shape_error);
  CHECK(other.modalities() == 0);
}

TEST_CASE("Rows that lack a view take part with the views that they have; what stands there is not looked at") {
  auto const d = digits::load({"fou", "zer", "mor"}, 400);
  std::vector<std::vector<std::uint8_t>> present(3, std::vector<std::uint8_t>(row_count(d.train[0]), 1));
  for (std::size_t i = 0; i < present[0].size(); i += 3) present[i % 2][i] = 0;
  auto views = d.train;
  auto const codes_with = [&](float there) {
    for (std::size_t m = 0; m < 3; ++m)
      for (std::size_t i = 0; i < present[m].size(); ++i)
        if (present[m][i] == 0) views[m].row(static_cast<index_t>(i)).setConstant(there);
    auto training = short_training();
    training.epochs = 3, training.bypass_epochs = 1;
    model m(small_options(), training);
    auto const report = m.fit(views, present);
    CHECK(std::isfinite(report.losses.back()));
    return m.inference().encode(2, d.test[2]);
  };
  CHECK(same(codes_with(0), codes_with(std::numeric_limits<float>::quiet_NaN())));
}

TEST_CASE(
    "A training that fails leaves the model as it was; one that cannot succeed is refused before the first step") {
  auto const d = digits::load({"fou", "mor"}, 200);
  auto training = short_training();
  training.epochs = 2, training.bypass_epochs = 1;
  model m(small_options(), training);
  (void)m.fit(d.train);
  auto const before = m.inference().encode(0, d.test[0]);
  auto const stop = [](iteration_report const&) { throw std::runtime_error("enough"); };
  CHECK_THROWS_AS((void)m.fit(d.train, {}, {}, stop), std::runtime_error);
  CHECK(same(m.inference().encode(0, d.test[0]), before));

  bool began = false;
  auto const watch = [&](iteration_report const&) { began = true; };
  std::vector<matrix<float>> const few = {d.train[0].topRows(6), d.train[1].topRows(6)};  // and 24 words
  CHECK_THROWS_AS((void)m.fit(few, {}, {}, watch), shape_error);
  CHECK_FALSE(began);
  CHECK(same(m.inference().encode(0, d.test[0]), before));
  training.bypass_epochs = training.epochs;
  CHECK_THROWS_AS((void)model(small_options(), training).fit(d.train), value_error);
}

TEST_CASE("Each term can be left out, and then has no value") {
  auto const d = digits::load({"fou", "mor"}, 200);
  auto training = short_training();
  training.epochs = 2, training.bypass_epochs = 1;
  auto const last = [&](auto change) {
    auto options = small_options();
    change(options.objective.terms);
    model m(options, training);
    return m.fit(d.train).stages.front();
  };
  auto const all = last([](objective_terms&) {});
  CHECK(all.align > 0);
  CHECK(all.reconstruct > 0);
  CHECK(all.commit > 0);
  CHECK(all.match > 0);
  CHECK(all.decouple != 0);
  CHECK(last([](objective_terms& t) { t.align = false; }).align == 0);
  CHECK(last([](objective_terms& t) { t.decouple = false; }).decouple == 0);
  CHECK(last([](objective_terms& t) { t.match = false; }).match == 0);
  CHECK(last([](objective_terms& t) { t.reconstruct = false; }).reconstruct == 0);
  CHECK(last([](objective_terms& t) { t.cross_commitment = false; }).commit < all.commit);
}

TEST_CASE("Clips of several steps are aligned by Cross-CPC") {
  random_stream const random(3);
  std::vector<matrix<float>> views(2, matrix<float>(60 * 5, 4));
  for (index_t i = 0; i < views[0].rows(); ++i)
    for (index_t j = 0; j < 4; ++j) {
      auto const clip = static_cast<std::uint64_t>(4 * (i / 5) + j), at = static_cast<std::uint64_t>(4 * i + j);
      double const shared = random.normal(clip);
      views[0](i, j) = static_cast<float>(shared + 0.2 * random.fork(1).normal(at));
      views[1](i, j) = static_cast<float>(-shared + 0.2 * random.fork(2).normal(at));
    }
  auto options = small_options();
  options.time = 5;
  auto training = short_training();
  training.epochs = 20, training.bypass_epochs = 10, training.batch = 20;
  model m(options, training);
  auto const report = m.fit(views);
  double const untrained = 2.2 * std::log(20.0);  // two modalities, cross weight 1, own weight 0.1, equal scores
  CHECK(report.stages.front().align < 0.6 * untrained);
  auto const codes = m.inference();
  CHECK(codes.encode(0, views[0], 5).rows() == 300);
  CHECK(codes.encode(0, views[0]) == codes.encode(0, views[0], 5));  // as trained
  CHECK_THROWS_WITH_AS((void)codes.encode(0, matrix<float>(views[0].topRows(7))),
                       "code_model::encode: x is 7 x 4, expected clips of 5 rows", shape_error);
  CHECK_THROWS_WITH_AS((void)codes.features(0, views[0], 1),
                       "code_model::features: codebook 1 is asked for, there are 1", value_error);
  CHECK_THROWS_WITH_AS((void)codes.encode(2, views[0]), "code_model::encode: modality 2 is asked for, there are 2",
                       value_error);
  std::vector<std::vector<std::uint8_t>> present(2, std::vector<std::uint8_t>(300, 1));
  present[0][4] = 0;
  CHECK_THROWS_WITH_AS((void)m.fit(views, present), doctest::Contains("one step only"), value_error);
}

TEST_CASE("Bad input is named") {
  auto const d = digits::load({"fou", "mor"}, 100);
  model m(small_options(), short_training());
  CHECK_THROWS_AS((void)m.inference(), not_fitted_error);
  CHECK_THROWS_WITH_AS((void)m.fit({d.train[0]}), doctest::Contains("1 views"), shape_error);
  CHECK_THROWS_WITH_AS((void)m.fit({d.train[0], d.test[1]}), doctest::Contains("expected 75 rows"), shape_error);
  auto views = d.train;
  views[1](7, 2) = std::numeric_limits<float>::infinity();
  CHECK_THROWS_WITH_AS((void)m.fit(views), doctest::Contains("row 7 has an infinity in column 2"), value_error);
  CHECK_THROWS_WITH_AS((void)m.fit(d.train, {{1, 1}, {1, 1}}), doctest::Contains("2 flags for 75 rows"), shape_error);
}
