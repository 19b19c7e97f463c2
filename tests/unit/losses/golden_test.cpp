// SPDX-License-Identifier: MIT
/// \file  CLUB, Cross-CPC, InfoNCE against the released code (tests/golden), and exact invariants.
#include <laws/golden.hpp>
#include <sidera/autodiff/ops/dense.hpp>
#include <sidera/autodiff/ops/relu.hpp>
#include <sidera/autodiff/ops/slice.hpp>
#include <sidera/autodiff/ops/tanh.hpp>
#include <sidera/core/random.hpp>
#include <sidera/losses/club.hpp>
#include <sidera/losses/code_matching.hpp>
#include <sidera/losses/commitment.hpp>
#include <sidera/losses/cross_cpc.hpp>
#include <sidera/losses/hsic.hpp>
#include <sidera/losses/info_nce.hpp>
#include <sidera/losses/stein_alignment.hpp>
#include <sidera/optimizers/optimizer.hpp>

using namespace sidera;
using laws::golden_error;
using laws::golden_matrix;

namespace {

constexpr double tolerance = 1e-10;

std::string golden(std::string_view subject, std::string_view name) {
  std::string folder = SIDERA_GOLDEN_DIR;
  folder.append("/").append(subject).append("/").append(name).append("/");
  return folder;
}

matrix<double> random_matrix(index_t rows, index_t cols, std::uint64_t seed) {
  random_stream const random(seed);
  matrix<double> x(rows, cols);
  for (index_t i = 0; i < x.size(); ++i) x.data()[i] = random.normal(static_cast<std::uint64_t>(i));
  return x;
}

/// The two networks of the released CLUB estimator: four linear layers each, weights stored [out, in].
struct club_nets {
  parameters<double> store;
  std::string folder;

