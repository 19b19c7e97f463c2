// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <laws/thrown.hpp>
#include <limits>
#include <sidera/core/random.hpp>
#include <sidera/evaluation/class_scores.hpp>
#include <sidera/evaluation/grouped_auc.hpp>
#include <sidera/evaluation/ranked_lists.hpp>

#include "golden.hpp"

using sidera::code_t;
using numbers = std::vector<double>;

namespace {
std::span<double const> row(sidera::matrix<double> const& m, std::size_t i) {
  return sidera::row_span(m, static_cast<sidera::index_t>(i));
}
}  // namespace

TEST_CASE("binary scores equal scikit-learn's") {
  auto const& g = ranking_golden;
  auto const target = g.integers("target");
  auto const score = g.numbers("score");
  CHECK(sidera::roc_auc(target, score) == near(g.number("auc")));
  CHECK(sidera::average_precision(target, score) == near(g.number("average_precision")));
  CHECK(sidera::log_loss(target, score) == near(g.number("log_loss")));
  CHECK(sidera::brier_score(target, score) == near(g.number("brier")));
  auto const counts = sidera::count_at_threshold(target, score);
  CHECK(counts.accuracy() == near(g.number("accuracy")));
  CHECK(counts.precision() == near(g.number("precision")));
  CHECK(counts.recall() == near(g.number("recall")));
  CHECK(counts.f1() == near(g.number("f1")));
}

TEST_CASE("ranked lists equal scikit-learn's and numpy's") {
  auto const& g = ranking_golden;
  auto const relevance = g.table("rel"), tied = g.table("rel_score"), untied = g.table("rel_score_noties");
  auto const reciprocal = g.numbers("reciprocal_rank");
  for (std::size_t const k : {1u, 5u, 10u}) {
    std::string const at = "_at" + std::to_string(k);
    auto const ndcg = g.numbers("ndcg" + at), ndcg_untied = g.numbers("ndcg_noties" + at);
    auto const recall = g.numbers("recall" + at);
    auto const hit = g.integers("hit" + at);
    for (std::size_t q = 0; q < ndcg.size(); ++q) {
      CHECK(sidera::ndcg(row(relevance, q), row(tied, q), k) == near(ndcg[q]));
      CHECK(sidera::ndcg(row(relevance, q), row(untied, q), k, sidera::tie_rule::stable) == near(ndcg_untied[q]));
      CHECK(sidera::recall_at(row(relevance, q), row(untied, q), k) == near(recall[q]));
      CHECK(sidera::hit_at(row(relevance, q), row(untied, q), k) == (hit[q] == 1));
      CHECK(sidera::reciprocal_rank(row(relevance, q), row(untied, q)) == near(reciprocal[q]));
    }
  }
}

TEST_CASE("class scores equal scikit-learn's") {
  auto const& g = ranking_golden;
  auto const logits = g.table("logits");
  auto const classes = g.integers("class");
  for (std::size_t const k : {1u, 2u, 3u})
    CHECK(sidera::top_k_accuracy(logits, classes, k) == near(g.number("topk_accuracy_" + std::to_string(k))));
  CHECK(sidera::softmax_log_loss(logits, classes) == near(g.number("log_loss_multi")));
  auto const confusion = sidera::confusion(classes, sidera::largest_scores(logits), 6);
  CHECK(confusion.cast<double>() == g.table("confusion"));
  CHECK(sidera::macro_f1(confusion) == near(g.number("f1_macro")));
  CHECK(sidera::micro_f1(confusion) == near(g.number("f1_micro")));
}

TEST_CASE("AUC equals counting all pairs") {
  sidera::random_stream const random(9);
  std::vector<code_t> target(200);
  numbers score(200);
  for (std::size_t i = 0; i < target.size(); ++i) {
    target[i] = random.uniform(2 * i) < .3;
    score[i] = std::floor(10 * random.uniform(2 * i + 1)) + target[i];
  }
  double wins = 0, pairs = 0;
  for (std::size_t i = 0; i < target.size(); ++i)
    for (std::size_t j = 0; j < target.size(); ++j) {
      if (target[i] != 1 || target[j] != 0) continue;
      ++pairs;
      wins += score[i] > score[j] ? 1 : score[i] == score[j] ? .5 : 0;
    }
  CHECK(sidera::roc_auc(target, score) == wins / pairs);
}

