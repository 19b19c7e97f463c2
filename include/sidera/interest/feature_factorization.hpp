// SPDX-License-Identifier: MIT
#pragma once
#include <sidera/autodiff/ops/add.hpp>
#include <sidera/autodiff/ops/dot_over_columns.hpp>
#include <sidera/autodiff/ops/gather_rows.hpp>
#include <sidera/autodiff/ops/matmul.hpp>
#include <sidera/autodiff/ops/mul.hpp>
#include <sidera/core/fields.hpp>
#include <sidera/interest/ranking_batch.hpp>
#include <sidera/layers/concepts.hpp>
#include <sidera/layers/embedding.hpp>

namespace sidera::inline SIDERA_ABI {

/// VBPR: s_ui = b_i + g_u . g_i + o_u . (E f_i) + v . f_i with the features f_i of the items; He and McAuley (AAAI
/// 2016). It knows users instead of histories. Trained here like every other model, by cross-entropy.
///
/// Parameters: "bias.table", "item.table", "user.table", "taste.table", "project", "visual".
template <Scalar T = float>
class feature_factorization {
 public:
  using scalar_type = T;

  /// Features of all items, one row each. Throws value_error for a NaN.
  feature_factorization(matrix<T> features, std::size_t users, std::size_t dim = 64, std::uint64_t seed = 0,
                        double deviation = 0.05)
      : features_(std::move(features)) {
    require_finite<T>(features_, "feature_factorization", "features");
    random_stream const stream(seed, 0x76627072);
    std::size_t const items = row_count(features_), width = column_count(features_);
    bias_ = embedding(store_, "bias", items, 1, stream, normal_weights{0});
    item_ = embedding(store_, "item", items, dim, stream, normal_weights{deviation});
    user_ = embedding(store_, "user", users, dim, stream, normal_weights{deviation});
    taste_ = embedding(store_, "taste", users, dim, stream, normal_weights{deviation});
    project_ = add_weight(store_, "project", width, dim, xavier_uniform{}, stream);
    visual_ = store_.add("visual", width, 1);
  }

  /// N x 1. Throws value_error with the row of an item or user that does not exist.
  [[nodiscard]] variable<T> logits(tape<T>& t, ranking_batch const& batch, pass = {}) const {
    require_batch(batch, row_count(features_), "feature_factorization");
    require_users(batch, users(), "feature_factorization");
    std::span<code_t const> const items(batch.target), users(batch.user);
    variable<T> const f = gather_rows(t.refer(features_), items);
    return bias_(t, items) + dot_over_columns(user_(t, users), item_(t, items)) +
           dot_over_columns(taste_(t, users), matmul(f, t[project_])) + matmul(f, t[visual_]);
  }
  [[nodiscard]] std::vector<T> score(ranking_batch const& batch, executor_ref executor = {}) const {
    tape<T> t(store_, executor);
    variable<T> const y = logits(t, batch);
    return {y.data(), y.data() + y.size()};
  }

  [[nodiscard]] std::size_t items() const { return row_count(features_); }
  [[nodiscard]] std::size_t users() const { return store_.rows(user_.table); }
  [[nodiscard]] parameters<T>& store() noexcept { return store_; }
  [[nodiscard]] parameters<T> const& store() const noexcept { return store_; }

  /// Everything that scoring needs, features of the items included.
  [[nodiscard]] field_set fields() const {
    field_set out;
    out.metadata = {{"model", "feature_factorization"}};
    out.put("features", features_);
    out.put("sizes", std::vector<std::int64_t>{static_cast<std::int64_t>(users()),
                                               static_cast<std::int64_t>(store_.cols(user_.table))});
    store_.to_fields(out, "parameters.");
    return out;
  }
  /// The model whose fields these are: it scores bit for bit like the one that was saved. Throws value_error or
  /// shape_error for fields that make no such model.
  [[nodiscard]] static feature_factorization from_fields(field_set const& fields) {
    constexpr std::string_view where = "feature_factorization::from_fields";
    fields.require_model("feature_factorization", where);
    auto const& sizes = fields.get_vector<std::int64_t>("sizes");
    auto const features = fields.get_matrix<T>("features");
    auto const fits = [&](std::size_t rows, char const* table) {
      return fields.holds<T>(table, rows, static_cast<std::size_t>(sizes[1]));
    };
    if (sizes.size() != 2 || sizes[0] < 0 || sizes[1] < 1 || sizes[1] > 1'000'000 ||
        !fits(static_cast<std::size_t>(sizes[0]), "parameters.user.table") ||
        !fits(row_count(features), "parameters.item.table"))
      throw value_error(where, "\"sizes\" are not those of the tables");
    feature_factorization loaded(features, static_cast<std::size_t>(sizes[0]), static_cast<std::size_t>(sizes[1]));
    loaded.store_.from_fields(fields, "parameters.");
    return loaded;
  }

 private:
  matrix<T> features_;
  parameters<T> store_;
  embedding bias_, item_, user_, taste_;
  parameter project_, visual_;
};

}  // namespace sidera::inline SIDERA_ABI
