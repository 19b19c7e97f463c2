// SPDX-License-Identifier: MIT
#pragma once
/// \file  DCID on two views of the digits, as examples/cross_modal trains it (without dropout): a batch of 128 pairs
/// through encoders, codebook, decoders, InfoNCE, CLUB with its five inner steps, code matching, MM-EMA, clipping,
/// Adam.
#include <optional>
#include <sidera/disentangling/clip_batch.hpp>
#include <sidera/disentangling/dcid.hpp>
#include <sidera/io/load.hpp>
#include <sidera/optimizers/gradient_clipping.hpp>
#include <sidera/quantizers/view_scaling.hpp>

#include "training_steps.hpp"

namespace bench {

/// The model with its data; one call is one step of training.
class dcid_steps {
 public:
  static constexpr std::size_t batch = 128;

  explicit dcid_steps(settings const& s) : random_(s.seed), pool_(s.threads) {
    std::vector<std::size_t> widths;
    for (char const* view : {"pix", "fou"}) {
      auto const rows = sidera::load_matrix<float>(std::string(SIDERA_BENCH_DIGITS) + "/" + view + ".npy");
      views_.push_back(sidera::z_score_scaling{}.fit<float>(rows)(rows));
      widths.push_back(sidera::column_count(rows));
    }
    model_ = sidera::dcid<>(store_, widths, {}, random_);
    start_words();
    for (std::size_t const clip : random_.fork(9).permutation(sidera::row_count(views_[0]))) clips_.push_back(clip);
    clips_.resize(batch);
    adam_.emplace(store_, sidera::adam{.learning_rate = static_cast<double>(learning_rate)},
                  std::vector<std::string>{"main"});
    tape_.emplace(store_, pool_);
  }

  float operator()() {
    auto& t = *tape_;
    sidera::clip_batch<float> const rows(t, views_, sidera::presence_flags(2), clips_, 1);
    auto const loss = model_.loss(rows.x(), rows.present(), rows.shape(), adam_->steps(), false, 0);
    float const value = loss.item();
    t.backward(loss);
    (void)sidera::clip_gradient_norm(store_, 1);
    for (auto& stage : model_.stages()) (void)stage.update(store_, pool_);
    adam_->step(store_, 1, pool_);
    store_.clear_gradients();
    t.reset();
    return value;
  }

  /// Rows of the batch and the first values of all parameters, CLUB's predictors included.
  void put(shared_folder const& folder) const {
    for (std::size_t m = 0; m < views_.size(); ++m) {
      matrix x(static_cast<index_t>(batch), views_[m].cols());
      for (std::size_t i = 0; i < batch; ++i)
        x.row(static_cast<index_t>(i)) = views_[m].row(static_cast<index_t>(clips_[i]));
      folder.put("x_" + std::to_string(m), x);
      sidera::parameters<float> club;
      auto const own = random_.fork(3).fork(200 + m);  // the stream that the model gives to this predictor
      std::string const name = "club." + std::to_string(m);
      sidera::mlp<>(club, name + ".mean", {64, 64, 64, 32}, own.fork(0));
      sidera::mlp<>(club, name + ".log_variance", {64, 64, 64, 32}, own.fork(1));
      put_parameters(folder, club);
    }
    put_parameters(folder, store_);
  }

 private:
  /// k-means of the features of both views.
  void start_words() {
    matrix all(0, 64);
    for (std::size_t m = 0; m < views_.size(); ++m) {
      sidera::tape<float> t(std::as_const(store_), pool_);
      auto const z = model_.network()(m, t.refer(views_[m]), {{sidera::row_count(views_[m]), 1}}).front();
      all.conservativeResize(all.rows() + views_[m].rows(), Eigen::NoChange);
      all.bottomRows(views_[m].rows()) = z.value();
    }
    model_.stages().front().codes().start(store_, all, pool_);
  }

  sidera::random_stream random_;
  sidera::thread_pool pool_;
  std::vector<matrix> views_;
  std::vector<std::size_t> clips_;
  sidera::parameters<float> store_;
  sidera::dcid<> model_;
  std::optional<sidera::optimizer<float>> adam_;  ///< made when the store is complete, as the tape is
  std::optional<sidera::tape<float>> tape_;
};

inline job dcid_step(settings const& s) {
  constexpr std::size_t steps = 20;
  auto const ours = std::make_shared<dcid_steps>(s);
  auto const folder = std::make_shared<shared_folder>();
  ours->put(*folder);
  // Encoders and decoders forward and twice backward; CLUB's predictors five times so, and once forward and backward.
  double const encoders = 2.0 * (240 + 76) * 128 + 2 * 128 * (64 + 32), decoders = 2.0 * 96 * 128 + 128 * (240 + 76);
  double const predictors = 4.0 * (64 * 64 + 64 * 64 + 64 * 32);
  job j{"dcid_step", 2.0 * dcid_steps::batch * (3 * (encoders + decoders) + 17 * predictors), dcid_steps::batch, {}};
  add_steps(j, s, "sidera", false, steps, [ours] { return (*ours)(); });
  add_torch(j, s, "dcid", folder, steps);
  return j;
}

}  // namespace bench