  explicit club_nets(std::string where) : folder(std::move(where)) {
    for (std::string const net : {"mu", "logvar"})
      for (std::string const layer : {"0", "2", "4", "6"}) {
        matrix<double> const w = golden_matrix(folder + "p_" + net + "_" + layer + "_weight").transpose();
        matrix<double> const b = golden_matrix(folder + "p_" + net + "_" + layer + "_bias");
        store.value(store.add(net + layer + "w", row_count(w), column_count(w))) = w;
        store.value(store.add(net + layer + "b", 1, column_count(b))) = b;
      }
  }
  variable<double> net(tape<double>& t, variable<double> x, std::string const& name) const {
    for (std::string const layer : {"0", "2", "4"})
      x = dense(x, t[store.find(name + layer + "w")], t[store.find(name + layer + "b")], functions::relu{});
    return dense(x, t[store.find(name + "6w")], t[store.find(name + "6b")]);
  }
  gaussian_prediction<double> operator()(tape<double>& t, variable<double> x) const {
    return {net(t, x, "mu"), tanh(net(t, x, "logvar"))};
  }
  matrix<double> gradient(std::string const& name) const { return store.gradient(store.find(name)); }
};

void check_club(std::string const& name, sequence_shape shape, club_options options) {
  CAPTURE(name);
  club_nets nets(golden("club", name));
  std::string const& f = nets.folder;
  auto const permutation = laws::golden_codes(f + "perm");
  std::vector<std::size_t> const partners(permutation.data(), permutation.data() + permutation.size());
  {
    tape<double> t(nets.store);
    auto const x = t.input(golden_matrix(f + "x")), y = t.input(golden_matrix(f + "y"));
    auto const q = nets(t, x);
    CHECK(golden_error(q.mean.value(), golden_matrix(f + "mu")) < tolerance);
    CHECK(golden_error(q.log_variance.value(), golden_matrix(f + "logvar")) < tolerance);
    auto const loss = club_fit(q, y);
    CHECK(golden_error(loss.value(), golden_matrix(f + "fit_loss")) < tolerance);
    t.backward(loss);
    CHECK(golden_error(x.gradient(), golden_matrix(f + "fit_grad_x")) < tolerance);
    CHECK(golden_error(y.gradient(), golden_matrix(f + "fit_grad_y")) < tolerance);
    CHECK(golden_error(nets.gradient("mu0w").transpose(), golden_matrix(f + "fit_grad_p_mu_0_weight")) < tolerance);
    CHECK(golden_error(nets.gradient("logvar6b"), golden_matrix(f + "fit_grad_p_logvar_6_bias")) < tolerance);
    nets.store.clear_gradients();
  }
  tape<double> t(nets.store);
  auto const x = t.input(golden_matrix(f + "x")), y = t.input(golden_matrix(f + "y"));
  auto const mi = club_sampled(nets(t, x), y, std::span<std::size_t const>(partners), shape, options);
  CHECK(golden_error(mi.value(), golden_matrix(f + "mi")) < tolerance);
  t.backward(mi);
  CHECK(golden_error(x.gradient(), golden_matrix(f + "mi_grad_x")) < tolerance);
  CHECK(golden_error(y.gradient(), golden_matrix(f + "mi_grad_y")) < tolerance);
  CHECK(golden_error(nets.gradient("mu0w").transpose(), golden_matrix(f + "mi_grad_p_mu_0_weight")) < tolerance);
  CHECK(golden_error(nets.gradient("logvar0w").transpose(), golden_matrix(f + "mi_grad_p_logvar_0_weight")) <
        tolerance);
}

/// Five inner steps of the released configuration.
void check_club_fit(std::string const& name) {
  CAPTURE(name);
  club_nets nets(golden("club", name));
  std::string const& f = nets.folder;
  optimizer<double> adam_steps(nets.store, adam{.learning_rate = 1e-3});
  matrix<double> const x = golden_matrix(f + "x"), y = golden_matrix(f + "y"),
                       losses = golden_matrix(f + "fit5_losses");
  for (index_t step = 0; step < 5; ++step) {
    tape<double> t(nets.store);
    auto const loss = club_fit(nets(t, t.constant(x)), t.constant(y));
    CHECK(loss.item() == doctest::Approx(losses(0, step)).epsilon(tolerance));
    t.backward(loss);
    adam_steps.step(nets.store);
    nets.store.clear_gradients();
  }
  auto const& store = nets.store;
  CHECK(golden_error(store.value(store.find("mu6w")).transpose(), golden_matrix(f + "fit5_p_mu_6_weight")) < tolerance);
  CHECK(golden_error(store.value(store.find("logvar6b")), golden_matrix(f + "fit5_p_logvar_6_bias")) < tolerance);
}

}  // namespace

TEST_CASE("CLUB is that of the released code: sequences, one step, and the axes of two-dimensional input") {
  check_club("seq3d", {6, 5}, {.time_mean_of_log_variance = true});
  check_club("T1", {6, 1}, {});
  check_club("flat2d", {8, 1}, {.flat_axes = true});
  for (std::string const name : {"seq3d", "T1", "flat2d"}) check_club_fit(name);
}

TEST_CASE("CLUB without the flat axes is the estimate with an explicit time axis") {
  club_nets nets(golden("club", "flat2d"));
  auto const permutation = laws::golden_codes(nets.folder + "perm");
  std::vector<std::size_t> const partners(permutation.data(), permutation.data() + permutation.size());
  tape<double> t(nets.store);
  auto const mi =
      club_sampled(nets(t, t.constant(golden_matrix(nets.folder + "x"))), t.constant(golden_matrix(nets.folder + "y")),
                   std::span<std::size_t const>(partners), {8, 1});
  CHECK(golden_error(mi.value(), golden_matrix(nets.folder + "mi_T1")) < tolerance);
}

TEST_CASE("The closed form of CLUB is the mean over all partners") {
  tape<double> t;
  constexpr std::size_t batch = 5, time = 3;
  auto const mean = t.constant(random_matrix(15, 4, 1)), s = t.constant(random_matrix(15, 4, 2));
  auto const y = t.constant(random_matrix(15, 4, 3));
  double sum = 0;
  for (std::size_t shift = 0; shift < batch; ++shift) {
    std::vector<std::size_t> partners(batch);
    for (std::size_t b = 0; b < batch; ++b) partners[b] = (b + shift) % batch;
    sum += club_sampled<double>({mean, s}, y, std::span<std::size_t const>(partners), {batch, time}).item();
  }
  CHECK(club<double>({mean, s}, y, {batch, time}).item() == doctest::Approx(sum / batch).epsilon(1e-12));
}

