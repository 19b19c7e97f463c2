// SPDX-License-Identifier: MIT
/// \file  The bottleneck with MM-EMA against the released DCID code: outputs, losses, gradients, counters, reset.
#include <laws/stored_arrays.hpp>
#include <sidera/bottlenecks/bottleneck.hpp>
#include <sidera/bottlenecks/code_sharing.hpp>
#include <sidera/losses/code_matching.hpp>

using namespace sidera;

namespace {

using golden_layer =
    bottleneck<vector_quantizer<squared_euclidean, cross_modal_ema, kmeans_plus_plus, relocate_far, double>>;

double error(matrix<double> const& found, matrix<double> const& expected) {
  REQUIRE(found.size() == expected.size());
  auto const a = Eigen::Map<Eigen::VectorXd const>(found.data(), found.size());
  auto const b = Eigen::Map<Eigen::VectorXd const>(expected.data(), expected.size());
  return (a - b).cwiseAbs().maxCoeff() / std::max(b.cwiseAbs().maxCoeff(), 1e-300);
}

struct step_result {
  std::vector<variable<double>> z;
  std::vector<golden_layer::output> outputs;
};

step_result run_layer(tape<double>& t, golden_layer const& bottle, std::vector<matrix<double>> const& x) {
  step_result r;
  for (auto const& rows : x) r.z.push_back(t.input(rows));
  for (auto const v : r.z) r.outputs.push_back(bottle(v));
  return r;
}

variable<double> commitment_of(step_result const& r) {
  std::vector<variable<double>> words;
  for (auto const& o : r.outputs) words.push_back(o.words);
  return cross_modal_commitment<double>(r.z, words, commitment_weights::released(r.z.size()));
}

/// 0.5 per pair, over all pairs.
variable<double> matching_of(tape<double>& t, golden_layer const& bottle, step_result const& r, sequence_shape shape) {
  std::vector<variable<double>> p;
  for (auto const v : r.z) p.push_back(code_distribution(v, bottle.words(t), shape));
  variable<double> total = t.constant(0.0);
  for (std::size_t a = 0; a < p.size(); ++a)
    for (std::size_t b = a + 1; b < p.size(); ++b) total = total + 0.5 * code_matching(p[a], p[b]);
  return total;
}

void check_case(std::string const& name, std::string const& letters, sequence_shape shape) {
  CAPTURE(name);
  stored::reference const expected{"mm_ema_losses/" + name};
  parameters<double> store;
  golden_layer bottle(store, "shared", {.sizes = {.words = row_count(expected.slice("E_hist", 0)), .dim = 8}},
                      {.metric = {}, .rule = {.initial_count = 1}});
  bottle.set_words(store, {expected.slice("E_hist", 0)});
  for (std::size_t call = 0; call < 5; ++call) {
    CAPTURE(call);
    std::vector<matrix<double>> x;
    for (char const m : letters) x.push_back(expected.slice(std::string("z_") + m, call));
    tape<double> t(store);
    auto const r = run_layer(t, bottle, x);
    auto const cmcm = matching_of(t, bottle, r, shape);
    CHECK(cmcm.item() == doctest::Approx(expected.vector("cmcm")[call]).epsilon(1e-10));
    t.backward(commitment_of(r));
    std::vector<std::vector<code_t>> codes;
    for (std::size_t m = 0; m < letters.size(); ++m) {
      std::string const end(1, letters[m]);
      codes.push_back(stored::flat(r.outputs[m].codes));
      CHECK(codes.back() == expected.code_slice("idx_" + end, call));
      CHECK(error(r.outputs[m].quantised.value(), expected.slice("out_" + end, call)) < 1e-10);
      CHECK(error(r.z[m].gradient(), expected.slice("grad_commit_" + end, call)) < 1e-10);
      code_usage usage(row_count(bottle.words(store)));
      usage.add(codes.back());
      CHECK(usage.perplexity() == doctest::Approx(expected.vector("perplexity_" + end)[call]).epsilon(1e-7));
    }
    CHECK(equal_samples(codes, shape.time) == static_cast<std::size_t>(expected.codes("equal_num")[call]));
    tape<double> again(store);
    auto const q = run_layer(again, bottle, x);
    again.backward(matching_of(again, bottle, q, shape));
    for (std::size_t m = 0; m < letters.size(); ++m)
      CHECK(error(q.z[m].gradient(), expected.slice(std::string("grad_cmcm_") + letters[m], call)) < 1e-10);
    bottle.update(store, std::span<golden_layer::output const>(q.outputs));
    CHECK(error(bottle.words(store), expected.slice("E_hist", call + 1)) < 1e-10);
    matrix<double> const counters = expected.matrix("u_hist");
    for (std::size_t j = 0; j < row_count(bottle.words(store)); ++j)
      CHECK(static_cast<double>(bottle.idle().idle(j)) ==
            counters(static_cast<index_t>(call + 1), static_cast<index_t>(j)));
  }
}

}  // namespace

