// SPDX-License-Identifier: MIT
/// \file  What TOC does and does not do, on paired data whose informative, redundant and nuisance channels are known.
#include <algorithm>
#include <laws/sample_data.hpp>
#include <numeric>
#include <set>
#include <sidera/codebook_optimization/channel_count.hpp>
#include <sidera/codebook_optimization/paired_criterion.hpp>
#include <sidera/codebook_optimization/toc_criterion.hpp>
#include <sidera/update_rules/cross_modal_ema.hpp>

using namespace sidera;

namespace {

constexpr index_t classes = 32, words = 64, informative = 48;

/// Two modalities of the same items.
struct pairs {
  matrix<float> a, b;
  std::vector<int> label;
};

/// Draws pairs: class means in the informative channels, unit noise everywhere, and what `disturb` adds to a row.
class world {
 public:
  world(index_t dim, std::uint64_t seed) : random_(seed), class_means_(matrix<double>::Zero(classes, dim)) {
    for (index_t c = 0; c < classes; ++c)
      for (index_t k = 0; k < informative; ++k) class_means_(c, k) = normal();
  }
  [[nodiscard]] double normal() { return random_.normal(next_++); }
  [[nodiscard]] double uniform() { return random_.uniform(next_++); }
  [[nodiscard]] matrix<double>& class_means() { return class_means_; }
  [[nodiscard]] std::vector<std::size_t> permutation(std::size_t n) { return random_.fork(next_++).permutation(n); }

  template <class Disturb>
  [[nodiscard]] pairs draw(index_t per_class, Disturb disturb) {
    pairs p{matrix<float>(classes * per_class, class_means_.cols()), {}, {}};
    p.b.resizeLike(p.a);
    for (std::size_t const i : permutation(row_count(p.a))) p.label.push_back(static_cast<int>(i) % classes);
    for (int modality = 0; modality < 2; ++modality)
      for (index_t n = 0; n < p.a.rows(); ++n) {
        row_vector<double> row = class_means_.row(p.label[static_cast<std::size_t>(n)]);
        for (index_t k = 0; k < row.size(); ++k) row(k) += normal();
        disturb(row, modality);
        (modality == 0 ? p.a : p.b).row(n) = row.cast<float>();
      }
    return p;
  }

 private:
  random_stream random_;
  std::uint64_t next_ = 0;
  matrix<double> class_means_;
};

std::vector<code_t> codes_of(matrix<float> const& x, matrix<float> const& book, channel_list const& channels) {
  return requantise(x, book, channels);
}

channel_list all_channels(index_t dim) {
  channel_list all(static_cast<std::size_t>(dim));
  std::iota(all.begin(), all.end(), index_t{0});
  return all;
}

/// A codebook learnt with MM-EMA: 40 epochs of batches of 160 pairs.
matrix<float> learn(pairs const& train, matrix<float> start, double own_weight, world& w) {
  codebook<float> book{std::move(start)};
  cross_modal_ema::state<float> state({.decay = 0.9, .own_weight = own_weight}, book);
  auto const everything = all_channels(train.a.cols());
  for (int epoch = 0; epoch < 40; ++epoch) {
    auto const order = w.permutation(row_count(train.a));
    for (std::size_t first = 0; first < order.size(); first += 160) {
      std::vector<index_t> const rows(order.begin() + static_cast<std::ptrdiff_t>(first),
                                      order.begin() + static_cast<std::ptrdiff_t>(std::min(first + 160, order.size())));
      matrix<float> const a = train.a(rows, Eigen::all), b = train.b(rows, Eigen::all);
      auto const code_a = codes_of(a, book.words, everything), code_b = codes_of(b, book.words, everything);
      matrix_cref<float> const ref_a(a), ref_b(b);
      modality_batch<float> const batch[] = {{ref_a, code_a}, {ref_b, code_b}};
      state.update(book, std::span<modality_batch<float> const>(batch));
    }
  }
  return book.words;
}

/// Softmax regression on the words of codes: trained on one modality, asked about the other. Rows with equal codes are
/// one point, so it works on at most one point per word.
class probe {
 public:
  probe(matrix<float> const& book, std::vector<code_t> const& codes, std::vector<int> const& labels)
      : weights_(matrix<double>::Zero(book.cols(), classes)), bias_(row_vector<double>::Zero(classes)) {
    matrix<double> target = matrix<double>::Zero(book.rows(), classes);  // share of rows with this word and class
    for (std::size_t n = 0; n < codes.size(); ++n)
      target(codes[n], labels[n]) += 1.0 / static_cast<double>(codes.size());
    Eigen::VectorXd const mass = target.rowwise().sum();
    points_ = book.cast<double>();
    row_vector<double> const mean = mass.transpose() * points_;
    points_.rowwise() -= mean;
    row_vector<double> const scale = ((mass.transpose() * points_.cwiseAbs2()).array().sqrt() + 1e-6).matrix();
    points_.array().rowwise() /= scale.array();
    for (int step = 0; step < 300; ++step) {
      matrix<double> left = predictions();
      left = mass.asDiagonal() * left - target;
      weights_ -= 0.5 * (points_.transpose() * left + 1e-4 * weights_);
      bias_ -= 0.5 * left.colwise().sum();
    }
  }