TEST_CASE("CLUB is zero without partners to tell apart, and its fit has a floor") {
  tape<double> t;
  auto const mean = t.constant(random_matrix(6, 4, 1)), s = t.constant(random_matrix(6, 4, 2));
  auto const constant = t.constant(matrix<double>::Constant(6, 4, 0.3));
  CHECK(club<double>({mean, s}, constant, {6, 1}).item() == doctest::Approx(0).scale(1));
  std::vector<std::size_t> const identity{0, 1, 2, 3, 4, 5};
  CHECK(club_sampled<double>({mean, s}, mean, std::span<std::size_t const>(identity), {6, 1}).item() == 0);
  auto const least = t.constant(matrix<double>::Constant(6, 4, -1));
  double const floor = club_fit<double>({constant, least}, constant).item();
  CHECK(floor == doctest::Approx(-2));
  CHECK(watch_club<double>(floor, constant.value()).alarm());
  CHECK(watch_club<double>(0.5, mean.value()).alarm() == false);
  CHECK(watch_club<double>(0.5, constant.value()).alarm());
}

TEST_CASE("Cross-CPC is that of the released code, given the contexts") {
  for (std::string const name : {"avt_tmid", "av_K2"}) {
    CAPTURE(name);
    std::string const f = golden("cpc", name);
    bool const three = name == "avt_tmid";
    std::string const letters = three ? "avt" : "va";
    std::map<char, std::string> const long_name{{'a', "audio"}, {'v', "video"}, {'t', "text"}};
    tape<double> t;
    auto const start = static_cast<std::size_t>(laws::golden_codes(f + "t")(0, 0));
    std::size_t const steps = three ? 1 : 2;
    variable<double> total = t.constant(0.0);
    std::vector<variable<double>> z;
    for (char const m : letters) z.push_back(t.input(golden_matrix(f + "z_" + m)));
    for (std::size_t k = 0; k < steps; ++k) {
      std::vector<variable<double>> targets, predictions;
      for (std::size_t m = 0; m < letters.size(); ++m) {
        targets.push_back(slice_rows(z[m], start + k + 1, 5, 7));
        std::string const p = f + long_name.at(letters[m]) + (k == 0 ? "_predictors_0" : "_predictors_1");
        matrix<double> const w = golden_matrix(p + "_weight").transpose();
        predictions.push_back(dense(t.constant(golden_matrix(f + "context_" + letters[m])), t.constant(w),
                                    t.constant(golden_matrix(p + "_bias"))));
      }
      total = total + cross_cpc<double>(targets, predictions, {.candidates = cpc_candidates::predictions}, steps);
    }
    CHECK(golden_error(total.value(), golden_matrix(f + "nce")) < tolerance);
  }
}

TEST_CASE("Contrastive prediction without a prediction is chance") {
  tape<double> t;
  std::vector<variable<double>> const z{t.constant(random_matrix(8, 3, 1)), t.constant(random_matrix(8, 3, 2)),
                                        t.constant(random_matrix(8, 3, 3))};
  std::vector<variable<double>> const nothing(3, t.constant(matrix<double>::Zero(8, 3)));
  CHECK(cross_cpc<double>(z, nothing).item() == doctest::Approx(6.3 * std::log(8)));
  CHECK(cross_cpc<double>(std::span(z).first(2), std::span(nothing).first(2)).item() ==
        doctest::Approx(2.2 * std::log(8)));
}

