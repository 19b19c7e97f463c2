// SPDX-License-Identifier: MIT
/// \file  Scaling of views, modal-specific and modal-joint codes, rows that lack a modality.
#include <laws/quantizer_laws.hpp>
#include <laws/thrown.hpp>
#include <sidera/quantizers/multi_view_quantizer.hpp>
#include <sidera/quantizers/vector_quantizer.hpp>

using namespace sidera;

namespace {

matrix<float> text() {
  return laws::clustered<float>(200, 5, 8, 1, 0.3);
}
matrix<float> audio() {
  return 40 * laws::clustered<float>(200, 3, 8, 2, 0.3);
}

std::vector<view<float>> two_views() {
  return {{"text", text()}, {"audio", audio()}};
}

double mean_square(matrix<float> const& x) {
  return x.cast<double>().rowwise().squaredNorm().mean();
}

std::vector<bool> every_tenth_missing() {
  std::vector<bool> present(200, true);
  for (std::size_t i = 0; i < 200; i += 10) present[i] = false;
  return present;
}

template <class S>
auto make(S const& scaling, multi_view_options const& options = {}) {
  return multi_view_quantizer<vector_quantizer<>, S>(vector_quantizer<>({.words = 8}), options, scaling);
}

}  // namespace

TEST_CASE("Scalings do what they say, on rows they have not seen as well") {
  matrix<float> x = audio();
  x.col(1).setConstant(0.1f);
  matrix_cref<float> const rows(x);
  CHECK(no_scaling{}.fit<float>(rows)(x) == x);
  matrix<float> const unit = unit_row_scaling{}.fit<float>(rows)(x);
  for (index_t i = 0; i < x.rows(); ++i) CHECK(unit.row(i).norm() == doctest::Approx(1));
  matrix<float> const z = z_score_scaling{}.fit<float>(rows)(x);
  CHECK(std::abs(z.col(0).mean()) < 1e-5f);
  CHECK(z.col(2).cast<double>().squaredNorm() / 200 == doctest::Approx(1).epsilon(1e-4));
  CHECK(z.col(1).isZero(0));  // a constant column
  auto const equal = equal_energy_scaling{}.fit<float>(rows);
  CHECK(mean_square(equal(x)) == doctest::Approx(1).epsilon(1e-4));
  CHECK((equal.inverse(equal(x)) - x).cwiseAbs().maxCoeff() < 1e-3f);
  CHECK_THROWS_AS((void)equal(x.leftCols(2)), shape_error);
}

TEST_CASE("Scaling rows of zeros, constant views and double constants gives no NaN") {
  matrix<float> const zeros = matrix<float>::Zero(10, 3);
  matrix_cref<float> const rows(zeros);
  CHECK(unit_row_scaling{}.fit<float>(rows)(zeros).isZero(0));
  CHECK(z_score_scaling{}.fit<float>(rows)(zeros).isZero(0));
  CHECK(equal_energy_scaling{}.fit<float>(rows)(zeros).isZero(0));
  matrix<double> const constant = matrix<double>::Constant(1000, 2, 0.1);  // its mean is not quite 0.1
  CHECK(z_score_scaling{}.fit<double>(matrix_cref<double>(constant))(constant).cwiseAbs().maxCoeff() < 1e-6);
  CHECK(equal_energy_scaling{}.fit<double>(matrix_cref<double>(constant))(constant).cwiseAbs().maxCoeff() < 1e-6);
}

TEST_CASE("Every view and the joint view have codes; the joint view is made of the scaled views") {
  auto const views = two_views();
  auto model = make(equal_energy_scaling{});
  auto const reports = model.fit(views);
  auto const codes = model.encode(views);
  CHECK(model.names() == std::vector<std::string>{"text", "audio", "joint"});
  for (auto const& name : model.names()) CHECK(codes.at(name) == reports.at(name).codes);
  matrix<float> const joint = model.scaled_rows(views, "joint");
  CHECK(joint.cols() == 8);
  CHECK(mean_square(joint.leftCols(5)) == doctest::Approx(mean_square(joint.rightCols(3))).epsilon(1e-3));
  CHECK(joint.rightCols(3) == model.scaled_rows(views, "audio"));
  CHECK(codes.at("joint") == model.quantizer("joint").encode(joint));
}

