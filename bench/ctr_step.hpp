// SPDX-License-Identifier: MIT
#pragma once
/// \file  A ranker: items are sums of 4 code embeddings of 64 numbers, the target item attends to a history of at most
/// 20 items with 4 heads, an MLP 128 -> 64 -> 1 on both, binary cross entropy; a batch of 256.
#include <sidera/autodiff/ops/concat.hpp>
#include <sidera/layers/embedding.hpp>
#include <sidera/layers/mlp.hpp>
#include <sidera/layers/target_attention.hpp>
#include <sidera/losses/bce_with_logits.hpp>

#include "training_steps.hpp"

namespace bench {

struct ctr_model {
  static constexpr index_t batch = 256, time = 20, dim = 64, heads = 4, levels = 4, words = 256;
  sidera::parameters<float> store;
  sidera::embedding table{store, "codes", levels* words, dim, sidera::random_stream(1), sidera::normal_weights{0.1}};
  sidera::target_attention attention{store, "attention", dim, heads, sidera::random_stream(2)};
  sidera::mlp<> head{store, "head", {2 * dim, 64, 1}, sidera::random_stream(3)};
  sidera::code_matrix history{batch * time, levels}, target{batch, levels};
  std::vector<sidera::code_t> places;  ///< every place has its own row; -1: padding
  matrix y{batch, 1};

  explicit ctr_model(settings const& s) {
    sidera::random_stream const random(s.seed);
    auto const fill = [&](sidera::code_matrix& ids, std::uint64_t id) {
      for (index_t i = 0; i < ids.size(); ++i)
        ids.data()[i] = static_cast<sidera::code_t>(i % levels * words) +
                        static_cast<sidera::code_t>(random.fork(id).below(static_cast<std::uint64_t>(i), words));
    };
    fill(history, 1);
    fill(target, 2);
    for (index_t b = 0; b < batch; ++b) {
      auto const at = static_cast<std::uint64_t>(b);
      auto const length = static_cast<index_t>(time / 2 + static_cast<index_t>(random.fork(3).below(at, time / 2 + 1)));
      y(b, 0) = random.fork(4).uniform(at) < 0.5 ? 0.0f : 1.0f;
      for (index_t t = 0; t < time; ++t)
        places.push_back(t < length ? static_cast<sidera::code_t>(b * time + t) : sidera::no_code);
    }
  }
  [[nodiscard]] sidera::variable<float> loss(sidera::tape<float>& t) const {
    auto const query = table(t, target);
    auto const interest = attention(table.sums(t, history), places, query, time);
    return sidera::bce_with_logits(head(concat_columns(interest, query)), t.refer(y));
  }
};

/// The same algebra by hand: keys and values are not projected over the history.
class ctr_by_eigen {
  static constexpr index_t B = ctr_model::batch, L = ctr_model::time, D = ctr_model::dim, H = ctr_model::heads,
                           d = D / H, levels = ctr_model::levels;

 public:
  explicit ctr_by_eigen(ctr_model const& m) : history_(m.history), target_(m.target), y_(m.y), length_(B, 0) {
    for (std::size_t i = 0; i < 9; ++i) p_[i] = m.store.value({i});
    for (index_t i = 0; i < B * L; ++i) length_[static_cast<std::size_t>(i / L)] += m.places[std::size_t(i)] >= 0;
  }

  float operator()() {
    forward();
    float const loss = head();
    backward();
    for (std::size_t i = 0; i < 9; ++i) adam_[i].step(p_[i], g_[i]);
    return loss;
  }

 private:
  enum : std::size_t { table, query, key, value, out, w1, b1, w2, b2 };

  void sum_codes(sidera::code_matrix const& ids, matrix& rows) const {
    rows.setZero(ids.rows(), D);
    for (index_t i = 0; i < ids.rows(); ++i)
      for (index_t l = 0; l < levels; ++l) rows.row(i) += p_[table].row(ids(i, l));
  }
  void scatter(sidera::code_matrix const& ids, matrix const& rows) {
    for (index_t i = 0; i < ids.rows(); ++i)
      for (index_t l = 0; l < levels; ++l) g_[table].row(ids(i, l)) += rows.row(i);
  }

  void forward() {
    sum_codes(history_, s_);
    sum_codes(target_, t_);
    q_.noalias() = t_ * p_[query];
    k_.resize(B, H * D), c_.resize(B, H * D), v_.resize(B, D), a_.setZero(B * H, L);
    for (index_t h = 0; h < H; ++h)
      k_.middleCols(h * D, D).noalias() = q_.middleCols(h * d, d) * p_[key].middleCols(h * d, d).transpose();
    for (index_t b = 0; b < B; ++b) {
      index_t const n = length_[static_cast<std::size_t>(b)];
      auto const s = s_.middleRows(b * L, n);
      for (index_t h = 0; h < H; ++h) {
        auto a = a_.row(b * H + h).head(n);
        a.noalias() = k_.row(b).segment(h * D, D) * s.transpose();
        a = ((a.array() - a.maxCoeff()) * scale).exp().matrix();
        a /= a.sum();
        c_.row(b).segment(h * D, D).noalias() = a * s;
      }
    }
    for (index_t h = 0; h < H; ++h)
      v_.middleCols(h * d, d).noalias() = c_.middleCols(h * D, D) * p_[value].middleCols(h * d, d);
    x_.resize(B, 2 * D);
    x_.leftCols(D).noalias() = v_ * p_[out];
    x_.rightCols(D) = t_;
  }

