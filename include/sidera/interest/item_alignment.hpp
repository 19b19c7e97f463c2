// SPDX-License-Identifier: MIT
#pragma once
#include <sidera/interest/item_partners.hpp>
#include <sidera/layers/linear.hpp>
#include <sidera/losses/info_nce.hpp>
#include <sidera/training/take_rows.hpp>
#include <sidera/training/trainer.hpp>

namespace sidera::inline SIDERA_ABI {

/// Numbers of an \ref item_alignment.
struct item_alignment_options {
  std::size_t dim = 64;  ///< columns of the aligned embeddings
  std::size_t epochs = 10, batch = 256;
  double learning_rate = 1e-3;
  double temperature = 0.1;
  std::uint64_t seed = 0;
};

/// Item embeddings made alike where the same users take the items: z = x W / |x W|, W trained by InfoNCE so that the
/// two items of a pair find each other among the items of the batch, in both directions.
///
/// This is the item alignment of QARM (Luo et al., arXiv 2411.11739), reduced to what needs no further
/// data: pairs are two training interactions of one user, drawn anew in every epoch, instead of those of a deployed
/// retrieval model, and a linear map of given embeddings is trained instead of the network that made them. Pairs are as
/// frequent as their items; the negatives of a pair are the other pairs' items, not cleared of what its user took.
/// Parameter: "align.weight". Depends on the arguments alone, whatever the executor.
template <Scalar T = float>
class item_alignment {
 public:
  explicit item_alignment(item_alignment_options options = {}) : options_(options) {}

  /// Trains on `x`, one row per item of the table; gives the mean loss of every epoch. Throws shape_error for other
  /// rows, value_error for a NaN, when no user has two training interactions, and what require_table throws.
  std::vector<double> fit(matrix_cref<T> const& x, interaction_table const& table, executor_ref executor = {}) {
    constexpr std::string_view where = "item_alignment::fit";
    require_table(table, where);
    require_rows(x, table.items, where, "x");
    require_finite<T>(x, where, "x");
    item_partners const partners(table);
    if (partners.rows().empty()) throw value_error(where, "no user has two training interactions");
    parameters<T> store;
    // Fork 0 of this stream makes the weight and draws the partners of epoch 0. They share no more than single uniform
    // numbers, and streams of their own would change every aligned embedding of a seed.
    random_stream const stream(options_.seed, 0x616C69676E);
    map_ = linear<>(store, "align", column_count(x), options_.dim, stream, {}, bias_use::no);
    matrix<T> const items = x;
    trainer fitting(store, partners.rows().size(),
                    {.epochs = options_.epochs, .batch = options_.batch, .seed = options_.seed},
                    adam{.learning_rate = options_.learning_rate}, executor);
    auto const loss = [&](tape<T>& t, std::span<std::size_t const> rows, pass) {
      std::vector<std::size_t> one, other;
      for (std::size_t const row : rows) {
        one.push_back(static_cast<std::size_t>(partners.rows()[row].item));
        other.push_back(static_cast<std::size_t>(partners.partner(row, stream.fork(fitting.epoch()))));
      }
      return info_nce(map_(take_rows<T>(t, items, one)), map_(take_rows<T>(t, items, other)),
                      {.temperature = options_.temperature, .both_sides = true});
    };
    std::vector<double> losses;
    for (auto const& epoch : fitting.fit(loss).epochs) losses.push_back(epoch.loss);
    store_ = std::move(store);
    return losses;
  }

  /// N x dim, rows of length 1 (rows of zeros stay). Throws not_fitted_error, shape_error.
  [[nodiscard]] matrix<T> operator()(matrix_cref<T> const& x, executor_ref executor = {}) const {
    if (store_.size() == 0) throw not_fitted_error("item_alignment", "call fit first");
    require_columns(x, store_.rows({0}), "item_alignment", "x");
    matrix<T> const copy = x;
    tape<T> t(store_, executor);
    return l2_normalise(map_(t.refer(copy))).value();
  }

 private:
  item_alignment_options options_;
  parameters<T> store_;
  linear<> map_;
};

}  // namespace sidera::inline SIDERA_ABI