  [[nodiscard]] double accuracy(std::vector<code_t> const& codes, std::vector<int> const& labels) const {
    matrix<double> const p = predictions();
    double right = 0;
    for (std::size_t n = 0; n < codes.size(); ++n) {
      index_t best = 0;
      p.row(codes[n]).maxCoeff(&best);
      right += best == labels[n];
    }
    return right / static_cast<double>(codes.size());
  }

 private:
  [[nodiscard]] matrix<double> predictions() const {
    matrix<double> p = (points_ * weights_).rowwise() + bias_;
    p.colwise() -= p.rowwise().maxCoeff().eval();
    p = p.array().exp().matrix().eval();
    p.array().colwise() /= p.rowwise().sum().eval().array();
    return p;
  }

  matrix<double> points_, weights_;
  row_vector<double> bias_;
};

struct figures {
  double accuracy = 0;   ///< probe trained on a, asked about b
  double agreement = 0;  ///< pairs with equal codes
};

/// Codes by `search`, words as `kept` for the probe.
figures evaluate(matrix<float> const& book, pairs const& train, pairs const& test, channel_list const& search,
                 channel_list const& kept) {
  probe const p(slice_words(book, kept), codes_of(train.a, book, search), train.label);
  auto const a = codes_of(test.a, book, search), b = codes_of(test.b, book, search);
  double equal = 0;
  for (std::size_t n = 0; n < a.size(); ++n) equal += a[n] == b[n];
  return {p.accuracy(b, test.label), equal / static_cast<double>(a.size())};
}

double share_of_informative(channel_list const& kept) {
  double hits = 0;
  for (index_t const k : kept) hits += k < informative;
  return hits / static_cast<double>(kept.size());
}

template <class C>
channel_list best_channels(C const& criterion, matrix<float> const& book) {
  return select_channels(channel_scores(criterion, book), informative);
}

constexpr int seeds = 5;

}  // namespace

namespace {

/// 48 informative channels, 48 redundant ones (large common mean, hardly any variance between classes, one nuisance per
/// row that all of them share, an offset per modality) and 32 of nuisance alone.
struct redundant_world {
  static constexpr index_t redundant = 48, nuisance = 32, dim = informative + redundant + nuisance;

  redundant_world(double strength, std::uint64_t seed) : w(dim, seed), offset{row(strength), row(strength)} {
    for (index_t k = 0; k < redundant; ++k) {
      sign[static_cast<std::size_t>(k)] = w.uniform() < 0.5 ? -1 : 1;
      double const common = sign[static_cast<std::size_t>(k)] * (1 + 2 * w.uniform());
      for (index_t c = 0; c < classes; ++c) w.class_means()(c, informative + k) = common + 0.05 * w.normal();
    }
    auto const disturb = [&](row_vector<double>& x, int modality) {
      double const shared = strength * w.normal();
      for (index_t k = 0; k < redundant; ++k)
        x(informative + k) += offset[modality](k) + shared * sign[static_cast<std::size_t>(k)];
      for (index_t k = informative + redundant; k < dim; ++k) x(k) += strength * w.normal();
    };
    train = w.draw(40, disturb);
    test = w.draw(20, disturb);
    held_out = w.draw(20, disturb);
    auto const order = w.permutation(row_count(train.a));
    matrix<float> start(words, dim);
    for (index_t j = 0; j < words; ++j)
      start.row(j) = train.a.row(static_cast<index_t>(order[static_cast<std::size_t>(j)]));
    book = learn(train, start, 0.5, w);
  }