  /// Loss, and the gradients of the MLP down to dx_.
  float head() {
    h_.noalias() = x_ * p_[w1];
    h_.rowwise() += p_[b1].row(0);
    h_ = h_.cwiseMax(0.0f);
    o_.noalias() = h_ * p_[w2];
    o_.rowwise() += p_[b2].row(0);
    auto const o = o_.array(), y = y_.array();
    float const loss = (o.max(0.0f) - o * y + (1 + (-o.abs()).exp()).log()).mean();
    do_ = (((1 + (-o).exp()).inverse() - y) / static_cast<float>(B)).matrix();
    g_[w2].noalias() = h_.transpose() * do_;
    g_[b2] = do_.colwise().sum();
    dh_.noalias() = do_ * p_[w2].transpose();
    dh_.array() *= (h_.array() > 0).cast<float>();
    g_[w1].noalias() = x_.transpose() * dh_;
    g_[b1] = dh_.colwise().sum();
    dx_.noalias() = dh_ * p_[w1].transpose();
    return loss;
  }

  void backward() {
    g_[out].noalias() = v_.transpose() * dx_.leftCols(D);
    dv_.noalias() = dx_.leftCols(D) * p_[out].transpose();
    dc_.resize(B, H * D), dk_.resize(B, H * D), dq_.resize(B, D), ds_.setZero(B * L, D);
    g_[value].resize(D, D), g_[key].resize(D, D);
    for (index_t h = 0; h < H; ++h) {
      g_[value].middleCols(h * d, d).noalias() = c_.middleCols(h * D, D).transpose() * dv_.middleCols(h * d, d);
      dc_.middleCols(h * D, D).noalias() = dv_.middleCols(h * d, d) * p_[value].middleCols(h * d, d).transpose();
    }
    for (index_t b = 0; b < B; ++b) attention_backward(b);
    for (index_t h = 0; h < H; ++h) {
      g_[key].middleCols(h * d, d).noalias() = dk_.middleCols(h * D, D).transpose() * q_.middleCols(h * d, d);
      dq_.middleCols(h * d, d).noalias() = dk_.middleCols(h * D, D) * p_[key].middleCols(h * d, d);
    }
    g_[query].noalias() = t_.transpose() * dq_;
    dt_ = dx_.rightCols(D);
    dt_.noalias() += dq_ * p_[query].transpose();
    g_[table].setZero(p_[table].rows(), D);
    scatter(history_, ds_);
    scatter(target_, dt_);
  }
  void attention_backward(index_t b) {
    index_t const n = length_[static_cast<std::size_t>(b)];
    auto const s = s_.middleRows(b * L, n);
    auto ds = ds_.middleRows(b * L, n);
    for (index_t h = 0; h < H; ++h) {
      auto const a = a_.row(b * H + h).head(n);
      auto const dc = dc_.row(b).segment(h * D, D);
      e_.noalias() = dc * s.transpose();
      e_ = (a.array() * (e_.array() - a.dot(e_)) * scale).matrix();
      dk_.row(b).segment(h * D, D).noalias() = e_ * s;
      ds.noalias() += a.transpose() * dc;
      ds.noalias() += e_.transpose() * k_.row(b).segment(h * D, D);
    }
  }

  static constexpr float scale = 0.25f;  // d^(-1/2)
  sidera::code_matrix history_, target_;
  matrix y_, s_, t_, q_, k_, c_, v_, a_, x_, h_, o_, do_, dh_, dx_, dv_, dc_, dk_, dq_, ds_, dt_;
  sidera::row_vector<float> e_;
  std::vector<index_t> length_;
  matrix p_[9], g_[9];
  eigen_adam adam_[9];
};

inline job ctr_step(settings const& s) {
  constexpr std::size_t steps = 10;
  auto const ours = std::make_shared<sidera_steps<ctr_model>>(s.threads, s);
  ctr_model const& m = ours->model;
  auto const folder = std::make_shared<shared_folder>();
  put_parameters(*folder, m.store);
  folder->put("history", m.history.cast<float>());
  folder->put("target", m.target.cast<float>());
  folder->put("y", m.y);
  matrix valid(ctr_model::batch, ctr_model::time);
  for (index_t i = 0; i < valid.size(); ++i) valid.data()[i] = m.places[static_cast<std::size_t>(i)] >= 0 ? 1.0f : 0.0f;
  folder->put("valid", valid);
  // What the absorbed form needs: 4 projections of the queries, scores and sums over the history, the MLP; three times.
  double const projections = 4.0 * 64 * 64, places = 2.0 * 4 * 64 * 20, layers = 128.0 * 64 + 64;
  job j{"ctr_step", 3 * 2.0 * 256 * (projections + places + layers), 256, {}};
  ctr_by_eigen by_hand(m);
  add_steps(j, s, "sidera", false, steps, [ours] { return (*ours)(); });
  add_steps(j, s, "Eigen by hand, the same algebra", true, steps, std::move(by_hand));
  add_torch(j, s, "ctr", folder, steps);
  add_torch(j, s, "ctr_same_algebra", folder, steps);
  return j;
}

}  // namespace bench
