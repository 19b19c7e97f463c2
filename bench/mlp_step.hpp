// SPDX-License-Identifier: MIT
#pragma once
/// \file  768 -> 512 -> 256 with a relu, mean squared error, a batch of 256.
#include <sidera/layers/mlp.hpp>
#include <sidera/losses/mse.hpp>

#include "training_steps.hpp"

namespace bench {

struct mlp_model {
  sidera::parameters<float> store;
  sidera::mlp<> layers{store, "mlp", {768, 512, 256}, sidera::random_stream(1)};
  matrix x, y;

  explicit mlp_model(settings const& s)
      : x(normal(256, 768, sidera::random_stream(s.seed, 1))), y(normal(256, 256, sidera::random_stream(s.seed, 2))) {}
  [[nodiscard]] sidera::variable<float> loss(sidera::tape<float>& t) const {
    return sidera::mse(layers(t.refer(x)), t.refer(y));
  }
};

class mlp_by_eigen {
 public:
  explicit mlp_by_eigen(mlp_model const& m) : x_(m.x), y_(m.y) {
    for (std::size_t i = 0; i < 4; ++i) p_[i] = m.store.value({i});
  }

  float operator()() {
    h_.noalias() = x_ * p_[0];
    h_.rowwise() += p_[1].row(0);
    h_ = h_.cwiseMax(0.0f);
    out_.noalias() = h_ * p_[2];
    out_.rowwise() += p_[3].row(0);
    out_ -= y_;
    float const loss = out_.squaredNorm() / static_cast<float>(out_.size());
    out_ *= 2 / static_cast<float>(out_.size());
    g_[2].noalias() = h_.transpose() * out_;
    g_[3] = out_.colwise().sum();
    dh_.noalias() = out_ * p_[2].transpose();
    dh_.array() *= (h_.array() > 0).cast<float>();
    g_[0].noalias() = x_.transpose() * dh_;
    g_[1] = dh_.colwise().sum();
    for (std::size_t i = 0; i < 4; ++i) adam_[i].step(p_[i], g_[i]);
    return loss;
  }

 private:
  matrix x_, y_, h_, out_, dh_;
  matrix p_[4], g_[4];
  eigen_adam adam_[4];
};

inline job mlp_step(settings const& s) {
  constexpr std::size_t steps = 8;
  auto const ours = std::make_shared<sidera_steps<mlp_model>>(s.threads, s);
  auto const folder = std::make_shared<shared_folder>();
  put_parameters(*folder, ours->model.store);
  folder->put("x", ours->model.x);
  folder->put("y", ours->model.y);
  // Two products forward; backward the gradients of both weights and of the hidden units.
  job j{"mlp_step", 2.0 * 256 * (2.0 * 768 * 512 + 3.0 * 512 * 256), 256, {}};
  mlp_by_eigen by_hand(ours->model);
  add_steps(j, s, "sidera", false, steps, [ours] { return (*ours)(); });
  add_steps(j, s, "Eigen by hand", true, steps, std::move(by_hand));
  add_torch(j, s, "mlp", folder, steps);
  return j;
}

}  // namespace bench
