// SPDX-License-Identifier: MIT
#pragma once
/// \file  A GRU of 64 units on 64 sequences of 10 steps of 64 numbers; mean squared error of all states.
#include <sidera/layers/recurrent.hpp>
#include <sidera/losses/mse.hpp>

#include "training_steps.hpp"

namespace bench {

struct gru_model {
  static constexpr index_t batch = 64, time = 10, dim = 64;
  sidera::parameters<float> store;
  sidera::gru layer{store, "gru", {.inputs = 64, .hidden = 64}, sidera::random_stream(1)};
  matrix x, y;

  explicit gru_model(settings const& s)
      : x(normal(batch * time, dim, sidera::random_stream(s.seed, 1))),
        y(0.3f * normal(batch * time, dim, sidera::random_stream(s.seed, 2))) {}
  [[nodiscard]] sidera::variable<float> loss(sidera::tape<float>& t) const {
    return sidera::mse(layer(t.refer(x), {{batch, time}}), t.refer(y));
  }
};

/// Rows are kept time first: the rows of a step are a block. The input product runs over all steps at once.
class gru_by_eigen {
  static constexpr index_t B = gru_model::batch, T = gru_model::time, D = gru_model::dim;

 public:
  explicit gru_by_eigen(gru_model const& m) : x_(B * T, D), y_(B * T, D), h_(matrix::Zero(B * (T + 1), D)) {
    for (index_t b = 0; b < B; ++b)
      for (index_t t = 0; t < T; ++t) x_.row(t * B + b) = m.x.row(b * T + t), y_.row(t * B + b) = m.y.row(b * T + t);
    for (std::size_t i = 0; i < 4; ++i) p_[i] = m.store.value({i});
  }

  float operator()() {
    float const loss = forward();
    backward();
    for (std::size_t i = 0; i < 4; ++i) adam_[i].step(p_[i], g_[i]);
    return loss;
  }

 private:
  float forward() {
    a_.noalias() = x_ * p_[0];
    a_.rowwise() += p_[1].row(0);
    u_.resize(B * T, 3 * D);
    for (index_t t = 0; t < T; ++t) {
      auto const before = h_.middleRows(t * B, B);
      auto a = a_.middleRows(t * B, B), u = u_.middleRows(t * B, B);
      u.noalias() = before * p_[2];
      u.rowwise() += p_[3].row(0);
      a.leftCols(2 * D) = (1 + (-(a.leftCols(2 * D) + u.leftCols(2 * D)).array()).exp()).inverse().matrix();
      auto const r = a.leftCols(D).array(), z = a.middleCols(D, D).array();
      a.rightCols(D) = (a.rightCols(D).array() + r * u.rightCols(D).array()).tanh().matrix();
      h_.middleRows((t + 1) * B, B) = ((1 - z) * a.rightCols(D).array() + z * before.array()).matrix();
    }
    dh_ = h_.bottomRows(B * T) - y_;
    float const loss = dh_.squaredNorm() / static_cast<float>(dh_.size());
    dh_ *= 2 / static_cast<float>(dh_.size());
    return loss;
  }

  /// da_: of the sums before the gates by the input; du_: of those by the state.
  void backward() {
    da_.resize(B * T, 3 * D), du_.resize(B * T, 3 * D), carry_ = matrix::Zero(B, D);
    for (index_t t = T; t-- > 0;) {
      carry_ += dh_.middleRows(t * B, B);
      auto const a = a_.middleRows(t * B, B), u = u_.middleRows(t * B, B);
      auto const before = h_.middleRows(t * B, B).array();
      auto const r = a.leftCols(D).array(), z = a.middleCols(D, D).array(), n = a.rightCols(D).array();
      auto da = da_.middleRows(t * B, B), du = du_.middleRows(t * B, B);
      auto const g = carry_.array();
      da.rightCols(D) = (g * (1 - z) * (1 - n.square())).matrix();
      da.middleCols(D, D) = (g * (before - n) * z * (1 - z)).matrix();
      da.leftCols(D) = (da.rightCols(D).array() * u.rightCols(D).array() * r * (1 - r)).matrix();
      du.leftCols(2 * D) = da.leftCols(2 * D);
      du.rightCols(D) = (da.rightCols(D).array() * r).matrix();
      carry_.array() *= z;
      carry_.noalias() += du * p_[2].transpose();
    }
    g_[0].noalias() = x_.transpose() * da_;
    g_[1] = da_.colwise().sum();
    g_[2].noalias() = h_.topRows(B * T).transpose() * du_;
    g_[3] = du_.colwise().sum();
  }

  matrix x_, y_, h_, a_, u_, dh_, da_, du_, carry_;
  matrix p_[4], g_[4];
  eigen_adam adam_[4];
};

inline job gru_step(settings const& s) {
  constexpr std::size_t steps = 20;
  auto const ours = std::make_shared<sidera_steps<gru_model>>(s.threads, s);
  auto const folder = std::make_shared<shared_folder>();
  put_parameters(*folder, ours->model.store);
  folder->put("x", ours->model.x);
  folder->put("y", ours->model.y);
  // Products with inputs and states forward; gradients of both weights and of the states backward.
  job j{"gru_step", 5.0 * 2 * 64 * 10 * 64 * 192, 64, {}};
  gru_by_eigen by_hand(ours->model);
  add_steps(j, s, "sidera", false, steps, [ours] { return (*ours)(); });
  add_steps(j, s, "Eigen by hand", true, steps, std::move(by_hand));
  add_torch(j, s, "gru", folder, steps);
  return j;
}

}  // namespace bench
