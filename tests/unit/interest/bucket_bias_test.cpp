// SPDX-License-Identifier: MIT
/// \file  Tiers of similarity: as a histogram, and as biases of the attention to a history.
#include <laws/gradient_laws.hpp>
#include <laws/sample_data.hpp>
#include <sidera/interest/bucket_bias_attention.hpp>
#include <sidera/interest/ranker.hpp>
#include <sidera/interest/ranker_trainer.hpp>
#include <sidera/io/load_fields.hpp>
#include <sidera/io/save_fields.hpp>

namespace bucket_bias {

using namespace sidera;

using bucket_ranker = ranker<float, bucket_bias_attention>;

constexpr std::size_t items = 40, kinds = 4, time_steps = 5;

static_assert(TieredPooling<bucket_bias_attention> && !PlainPooling<bucket_bias_attention>);
static_assert(PlainPooling<dot_attention> && !TieredPooling<dot_attention>);

/// The kind of item i is i % kinds: items of one kind have cosine 1, others 0. The second modality knows halves.
similarity_tiers<float> tiers() {
  matrix<float> kind = matrix<float>::Zero(items, kinds), half = matrix<float>::Zero(items, 1);
  for (std::size_t i = 0; i < items; ++i) {
    kind(static_cast<index_t>(i), static_cast<index_t>(i % kinds)) = 3;
    half(static_cast<index_t>(i), 0) = i % 2 == 0 ? 1.f : -2.f;
  }
  return {{kind, half}, 3};
}

ranker_layout layout() {
  return din_layout(items);
}

/// The history holds one item of the target's kind, in a drawn place, and items of other kinds. The answer is whether
/// the number of that one item is below half of all.
ranking_samples one_of_a_kind(std::size_t n) {
  random_stream const random(6);
  ranking_samples s;
  s.questions.history.resize(static_cast<index_t>(n), static_cast<index_t>(time_steps));
  for (std::size_t i = 0; i < n; ++i) {
    auto const draw = [&](std::uint64_t what, std::uint64_t below) {
      return static_cast<std::size_t>(random.fork(what).below(i, below));
    };
    std::size_t const kind = draw(0, kinds), place = draw(1, time_steps), same = draw(2, items / kinds);
    s.questions.target.push_back(static_cast<code_t>(kinds * draw(3, items / kinds) + kind));
    s.questions.user.push_back(0);
    s.label.push_back(same < items / kinds / 2 ? 1 : 0);
    for (std::size_t j = 0; j < time_steps; ++j) {
      std::size_t const other = kinds * draw(10 + j, items / kinds) + (kind + 1 + draw(20 + j, kinds - 1)) % kinds;
      s.questions.history(static_cast<index_t>(i), static_cast<index_t>(j)) =
          static_cast<code_t>(j == place ? kinds * same + kind : other);
    }
  }
  return s;
}

/// Places and tiers of batch * time places, with padding.
struct drawn_places {
  std::vector<code_t> places;
  code_matrix tiers;