  world w;
  row_vector<double> offset[2];
  std::array<double, redundant> sign{};
  pairs train, test, held_out;
  matrix<float> book;

 private:
  [[nodiscard]] row_vector<double> row(double strength) {
    row_vector<double> r(redundant);
    for (index_t k = 0; k < redundant; ++k) r(k) = strength * w.normal();
    return r;
  }
};

struct table_row {
  figures full, slice, requantised, random, bottom, oracle, variance, by_source, by_pairs;
  double informative_share = 0, source_count = 0, pairs_count = 0;
};

table_row averages(double strength) {
  table_row sum;
  auto const add = [](figures& to, figures const& one) {
    to.accuracy += one.accuracy / seeds;
    to.agreement += one.agreement / seeds;
  };
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    redundant_world toy(strength, seed);
    auto const everything = all_channels(toy.dim);
    auto const scores = channel_scores(toc_criterion{}, toy.book);
    auto const kept = select_channels(scores, informative), worst = select_channels(scores, informative, {0, 1});
    auto const at = [&](channel_list const& channels) {
      return evaluate(toy.book, toy.train, toy.test, channels, channels);
    };
    add(sum.full, at(everything));
    add(sum.slice, evaluate(toy.book, toy.train, toy.test, everything, kept));
    add(sum.requantised, at(kept));
    add(sum.bottom, at(worst));
    add(sum.oracle, at(all_channels(informative)));
    add(sum.variance, at(best_channels(variance_criterion{}, toy.book)));
    channel_list random;
    for (std::size_t const k : toy.w.permutation(static_cast<std::size_t>(toy.dim)))
      random.push_back(static_cast<index_t>(k));
    random.resize(informative);
    add(sum.random, at(random));
    auto const& unseen = toy.held_out;  // without labels
    auto const by_source = choose_channel_count(
        scores, [&](channel_list const& k) { return split_half_reliability(unseen.a, toy.book, k); });
    auto const by_pairs = choose_channel_count(
        scores, [&](channel_list const& k) { return paired_reliability(unseen.a, unseen.b, toy.book, k); });
    add(sum.by_source, at(select_channels(scores, by_source.count)));
    add(sum.by_pairs, at(select_channels(scores, by_pairs.count)));
    sum.source_count += static_cast<double>(by_source.count) / seeds;
    sum.pairs_count += static_cast<double>(by_pairs.count) / seeds;
    sum.informative_share += share_of_informative(kept) / seeds;
  }
  return sum;
}

}  // namespace

TEST_CASE("TOC toy, no nuisance: nothing to gain, nothing lost") {
  auto const t = averages(0);
  CHECK(t.full.accuracy > 0.93);
  CHECK(std::abs(t.slice.accuracy - t.full.accuracy) < 0.02);
  CHECK(std::abs(t.requantised.accuracy - t.full.accuracy) < 0.02);
  CHECK(t.informative_share > 0.95);
  CHECK(t.bottom.accuracy < 0.1);
  CHECK(t.by_pairs.accuracy > t.full.accuracy - 0.03);
  CHECK(t.by_source.accuracy > t.full.accuracy - 0.03);
}

TEST_CASE("TOC toy, nuisance 1: requantising lifts the accuracy to that of the known channels, slicing does nothing") {
  auto const t = averages(1);
  CHECK(t.full.accuracy < 0.9);
  CHECK(std::abs(t.slice.accuracy - t.full.accuracy) < 0.03);
  CHECK(t.slice.agreement == t.full.agreement);  // indices never change
  CHECK(t.requantised.accuracy > 0.97);
  CHECK(t.requantised.agreement > t.full.agreement + 0.15);
  CHECK(t.oracle.accuracy > 0.97);
  CHECK(t.variance.accuracy > 0.97);  // on this data the similarity term adds nothing
  CHECK(t.random.accuracy < t.full.accuracy);
  CHECK(t.bottom.accuracy < 0.1);
  CHECK(t.informative_share > 0.95);
  // The number of channels chosen without labels: well by pairs; by one modality alone not so well, since the nuisance
  // that its redundant channels share looks like meaning.
  CHECK(t.by_pairs.accuracy > 0.97);
  CHECK(std::abs(t.pairs_count - informative) <= 8);
  CHECK(t.by_source.accuracy > t.full.accuracy + 0.1);
  CHECK(t.source_count > t.pairs_count);
}