TEST_CASE("Two modalities: codes, outputs, commitment, code matching, gradients, counters") {
  check_case("av_warm", "av", {4, 5});
  check_case("av_T1", "av", {8, 1});
}
TEST_CASE("Three modalities") {
  check_case("avt_warm", "avt", {4, 5});
}

namespace {

/// The 303 calls of the released code around its reset of dead words.
struct reset_run {
  stored::reference expected{"mm_ema_losses/avt_reset"};
  parameters<double> store;
  golden_layer bottle;
  matrix<double> at_302;
  std::size_t moved = 0;

  explicit reset_run(bool sticky) {
    matrix<double> const first = expected.matrix("E_0");
    bottle =
        golden_layer(store, "shared", {.sizes = {.words = row_count(first), .dim = 256}, .reset = {.sticky = sticky}});
    bottle.set_words(store, {first});
    for (std::size_t call = 1; call <= 303; ++call) {
      std::size_t const batch = call <= 120 ? (call - 1) % 2 : 2 + (call - 1) % 2;
      std::vector<matrix<double>> x;
      for (char const m : std::string("avt")) x.push_back(expected.slice(std::string("batch_") + m, batch));
      tape<double> t(store);
      auto const r = run_layer(t, bottle, x);
      std::size_t const n = bottle.update(store, std::span<golden_layer::output const>(r.outputs));
      CHECK((n > 0) == (call == 302));
      moved += n;
      if (call == 302) at_302 = bottle.words(store);
    }
  }
};

}  // namespace

TEST_CASE("The reset happens at the same call to the same words, and is undone by the next update, as released") {
  reset_run const run(false);
  auto const reset = run.expected.codes("reset_codes");
  CHECK(run.moved == reset.size());
  matrix<double> const e = run.expected.matrix("E_302"), w = run.expected.matrix("W_302"),
                       next = run.expected.matrix("E_303");
  auto const n = run.expected.vector("N_302");
  for (index_t j = 0; j < e.rows(); ++j) {
    bool const was_reset = std::find(reset.begin(), reset.end(), static_cast<code_t>(j)) != reset.end();
    if (!was_reset) {
      CHECK(error(run.at_302.row(j), e.row(j)) < 1e-10);
      continue;
    }
    // next to an active word: the draw is ours, the distance is theirs
    double nearest = 1e300;
    for (code_t const a : run.expected.codes("active_codes"))
      nearest =
          std::min(nearest, (run.at_302.row(j) - w.row(a) / n[static_cast<std::size_t>(a)]).cwiseAbs().maxCoeff());
    CHECK(nearest < 1.0 / 1024);
    CHECK(nearest > 0.5 / 1024);
  }
  std::size_t undone = 0;
  for (code_t const j : run.expected.codes("undone_codes_303")) {
    if (run.bottle.idle().idle(static_cast<std::size_t>(j)) == 0) continue;  // our draw put it where it was hit
    CHECK(error(run.bottle.words(run.store).row(j), next.row(j)) < 1e-10);
    ++undone;
  }
  CHECK(undone > 0);
}

TEST_CASE("A sticky reset survives the next update") {
  reset_run const run(true);
  for (code_t const j : run.expected.codes("undone_codes_303"))
    if (run.bottle.idle().idle(static_cast<std::size_t>(j)) > 0)
      CHECK(error(run.bottle.words(run.store).row(j), run.at_302.row(j)) < 1e-3);
}