TEST_CASE("AUC: perfect, reversed, all tied, infinite scores") {
  std::vector<code_t> const target{0, 0, 1, 1};
  constexpr double infinity = std::numeric_limits<double>::infinity();
  CHECK(sidera::roc_auc(target, numbers{1, 2, 3, 4}) == 1);
  CHECK(sidera::roc_auc(target, numbers{4, 3, 2, 1}) == 0);
  CHECK(sidera::roc_auc(target, numbers{7, 7, 7, 7}) == .5);
  CHECK(sidera::roc_auc(target, numbers{-infinity, 0, infinity, infinity}) == 1);
}

TEST_CASE("binary scores: refused") {
  std::vector<code_t> const zeros{0, 0}, ones{1, 1}, bad{0, 2};
  numbers const score{.1, .2};
  CHECK_THROWS_WITH_AS((void)sidera::roc_auc(zeros, score), "roc_auc: target has only zeros", sidera::value_error);
  CHECK_THROWS_WITH_AS((void)sidera::roc_auc(ones, score), "roc_auc: target has only ones", sidera::value_error);
  CHECK_THROWS_AS((void)sidera::average_precision(zeros, score), sidera::value_error);
  CHECK_THROWS_AS((void)sidera::roc_auc(bad, score), sidera::value_error);
  CHECK_THROWS_AS((void)sidera::roc_auc(ones, numbers{1}), sidera::shape_error);
  CHECK_THROWS_AS((void)sidera::roc_auc({}, {}), sidera::shape_error);
  CHECK_THROWS_AS((void)sidera::log_loss(ones, numbers{.5, 1.1}), sidera::value_error);
  numbers const missing{.5, std::numeric_limits<double>::quiet_NaN()};
  CHECK(laws::row_of_error([&] { (void)sidera::roc_auc(ones, missing); }) == 1);
}

TEST_CASE("log loss: certain and wrong stays finite") {
  CHECK(sidera::log_loss(std::vector<code_t>{1}, numbers{0}) == doctest::Approx(36.0437));
  CHECK(sidera::log_loss(std::vector<code_t>{0}, numbers{0}) < 1e-15);
}

TEST_CASE("at_base_rate: probabilities of a balanced sample become those of one with four zeros per one") {
  // x is 1 for 3 of 4 ones and 1 of 4 zeros: P(one | x) = 3/4 and 1/4 where both are as frequent, and at 1 : 4
  // P(one | x = 1) = .75 / (.75 + 4 * .25) = 3/7, P(one | x = 0) = .25 / (.25 + 4 * .75) = 1/13.
  auto const p = sidera::at_base_rate(numbers{.75, .25, 0, 1}, 1. / 4);
  CHECK(p[0] == near(3. / 7));
  CHECK(p[1] == near(1. / 13));
  CHECK(p[2] == 0);
  CHECK(p[3] == 1);
  CHECK(sidera::at_base_rate(numbers{.3}, 1)[0] == near(.3));
  // In questions of that kind they have the smaller loss.
  std::vector<code_t> target;
  numbers balanced;
  for (int i = 0; i < 20; ++i) {
    target.push_back(i < 4 ? 1 : 0);
    balanced.push_back(i < 3 || (i >= 4 && i < 8) ? .75 : .25);
  }
  CHECK(sidera::log_loss(target, sidera::at_base_rate(balanced, .25)) < sidera::log_loss(target, balanced));
  CHECK_THROWS_AS((void)sidera::at_base_rate(balanced, 0), sidera::value_error);
  CHECK(laws::row_of_error([] { (void)sidera::at_base_rate(numbers{.5, 1.5}, 1); }) == 1);
}