TEST_CASE("TOC toy, nuisance 2: the same, more so") {
  auto const t = averages(2);
  CHECK(t.full.accuracy < 0.55);
  CHECK(std::abs(t.slice.accuracy - t.full.accuracy) < 0.03);
  CHECK(t.requantised.accuracy > 0.9);
  CHECK(t.oracle.accuracy > t.requantised.accuracy - 0.01);
  CHECK(t.bottom.accuracy < 0.1);
  CHECK(t.informative_share > 0.7);
  CHECK(t.by_pairs.accuracy > 0.9);
  CHECK(std::abs(t.pairs_count - informative) <= 16);
  CHECK(t.by_source.accuracy > t.full.accuracy + 0.1);
}

namespace {

/// 48 informative channels and 80 that hold nothing but the modality: +u in one, -u in the other.
struct gap_world {
  static constexpr index_t gap = 80, dim = informative + gap;

  gap_world(double cross_weight, std::uint64_t seed) : w(dim, seed) {
    row_vector<double> u(gap);
    for (index_t k = 0; k < gap; ++k) u(k) = 3 * w.normal();
    auto const disturb = [&](row_vector<double>& x, int modality) { x.tail(gap) += modality == 0 ? u : -u; };
    train = w.draw(40, disturb);
    test = w.draw(20, disturb);
    matrix<float> start(words, dim);
    auto const order = w.permutation(row_count(train.a));
    for (index_t j = 0; j < words; ++j)  // half of the words from each modality
      start.row(j) = (j < words / 2 ? train.a : train.b).row(static_cast<index_t>(order[static_cast<std::size_t>(j)]));
    book = learn(train, start, 1 - cross_weight, w);
  }

  [[nodiscard]] double codes_used_by_both() const {
    auto const a = codes_of(test.a, book, all_channels(dim)), b = codes_of(test.b, book, all_channels(dim));
    std::set<code_t> const in_a(a.begin(), a.end()), in_b(b.begin(), b.end());
    return static_cast<double>(std::count_if(in_a.begin(), in_a.end(), [&](code_t c) { return in_b.contains(c); })) /
           words;
  }

  world w;
  pairs train, test;
  matrix<float> book;
};

}  // namespace

TEST_CASE("TOC fails on a codebook that split by modality; the paired criterion repairs it") {
  double full = 0, toc = 0, paired = 0, oracle = 0, toc_hits = 0, paired_hits = 0, shared = 0;
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    gap_world const toy(0, seed);
    auto const by_words = best_channels(toc_criterion{}, toy.book);
    auto const by_pairs = best_channels(
        paired_criterion{.modalities = {toy.train.a.cast<double>(), toy.train.b.cast<double>()}}, toy.book);
    auto const at = [&](channel_list const& channels) {
      return evaluate(toy.book, toy.train, toy.test, channels, channels).accuracy / seeds;
    };
    full += at(all_channels(toy.dim));
    toc += at(by_words);
    paired += at(by_pairs);
    oracle += at(all_channels(informative));
    toc_hits += share_of_informative(by_words) / seeds;
    paired_hits += share_of_informative(by_pairs) / seeds;
    shared += toy.codes_used_by_both() / seeds;
  }
  CHECK(shared == 0);    // no word serves both modalities
  CHECK(full < 0.1);     // chance is 1/32
  CHECK(toc_hits == 0);  // exactly the wrong channels
  CHECK(toc < 0.1);
  CHECK(paired_hits > 0.99);  // all informative channels, found from pairs without labels
  CHECK(paired > 0.8);
  CHECK(std::abs(paired - oracle) < 0.01);
}

TEST_CASE("With cross-modal averages the words stay together and TOC finds the informative channels") {
  double hits = 0, before = 0, after = 0;
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    gap_world const toy(0.5, seed);
    auto const kept = best_channels(toc_criterion{}, toy.book);
    hits += share_of_informative(kept) / seeds;
    before += evaluate(toy.book, toy.train, toy.test, all_channels(toy.dim), all_channels(toy.dim)).agreement / seeds;
    after += evaluate(toy.book, toy.train, toy.test, kept, kept).agreement / seeds;
  }
  CHECK(hits > 0.99);
  CHECK(after > before + 0.2);
}