TEST_CASE("InfoNCE is that of the package the authors use") {
  for (std::string const name : {"inbatch_tau0.1", "inbatch_tau0.5", "unpaired_tau0.1", "paired_tau0.1"}) {
    CAPTURE(name);
    std::string const f = golden("infonce", name);
    bool const negatives = name.starts_with("unpaired") || name.starts_with("paired");
    double const temperature = name == "inbatch_tau0.5" ? 0.5 : 0.1;
    for (bool const both : {false, true}) {
      if (both && negatives) continue;
      tape<double> t;
      auto const q = t.input(golden_matrix(f + "q")), k = t.input(golden_matrix(f + "k"));
      variable<double> n = negatives ? t.input(golden_matrix(f + "neg")) : q;
      auto const loss = negatives ? info_nce(q, k, n, name.starts_with("paired"), temperature)
                                  : info_nce(q, k, {.temperature = temperature, .both_sides = both});
      std::string const end = both ? "_sym" : "";
      CHECK(golden_error(loss.value(), golden_matrix(f + "loss" + end)) < tolerance);
      t.backward(loss);
      CHECK(golden_error(q.gradient(), golden_matrix(f + "grad_q" + end)) < tolerance);
      CHECK(golden_error(k.gradient(), golden_matrix(f + "grad_k" + end)) < tolerance);
      if (negatives) CHECK(golden_error(n.gradient(), golden_matrix(f + "grad_neg")) < tolerance);
    }
  }
}

TEST_CASE("InfoNCE does not see the length of rows") {
  tape<double> t;
  matrix<double> const q = random_matrix(6, 4, 1), k = random_matrix(6, 4, 2);
  double const loss = info_nce(t.constant(q), t.constant(k)).item();
  CHECK(info_nce(t.constant(matrix<double>(3 * q)), t.constant(k)).item() == doctest::Approx(loss).epsilon(1e-12));
}

TEST_CASE("Code matching: equal scores are chance, distinct clips that agree cost nothing") {
  tape<double> t;
  auto const even = t.constant(matrix<double>::Constant(6, 4, 0.25));
  CHECK(code_matching(even, even).item() == doctest::Approx(std::log(6)).epsilon(1e-5));
  auto const own = t.constant(matrix<double>::Identity(6, 6));
  CHECK(code_matching(own, own).item() < 1e-4);
}

TEST_CASE("Commitment: the gradient is 2 / N of the weighted differences") {
  tape<double> t;
  matrix<double> const z0 = random_matrix(4, 3, 1);
  std::vector<variable<double>> const z{t.input(z0), t.input(random_matrix(4, 3, 2))};
  std::vector<variable<double>> const e{t.input(random_matrix(4, 3, 3)), t.input(random_matrix(4, 3, 4))};
  t.backward(cross_modal_commitment<double>(z, e, {.own = 0.5, .cross = 0.25}));
  matrix<double> const expected =
      2.0 / 12 * (0.5 * (z0 - matrix<double>(e[0].value())) + 0.25 * (z0 - matrix<double>(e[1].value())));
  CHECK(golden_error(z[0].gradient(), expected) < 1e-12);
  CHECK(!e[0].has_gradient());
}

TEST_CASE("HSIC is the trace of its definition; the Stein kernel vanishes for the right scores") {
  tape<double> t;
  matrix<double> const x = random_matrix(9, 3, 1), y = random_matrix(9, 2, 2);
  double const one = 1;
  matrix<double> const k = gaussian_kernel(t.constant(x), t.constant(x), std::span(&one, 1)).value();
  matrix<double> const l = gaussian_kernel(t.constant(y), t.constant(y), std::span(&one, 1)).value();
  matrix<double> const h = matrix<double>::Identity(9, 9) - matrix<double>::Constant(9, 9, 1.0 / 9);
  CHECK(gaussian_hsic(t.constant(x), t.constant(y)).item() ==
        doctest::Approx((k * h * l * h).trace() / 81).epsilon(1e-12));
  matrix<double> const a = random_matrix(1500, 2, 3), b = random_matrix(1500, 2, 4);  // normal: the score is -x
  double const right =
      stein_alignment(t.constant(a), t.constant(matrix<double>(-a)), t.constant(b), t.constant(matrix<double>(-b)))
          .item();
  double const wrong = stein_alignment(t.constant(a), t.constant(matrix<double>(1 - a.array())), t.constant(b),
                                       t.constant(matrix<double>(1 - b.array())))
                           .item();
  CHECK(std::abs(right) < 0.02);
  CHECK(wrong > 0.2);
}