TEST_CASE("GAUC: weighted by rows, groups with one side left out") {
  std::vector<code_t> const target{1, 0, 1, 0, 1, 1, 0}, group{5, 5, 2, 2, 2, 9, 4};
  numbers const score{.9, .1, .2, .3, .4, .5, .6};
  auto const result = sidera::grouped_auc(target, score, group);
  CHECK(result.groups == 2);
  CHECK(result.one_sided == 2);
  CHECK(result.auc == near((2 * 1 + 3 * .5) / 5));
  CHECK_THROWS_AS((void)sidera::grouped_auc(std::vector<code_t>{1, 0}, numbers{1, 2}, std::vector<code_t>{0, 1}),
                  sidera::value_error);
  CHECK_THROWS_AS((void)sidera::grouped_auc(target, score, std::vector<code_t>{0}), sidera::shape_error);
}

TEST_CASE("ranked lists: nothing relevant, k beyond the list, bad input") {
  numbers const none{0, 0, 0}, score{3, 2, 1}, relevance{0, 1, 2};
  CHECK(sidera::ndcg(none, score, 3) == 0);
  CHECK(sidera::recall_at(none, score, 2) == 0);
  CHECK_FALSE(sidera::hit_at(none, score, 3));
  CHECK_FALSE(sidera::hit_at(none, score, 10));
  CHECK(sidera::reciprocal_rank(none, score) == 0);
  CHECK(sidera::recall_at(relevance, score, 100) == 1);
  CHECK(sidera::ndcg(relevance, numbers{1, 2, 3}, 100) == near(1));
  CHECK_THROWS_AS((void)sidera::ndcg(relevance, score, 0), sidera::value_error);
  CHECK_THROWS_AS((void)sidera::ndcg(numbers{-1, 0, 0}, score, 1), sidera::value_error);
  CHECK_THROWS_AS((void)sidera::ndcg(relevance, numbers{1}, 1), sidera::shape_error);
}

TEST_CASE("NDCG with averaged ties is the mean over all orders of the tied items") {
  numbers const relevance{3, 0, 1, 2}, tied{5, 5, 5, 1};
  std::vector<std::size_t> order{0, 1, 2};
  double sum = 0;
  do {
    numbers score = tied;
    for (std::size_t r = 0; r < 3; ++r) score[order[r]] += .1 * static_cast<double>(3 - r);
    sum += sidera::ndcg(relevance, score, 2);
  } while (std::next_permutation(order.begin(), order.end()));
  CHECK(sidera::ndcg(relevance, tied, 2) == near(sum / 6));
}

TEST_CASE("class scores: refused, and ties go to the lowest class") {
  sidera::matrix<double> const flat = sidera::matrix<double>::Zero(2, 3);
  CHECK(sidera::top_k_accuracy(flat, std::vector<code_t>{0, 2}, 1) == .5);
  CHECK(sidera::softmax_log_loss(flat, std::vector<code_t>{0, 2}) == near(std::log(3.)));
  CHECK(sidera::softmax_log_loss((flat.array() + 1e300).matrix(), std::vector<code_t>{0, 2}) == near(std::log(3.)));
  CHECK_THROWS_AS((void)sidera::top_k_accuracy(flat, std::vector<code_t>{0, 3}, 1), sidera::value_error);
  CHECK_THROWS_AS((void)sidera::top_k_accuracy(flat, std::vector<code_t>{0}, 1), sidera::shape_error);
  CHECK_THROWS_AS((void)sidera::confusion(std::vector<code_t>{0}, std::vector<code_t>{2}, 2), sidera::value_error);
  CHECK(sidera::macro_f1(sidera::confusion({}, {}, 3)) == 0);
  CHECK(sidera::micro_f1(sidera::confusion({}, {}, 3)) == 0);
}

TEST_CASE("the Brier score takes probabilities only, as the log loss does") {
  std::vector<code_t> const target{0, 1, 1};
  for (double const p : {-.25, 1.5, 7., std::numeric_limits<double>::infinity()}) {
    CHECK_THROWS_WITH_AS((void)sidera::brier_score(target, numbers{.5, .5, p}), "brier_score: row 2 is no probability",
                         sidera::value_error);
    CHECK_THROWS_WITH_AS((void)sidera::log_loss(target, numbers{.5, .5, p}), "log_loss: row 2 is no probability",
                         sidera::value_error);
  }
  CHECK(sidera::brier_score(target, numbers{0, 1, 1}) == 0);
}
