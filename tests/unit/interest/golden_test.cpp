// SPDX-License-Identifier: MIT
/// \file  MCCA against an independent evaluation of its published definition: logits, loss and every gradient.
#include <laws/golden.hpp>
#include <sidera/interest/ranker.hpp>
#include <sidera/losses/bce_with_logits.hpp>

namespace {

using sidera::index_t;
using sidera::matrix;

constexpr std::size_t dim = 5;

struct golden_case {
  std::string folder;                ///< of the variant
  std::vector<std::string> letters;  ///< its views, "r" last

  [[nodiscard]] matrix<double> common(std::string const& name) const {
    return laws::golden_matrix(laws::golden_folder("mcca") + "common/" + name);
  }
  [[nodiscard]] matrix<double> own(std::string const& name) const {
    return laws::golden_matrix(laws::golden_folder("mcca") + folder + "/" + name);
  }
  [[nodiscard]] matrix<double> gradient(std::string const& name) const { return own("grad_" + name); }

  [[nodiscard]] sidera::item_view view(std::string const& letter) const {
    return {letter, common("sid_" + letter).cast<sidera::code_t>(), {6, 6, 6}};
  }
  [[nodiscard]] sidera::ranker_layout layout() const {
    std::vector<sidera::item_view> modalities;
    if (letters.size() == 4) modalities = {view("t"), view("a")};
    auto layout = sidera::mcca_layout(14, std::move(modalities), view("o"));
    for (auto& v : layout.views)
      if (v.name == "id") v.name = "r";
    for (auto& i : layout.interests)
      if (i.keys == "id") i = {"r", "r"};
    layout.target = {"r", "o"};
    return layout;
  }
  /// History and target; `longer` places of padding are put in front, and as many at the end.
  [[nodiscard]] sidera::ranking_batch batch(index_t longer = 0) const {
    sidera::code_matrix const items = common("hist").cast<sidera::code_t>();
    matrix<double> const mask = common("mask"), target = common("target");
    sidera::ranking_batch b;
    b.history = sidera::code_matrix::Constant(items.rows(), items.cols() + 2 * longer, sidera::no_code);
    for (index_t i = 0; i < items.rows(); ++i)
      for (index_t j = 0; j < items.cols(); ++j)
        if (mask(i, j) != 0) b.history(i, j + longer) = items(i, j);
    for (index_t i = 0; i < target.size(); ++i) b.target.push_back(static_cast<sidera::code_t>(target.data()[i]));
    return b;
  }
};

/// What each parameter of a ranker is called in the reference, and how it lies there.
struct slot {
  sidera::parameter own;
  index_t first_row, rows;  ///< of the parameter
  std::string reference;
  index_t first_column;  ///< of the reference's columns that are this parameter, transposed
  bool transposed;
};

template <class Ranker>
std::vector<slot> slots(Ranker const& model, golden_case const& c) {
  std::vector<slot> all;
  auto const whole = [&](std::string const& name, std::string const& reference, bool transposed, index_t column = 0) {
    auto const p = model.store().find(name);
    all.push_back({p, 0, static_cast<index_t>(model.store().rows(p)), reference, column, transposed});
  };
  for (auto const& z : c.letters) {
    if (z == "r") {
      whole("r.table", "E_r", false);
    } else {
      for (index_t l = 0; l < 3; ++l)
        all.push_back({model.store().find(z + ".table"), 6 * l, 6, "E_" + z + "_" + std::to_string(l), 0, false});
    }
    whole("interest." + z + ".key", "att_" + z + "_W1", true);
    whole("interest." + z + ".query", "att_" + z + "_W1", true, dim);
    whole("interest." + z + ".bias", "att_" + z + "_b1", false);
    whole("interest." + z + ".out.weight", "att_" + z + "_w2", true);
    whole("interest." + z + ".out.bias", "att_" + z + "_b2", false);
  }
  for (int l = 0; l < 3; ++l) {
    whole("tower." + std::to_string(l) + ".weight", "tower_W" + std::to_string(l + 1), true);
    whole("tower." + std::to_string(l) + ".bias", "tower_b" + std::to_string(l + 1), false);
  }
  return all;
}

/// The part of a reference array that is the parameter of `s`.
matrix<double> part(matrix<double> const& reference, slot const& s, index_t rows) {
  if (!s.transposed) return reference;
  return matrix<double>(reference.middleCols(s.first_column, rows).transpose());
}

template <class Pooling>
sidera::ranker<double, Pooling> golden_ranker(golden_case const& c, Pooling pooling) {
  sidera::ranker<double, Pooling> model(c.layout(), {.dim = dim, .hidden = {9, 5}}, pooling);
  for (slot const& s : slots(model, c)) {
    bool const of_tower = s.reference.starts_with("tower");
    matrix<double> const value = part(of_tower ? c.own(s.reference) : c.common(s.reference), s, s.rows);
    REQUIRE(value.cols() == model.store().value(s.own).cols());
    model.store().value(s.own).middleRows(s.first_row, s.rows) = value;
  }
  return model;
}

template <class Pooling>
void agrees(golden_case const& c, Pooling pooling) {
  CAPTURE(c.folder);
  auto model = golden_ranker(c, pooling);
  sidera::tape<double> t(model.store());
  auto const u = model.tower_input(t, c.batch());
  CHECK(laws::golden_error(u.value(), c.own("u")) < 1e-10);
  auto const logits = model.logits(t, c.batch());
  CHECK(laws::golden_error(logits.value(), c.own("logit")) < 1e-10);
  matrix<double> const label = c.common("label");
  auto const loss = sidera::bce_with_logits(logits, t.refer(label.data(), logits.rows(), 1));
  CHECK(std::abs(loss.item() - c.own("loss")(0, 0)) < 1e-10);
  t.backward(loss);
  for (slot const& s : slots(model, c)) {
    CAPTURE(s.reference);
    matrix<double> const own = model.store().gradient(s.own).middleRows(s.first_row, s.rows);
    matrix<double> const expected = part(c.gradient(s.reference), s, s.rows);
    if (expected.cwiseAbs().maxCoeff() < 1e-15)  // a softmax does not feel a constant: the reference is rounding
      CHECK(own.cwiseAbs().maxCoeff() < 1e-15);
    else
      CHECK(laws::golden_error(own, expected) < 1e-10);
  }
}

golden_case const full_raw{"raw", {"t", "a", "o", "r"}};
golden_case const full_sigmoid{"sigmoid", {"t", "a", "o", "r"}};
golden_case const full_softmax{"softmax", {"t", "a", "o", "r"}};

template <class Pooling>
void padding_changes_no_bit(golden_case const& c, Pooling pooling) {
  auto const model = golden_ranker(c, pooling);
  auto const plain = model.score(c.batch());
  for (index_t const longer : {1, 3, 4, 30}) CHECK(model.score(c.batch(longer)) == plain);
}

}  // namespace

TEST_CASE("MCCA agrees with the reference: raw weights") {
  agrees(full_raw, sidera::din_attention<>{4});
}
TEST_CASE("MCCA agrees with the reference: sigmoid weights") {
  agrees(full_sigmoid, sidera::din_attention<sidera::sigmoid_weights>{4});
}
TEST_CASE("MCCA agrees with the reference: softmax weights") {
  agrees(full_softmax, sidera::din_attention<sidera::softmax_weights>{4});
}
TEST_CASE("MCCA without modal-specific codebooks agrees with the reference") {
  agrees({"no_msc", {"o", "r"}}, sidera::din_attention<>{4});
}

TEST_CASE("a longer padding changes no bit of a score") {
  padding_changes_no_bit(full_raw, sidera::din_attention<>{4});
  padding_changes_no_bit(full_sigmoid, sidera::din_attention<sidera::sigmoid_weights>{4});
  padding_changes_no_bit(full_softmax, sidera::din_attention<sidera::softmax_weights>{4});
}