  drawn_places(std::size_t batch, std::size_t time, std::size_t rows) : tiers(static_cast<index_t>(batch * time), 2) {
    for (std::size_t i = 0; i < batch * time; ++i) {
      bool const padding = i % 4 == 2 || rows == 0;
      places.push_back(padding ? no_code : static_cast<code_t>(7 * i % rows));
      tiers.row(static_cast<index_t>(i)) << static_cast<code_t>(i % 3), static_cast<code_t>(i / 2 % 3);
      if (padding) tiers.row(static_cast<index_t>(i)).setConstant(no_code);
    }
  }
};

TEST_CASE("the tiers of places, and the histogram of them") {
  ranking_batch batch{code_matrix(2, 3), {0, 5}, {0, 0}};
  batch.history << 4, no_code, 1, 7, 9, 2;
  code_matrix expected(6, 2);  // of three tiers: cosine 1 is the last, 0 the middle one, -1 the first
  expected << 2, 2, no_code, no_code, 1, 0, 1, 2, 2, 2, 1, 0;
  CHECK(tiers().of_places(batch) == expected);
  matrix<float> counts(2, 6);
  counts << 0, 1, 1, 1, 0, 1, /**/ 0, 2, 1, 1, 0, 2;
  CHECK((tiers()(batch) - (counts.array() + 1).log().matrix()).cwiseAbs().maxCoeff() < 1e-6f);
}

TEST_CASE("tiers do not depend on the lengths of the features") {
  matrix<float> along(7, 3), tiny(7, 1);
  along << 1, 2, 2, 0, 0, 0, -1, -2, -2, 1, 2, 2, 1, 2, 2, 1, 2, 2, -1, -2, -2;
  tiny << 1, 1, 1, 1e-25f, 1e-44f, 1.5e38f, 3e30f;  // 1e-44 has few digits left
  along.array().colwise() *= tiny.col(0).array();
  similarity_tiers<float> const sized({along}, 10);
  ranking_batch batch{code_matrix(1, 7), {0}, {0}};
  batch.history << 0, 1, 2, 3, 4, 5, 6;
  code_matrix expected(7, 1);
  expected << 9, 5, 0, 9, 9, 9, 0;
  CHECK(sized.of_places(batch) == expected);
}

TEST_CASE("attention with bucketed biases is softmax(q k / sqrt(d) + the biases of the tiers)") {
  constexpr std::size_t batch = 3, time = 4, dim = 5;
  drawn_places const at(batch, time, 6);
  matrix<double> const x = laws::gaussian<double>(6, dim, 1), q = laws::gaussian<double>(batch, dim, 2);
  auto const pooled = [&](bool zero) {
    parameters<double> store;
    auto const layer = bucket_bias_attention{}.attach(store, "a", dim, random_stream(1), {2, 3});
    CHECK(store.value(layer.bias).isZero(0));  // starts as dot attention
    if (!zero) store.value(layer.bias) << .5, -1, 2, .25, -.75, 3;
    tape<double> t(std::as_const(store));
    return matrix<double>(
        layer(t.constant(x), std::span<code_t const>(at.places), t.constant(q), time, at.tiers).value());
  };
  std::vector<double> const bias{.5, -1, 2, .25, -.75, 3};
  matrix<double> expected = matrix<double>::Zero(batch, dim);
  for (index_t b = 0; b < static_cast<index_t>(batch); ++b) {
    double sum = 0;
    for (std::size_t j = 0; j < time; ++j) {
      std::size_t const place = static_cast<std::size_t>(b) * time + j;
      if (at.places[place] < 0) continue;
      auto const tier = at.tiers.row(static_cast<index_t>(place)).cast<std::size_t>();
      double const w =
          std::exp(q.row(b).dot(x.row(at.places[place])) / std::sqrt(5.) + bias[tier(0)] + bias[3 + tier(1)]);
      expected.row(b) += w * x.row(at.places[place]);
      sum += w;
    }
    expected.row(b) /= sum;
  }
  CHECK((pooled(false) - expected).cwiseAbs().maxCoeff() < 1e-12);

  parameters<double> none;
  tape<double> t(std::as_const(none));
  matrix<double> const dots = dot_attention{}
                                  .attach(none, "a", dim, random_stream(1))(
                                      t.constant(x), std::span<code_t const>(at.places), t.constant(q), time)
                                  .value();
  CHECK((pooled(true) - dots).cwiseAbs().maxCoeff() < 1e-12);
}

TEST_CASE("attention with bucketed biases obeys the laws of gradients") {
  laws::gradient_law("bucket bias", {"m x k", "n x k", "6 x 1"}, [](auto in) {
    drawn_places const at(in[1].rows(), 3, in[0].rows());
    bucket_bias_attention::layer const layer{parameter{2}, {2, 3}};  // the third input
    return layer(in[0], std::span<code_t const>(at.places), in[1], 3, at.tiers);
  });
}

TEST_CASE("biases learn which tiers matter") {
  auto const trained = [](executor_ref executor) {
    bucket_ranker model(layout(), {.dim = 8, .hidden = {16}, .tier_histogram = false}, {}, tiers());
    ranker_trainer trainer(model, {.batch = 32, .learning_rate = 1e-2, .seed = 2});
    auto const samples = one_of_a_kind(600);
    for (std::size_t e = 0; e < 8; ++e) trainer.epoch(model, samples, executor);
    return model;
  };
  auto const model = trained({});
  auto const bias = model.store().value(model.store().find("interest.id.bias"));
  CHECK(bias(2) > bias(1) + 1);  // the same kind, and another one
  CHECK(bias(0) == 0);           // no cosine of the first modality is -1
  thread_pool pool(3);
  CHECK(matrix<float>(trained(pool).store().value(model.store().find("interest.id.bias"))) == matrix<float>(bias));
}

TEST_CASE("a ranker with bucketed biases: padding changes no bit, and a saved one scores the same") {
  for (bool const histogram : {true, false}) {
    CAPTURE(histogram);
    bucket_ranker model(layout(), {.dim = 8, .hidden = {16}, .tier_histogram = histogram}, {}, tiers());
    ranker_trainer trainer(model, {.batch = 32, .learning_rate = 1e-2, .seed = 2});
    auto const samples = one_of_a_kind(100);
    trainer.epoch(model, samples);
    std::vector<code_t> const candidates{1, 2}, plain{4, 8, 15}, padded{-1, 4, -1, 8, 15, -1, -1, -1, -1, -1};
    auto const scores = model.score(candidates_of(plain, candidates));
    CHECK(scores == model.score(candidates_of(padded, candidates)));
    CHECK(scores != model.score(candidates_of(std::vector<code_t>{4, 9, 15}, candidates)));
    CHECK(model.score(candidates_of({}, candidates)) ==
          model.score(candidates_of(std::vector<code_t>(5, no_code), candidates)));
    CHECK(model.score(candidates_of(plain, {})).empty());

    auto const bytes = serialise_fields(model.fields());
    auto const loaded = bucket_ranker::from_fields(parse_fields(std::as_bytes(std::span(bytes))));
    CHECK(loaded.score(samples.questions) == model.score(samples.questions));
    CHECK_THROWS_AS((void)ranker<float>::from_fields(model.fields()), value_error);
    auto damaged = model.fields();
    damaged.metadata["tier_histogram"] = "2";
    CHECK_THROWS_AS((void)bucket_ranker::from_fields(damaged), value_error);
    damaged = model.fields();
    damaged.tensors.erase("parameters.interest.id.bias");
    CHECK_THROWS_AS((void)bucket_ranker::from_fields(damaged), value_error);
  }
  ranker<float> const old(layout(), {.dim = 4, .hidden = {}}, {}, tiers());
  auto fields = old.fields();
  fields.metadata.erase("tier_histogram");  // as files were before a tower could do without
  CHECK(ranker<float>::from_fields(fields).score(one_of_a_kind(9).questions) == old.score(one_of_a_kind(9).questions));
}

TEST_CASE("bucketed biases refuse what they cannot look up") {
  CHECK_THROWS_WITH_AS(bucket_ranker{layout()}, doctest::Contains("no similarity tiers"), value_error);
  parameters<float> store;
  auto const layer = bucket_bias_attention{}.attach(store, "a", 2, random_stream(1), {2, 3});
  tape<float> t(std::as_const(store));
  auto const x = t.constant(matrix<float>(matrix<float>::Ones(4, 2))),
             q = t.constant(matrix<float>(matrix<float>::Ones(1, 2)));
  std::vector<code_t> const places{0, 3, no_code};
  auto const pooled = [&](code_matrix const& at) { (void)layer(x, std::span<code_t const>(places), q, 3, at); };
  CHECK_THROWS_AS(pooled(code_matrix::Zero(2, 2)), shape_error);
  CHECK_THROWS_AS(pooled(code_matrix::Zero(3, 1)), shape_error);
  CHECK_THROWS_AS(pooled(code_matrix::Constant(3, 2, 3)), value_error);
}

TEST_CASE("saved tiers: modalities without tiers and features with a NaN are refused, where a search went astray") {
  field_set fields;
  tiers().to_fields(fields, "tiers.");
  using counts = std::vector<std::int64_t>;
  auto bad = fields;
  bad.put("tiers.counts", counts{2, 0});
  CHECK_THROWS_WITH_AS((void)similarity_tiers<float>::from_fields(bad, "tiers."),
                       "similarity_tiers: \"tiers.counts\" are 2 modalities without tiers", value_error);
  bad.put("tiers.counts", counts{0, 0});
  CHECK(similarity_tiers<float>::from_fields(bad, "tiers.").columns() == 0);
  bad = fields;
  auto features = bad.get_matrix<float>("tiers.1");
  features(3, 0) = std::numeric_limits<float>::quiet_NaN();
  bad.put("tiers.1", features);
  CHECK_THROWS_WITH_AS((void)similarity_tiers<float>::from_fields(bad, "tiers."),
                       "field_set: tensor \"tiers.1\" row 3 has a NaN in column 0", value_error);
}

}  // namespace bucket_bias