TEST_CASE("Without scaling the view with the larger norm decides the joint codes") {
  auto const views = two_views();
  auto model = make(no_scaling{});
  (void)model.fit(views);
  auto const codes = model.encode(views);
  matrix<float> silent = text();
  silent.setZero();
  auto const without_text = model.encode({{"text", silent}, {"audio", audio()}});
  std::size_t const changed =
      static_cast<std::size_t>((codes.at("joint").array() != without_text.at("joint").array()).count());
  CHECK(changed < 10);
}

TEST_CASE("Rows that lack a modality: refused, skipped, or the mean of the view") {
  auto views = two_views();
  views[1].present = every_tenth_missing();
  for (index_t i = 0; i < 200; i += 10) views[1].x.row(i).setConstant(std::numeric_limits<float>::quiet_NaN());

  auto strict = make(equal_energy_scaling{});
  CHECK_THROWS_WITH_AS((void)strict.fit(views), "multi_view_quantizer::fit: row 0 lacks view \"audio\"", value_error);

  auto skipping = make(equal_energy_scaling{}, {.missing = missing_policy::skip});
  (void)skipping.fit(views);
  auto const skipped = skipping.encode(views);
  auto filling = make(equal_energy_scaling{}, {.missing = missing_policy::mean});
  (void)filling.fit(views);
  auto const filled = filling.encode(views);
  for (index_t i = 0; i < 200; ++i) {
    CHECK((skipped.at("audio")(i, 0) == no_code) == (i % 10 == 0));
    CHECK(filled.at("audio")(i, 0) >= 0);
    CHECK(skipped.at("text")(i, 0) >= 0);
    CHECK(skipped.at("joint")(i, 0) >= 0);
    if (i % 10 == 0) CHECK(filled.at("audio")(i, 0) == filled.at("audio")(0, 0));
  }
  CHECK(skipped.at("joint") == filled.at("joint"));
  CHECK(views[1].missing() == 20);
}

TEST_CASE("A saved model of views gives the same codes; other views are refused by name") {
  auto views = two_views();
  auto model = make(z_score_scaling{}, {.missing = missing_policy::mean});
  CHECK_THROWS_AS((void)model.encode(views), not_fitted_error);
  (void)model.fit(views);
  auto other = make(z_score_scaling{});
  other.load(model.fields());
  CHECK(other.encode(views).at("joint") == model.encode(views).at("joint"));
  CHECK(other.encode(views).at("audio") == model.encode(views).at("audio"));
  CHECK(laws::same_fields(other.fields(), model.fields()));
  CHECK_THROWS_AS((void)model.encode({views[1], views[0]}), value_error);
  CHECK_THROWS_AS((void)model.encode({views[0]}), shape_error);
  auto narrow = views;
  narrow[1].x = narrow[1].x.leftCols(2).eval();
  CHECK_THROWS_AS((void)model.encode(narrow), shape_error);
  narrow[1].present = every_tenth_missing();  // a row that is filled in must fit as well
  CHECK_THROWS_AS((void)model.encode(narrow), shape_error);
}

TEST_CASE("A prototype that is fitted already is no joint view") {
  vector_quantizer<> prototype({.words = 8});
  (void)prototype.fit(text());
  multi_view_quantizer<vector_quantizer<>> model(prototype, {.joint = false});
  (void)model.fit(two_views());
  CHECK(model.names() == std::vector<std::string>{"text", "audio"});
  CHECK(model.encode(two_views()).size() == 2);
  multi_view_quantizer<vector_quantizer<>> loaded(prototype);
  loaded.load(model.fields());
  CHECK(loaded.names() == model.names());
  CHECK(loaded.encode(two_views()) == model.encode(two_views()));
  multi_view_quantizer<vector_quantizer<>> single(prototype);
  (void)single.fit({two_views()[0]});
  CHECK(single.names() == std::vector<std::string>{"text"});
}

TEST_CASE("Means and scalings of views that do not fit are refused, in files and when they are set") {
  auto model = make(z_score_scaling{}, {.missing = missing_policy::mean});
  (void)model.fit(two_views());
  auto const fields = model.fields();
  for (std::string const name : {"view_0.mean", "view_0.offset", "view_0.factor"})
    for (auto const& bad : {matrix<float>(matrix<float>::Ones(1, 400)), matrix<float>(matrix<float>::Ones(3, 5)),
                            matrix<float>(matrix<float>::Ones(1, 4)), matrix<float>()}) {
      CAPTURE(name);
      auto damaged = fields;
      damaged.put(name, bad);
      CHECK_THROWS_AS(model.load(damaged), shape_error);
    }
  auto swapped = fields;
  swapped.metadata["view_1"] = "text";
  CHECK_THROWS_AS(model.load(swapped), value_error);
  auto none = fields;
  none.metadata["views"] = "0";
  CHECK_THROWS_AS(model.load(none), value_error);
  CHECK(laws::same_fields(model.fields(), fields));

  vector_quantizer<> fitted({.words = 8});
  (void)fitted.fit(text());
  trained_view<vector_quantizer<>> const good{"text", no_scaling{}.fit<float>(text()), row_vector<float>::Zero(5),
                                              fitted};
  auto const set = [&](auto change, vector_quantizer<> const& joint = vector_quantizer<>()) {
    auto one = good;
    change(one);
    make(no_scaling{}).set_views({one}, joint);
  };
  CHECK_NOTHROW(set([](auto&) {}));
  CHECK_NOTHROW(set([](auto&) {}, fitted));
  CHECK_THROWS_AS(set([](auto& v) { v.mean.setZero(4); }), shape_error);
  CHECK_THROWS_AS(set([](auto& v) { v.transform.factor.setZero(6); }), shape_error);
  CHECK_THROWS_AS(set([](auto& v) { v.name = "joint"; }), value_error);
  CHECK_THROWS_AS(set([](auto& v) { v.quantizer = vector_quantizer<>(); }), value_error);
  vector_quantizer<> narrow({.words = 8});
  (void)narrow.fit(audio());
  CHECK_THROWS_AS(set([](auto&) {}, narrow), shape_error);
  CHECK_THROWS_AS(make(no_scaling{}).set_views({good, good}, vector_quantizer<>()), value_error);
  CHECK_THROWS_AS(make(no_scaling{}).set_views({}, vector_quantizer<>()), value_error);
}

TEST_CASE("A view whose rows are too few for its quantizer is named") {
  auto views = two_views();
  views[1].present.assign(200, false);
  for (std::size_t i = 0; i < 5; ++i) views[1].present[i * 30] = true;
  auto model = make(no_scaling{}, {.missing = missing_policy::skip});
  std::string const error = laws::message_of<shape_error>([&] { (void)model.fit(views); });
  CHECK(error.starts_with("multi_view_quantizer::fit: view \"audio\": "));
  CHECK(error.find("vector_quantizer") == std::string::npos);
  CHECK_FALSE(model.fitted());
}

TEST_CASE("Views that do not fit one another are named") {
  auto model = make(no_scaling{});
  auto views = two_views();
  CHECK_THROWS_AS((void)model.fit({}), shape_error);
  views[1].name = "text";
  CHECK_THROWS_WITH_AS((void)model.fit(views), "multi_view_quantizer::fit: two views are named \"text\"", value_error);
  views[1].name = "joint";
  CHECK_THROWS_AS((void)model.fit(views), value_error);
  views = two_views();
  views[1].x = views[1].x.topRows(199).eval();
  CHECK_THROWS_WITH_AS((void)model.fit(views),
                       "multi_view_quantizer::fit: view \"audio\" has 199 rows, view \"text\" has 200", shape_error);
  views = two_views();
  views[0].x(7, 2) = std::numeric_limits<float>::quiet_NaN();
  CHECK(laws::row_of_error([&] { (void)model.fit(views); }) == 7);
  views = two_views();
  views[0].present = std::vector<bool>(200, false);
  CHECK_THROWS_AS((void)model.fit(views), value_error);
  CHECK(!model.fitted());
}
