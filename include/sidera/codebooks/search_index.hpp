// SPDX-License-Identifier: MIT
#pragma once
/// \file  What word_search does with rows, by the kind of metric: brute force,
/// or a fused kernel with a proof for every
///        row.
#include <numeric>
#include <sidera/codebooks/stored_rows.hpp>
#include <sidera/core/check.hpp>
#include <sidera/simd/nearest.hpp>
#include <sidera/simd/word_distances.hpp>
#include <sidera/simd/word_rows.hpp>
#include <sidera/simd/word_scan.hpp>
#include <vector>

namespace sidera::inline SIDERA_ABI {

namespace detail {

/// A word and its distance; smaller is nearer, ties go to the lower index.
struct ranked_word {
  double distance;
  code_t word;
  [[nodiscard]] bool operator<(ranked_word const& o) const noexcept {
    return distance < o.distance || (distance == o.distance && word < o.word);
  }
};

}  // namespace detail

/// Memory of one worker. It grows to the largest block it has seen; then
/// searching allocates nothing.
template <Scalar T>
struct word_search_workspace {
  simd::search_workspace<T> kernel;
  simd::scan_workspace<T> scan;
  std::vector<detail::ranked_word> candidates;
  std::vector<T> sorted;
  centred_block centred;
  std::vector<std::size_t> undecided;  ///< rows that integers could not decide: their numbers, below the rest of them
  std::vector<T> undecided_rows;
  std::vector<code_t> codes;
  std::vector<double> distances;
};

/// Any metric: every word is compared with every row.
template <Scalar T, Metric M>
class search_index {
 public:
  search_index(matrix_cref<T> const& words, M metric) : words_(words), metric_(std::move(metric)) {
    require_not_empty(words_, "word_search", "words");
    if constexpr (requires { metric_.require_dim(dim()); }) metric_.require_dim(dim());
  }

  [[nodiscard]] std::size_t block_rows() const noexcept { return 64; }
  void prepare_for_many_rows() {}

  /// The nearest word of every row; also its distance unless `distances` is
  /// empty.
  void nearest(matrix_cref<T> const& x, std::span<code_t> out, std::span<double> distances,
               word_search_workspace<T>& w) const {
    for (std::size_t i = 0; i < out.size(); ++i) {
      auto const best = best_of_all(row_span(x, static_cast<index_t>(i)), w);
      out[i] = best.word;
      if (!distances.empty()) distances[i] = best.distance;
    }
  }

  void nearest_k(matrix_cref<T> const& x, code_matrix_ref out, word_search_workspace<T>& w) const {
    for (index_t i = 0; i < out.rows(); ++i) {
      rank_all(row_span(x, i), w);
      write_first(out, i, w);
    }
  }

  [[nodiscard]] double distance_to(std::span<T const> x, code_t j) const {
    return exact_distance(metric_, x, std::span<T const>(row_span(words_, j)));
  }
  [[nodiscard]] std::size_t size() const noexcept { return row_count(words_); }
  [[nodiscard]] std::size_t dim() const noexcept { return column_count(words_); }
  [[nodiscard]] matrix<T> const& words() const noexcept { return words_; }
  [[nodiscard]] M const& metric() const noexcept { return metric_; }

 protected:
  [[nodiscard]] detail::ranked_word ranked(std::span<T const> x, std::size_t j) const {
    return {distance_to(x, static_cast<code_t>(j)), static_cast<code_t>(j)};
  }

  /// A distance that is no number never wins; when all are, the first word
  /// does.
  [[nodiscard]] detail::ranked_word best_of_all(std::span<T const> x, word_search_workspace<T>& w) const {
    rank_all(x, w);
    return *std::min_element(w.candidates.begin(), w.candidates.end());
  }

  void rank_all(std::span<T const> x, word_search_workspace<T>& w) const {
    w.candidates.clear();
    for (std::size_t j = 0; j < size(); ++j) w.candidates.push_back(finite_first(ranked(x, j)));
  }

  /// The nearest candidates, nearest first, to row i of `out`.
  static void write_first(code_matrix_ref out, index_t i, word_search_workspace<T>& w) {
    std::partial_sort(w.candidates.begin(), w.candidates.begin() + out.cols(), w.candidates.end());
    for (index_t k = 0; k < out.cols(); ++k) out(i, k) = w.candidates[static_cast<std::size_t>(k)].word;
  }

 private:
  /// NaN compares false with everything, which no sort survives: it ranks with
  /// the infinite distances.
  [[nodiscard]] static detail::ranked_word finite_first(detail::ranked_word r) noexcept {
    if (!(r.distance == r.distance)) r.distance = std::numeric_limits<double>::infinity();
    return r;
  }

  matrix<T> words_;
  [[no_unique_address]] M metric_;
};

/// A metric with a fused kernel: the scan leaves the words whose score is
/// within the rounding errors of the best one. One such word is proven to be
/// the nearest; several are compared by exact_distance; rows out of the
/// kernel's range are compared with all words.
///
/// Where there is an integer pass it comes first, with larger errors; rows for
/// which it leaves too many words take the scan in numbers.
template <Scalar T, ScannedMetric M>
class scanned_index : public search_index<T, M> {
  using base = search_index<T, M>;
  using workspace = word_search_workspace<T>;

 public:
  scanned_index(matrix_cref<T> const& words, M metric)
      : base(words, std::move(metric)), rules_(this->words(), this->metric()) {
    make_integers();
  }
  /// With a centre other than the mean of the words: any point near the rows.
  scanned_index(matrix_cref<T> const& words, M metric, std::vector<T> const& centre) requires LinearMetric<M>
      : base(words, std::move(metric)), rules_(this->words(), this->metric(), centre) {
    make_integers();
  }

  /// Rows that one task takes: several blocks of the scan, since it fetches the
  /// next block while it works on one.
  [[nodiscard]] std::size_t block_rows() const noexcept {
    std::size_t const rows = simd::scan_plan::of(rules_.panels()).rows;
    return std::max<std::size_t>(1, 768 / rows) * rows;
  }

  /// See word_search.
  void prepare_for_many_rows() {
    constexpr std::size_t few_words = 1024;  // for more it takes long, and integers leave few of them
    if constexpr (has_integer_pass<T, M>)
      if (this->size() <= few_words) simd::measure_distances(integers_.panels, integers_.rows);
  }

  void nearest(matrix_cref<T> const& x, std::span<code_t> out, std::span<double> distances, workspace& w) const {
    if constexpr (has_integer_pass<T, M>)
      if (integers_.panels.usable()) return nearest_by_integers(x, out, distances, w);
    nearest_by_numbers(x, out, distances, w);
  }

  /// Whether there are integers of the words.
  [[nodiscard]] bool by_integers() const noexcept {
    if constexpr (has_integer_pass<T, M>)
      return integers_.panels.usable();
    else
      return false;
  }

  /// Spends a little more than that for \ref nearest_of_stored rows with remainders.
  void prepare_for_remainders() {
    if constexpr (has_integer_pass<T, M> && sizeof(simd::first_pass_entry) == 1)
      integers_.finer = simd::finer_words(integers_.panels, integers_.rows);
  }

  /// \ref nearest of the rows first, first + 1, ... of `store`, whose numbers are `x`, and whose centre is that of the
  /// index. There must be integers of the words.
  void nearest_of_stored(integer_row_store const& store, std::size_t first, matrix_cref<T> const& x,
                         std::span<code_t> out, workspace& w) const requires has_integer_pass<T, M> {
    integer_rules<M> const rules(rules_, integers_.panels, w.centred);
    auto const centred = [&](std::size_t row, std::size_t asked) {
      (void)simd::detail::subtract_centre<float>(row_span(x, static_cast<index_t>(row)).data(), store.centre().data(),
                                                 this->dim(), w.centred.rows.data() + asked * this->dim());
      return asked;
    };
    bool const finer = integers_.finer.usable() && store.has_remainders();
    decide_by_integers(x, rules, stored_rows<M>{store, first, rules}, out, {}, w,
                       [&](std::size_t begin, std::size_t few, auto lists) {
                         if (finer) rules.drop_worse(integers_.finer, store, first + begin, few, lists);
                         rules.drop_worse(integers_.rows, few, lists,
                                          [&](std::size_t i, std::size_t asked) { return centred(begin + i, asked); });
                       });
  }

  void nearest_k(matrix_cref<T> const& x, code_matrix_ref out, workspace& w) const {
    if (out.cols() == 0) return;
    simd::scan_workspace<T>& s = w.scan;
    std::size_t const stride =
        simd::score_rows(rules_.panels(), rules_, x.data(), static_cast<std::size_t>(x.outerStride()), row_count(x), s);
    for (index_t i = 0; i < out.rows(); ++i) {
      std::span<T const> const scores(s.scores.data() + static_cast<std::size_t>(i) * stride, this->size());
      rank_near(row_span(x, i), scores, s.slacks[static_cast<std::size_t>(i)], column_count(out), w);
      base::write_first(out, i, w);
    }
  }

 private:
  struct no_integers {};
  struct integer_words {
    simd::first_pass_panels panels;
    simd::word_rows<float> rows;
    simd::finer_words finer;
  };

  void make_integers() {
    if constexpr (has_integer_pass<T, M>) {
      if (simd::first_pass_panels::pays(this->dim())) integers_.panels = simd::first_pass_panels(rules_.panels());
      if (integers_.panels.usable()) integers_.rows = simd::word_rows<float>(rules_.panels());
    }
  }

  void nearest_by_numbers(matrix_cref<T> const& x, std::span<code_t> out, std::span<double> distances,
                          workspace& w) const {
    simd::word_scan<T, score_rules<T, M>> scan(rules_.panels(), rules_, w.scan);
    scan.run(x.data(), static_cast<std::size_t>(x.outerStride()), out.size(), [&](std::size_t first, auto lists) {
      for (std::size_t i = first; i < first + lists.size(); ++i)
        settle(row_span(x, static_cast<index_t>(i)), lists[i - first], i, out, distances, w);
    });
  }

  void nearest_by_integers(matrix_cref<T> const& x, std::span<code_t> out, std::span<double> distances,
                           workspace& w) const {
    integer_rules<M> const rules(rules_, integers_.panels, w.centred);
    simd::rows_as_numbers<T, integer_rules<M>> const source{x.data(), static_cast<std::size_t>(x.outerStride()), rules};
    decide_by_integers(x, rules, source, out, distances, w, [&](std::size_t, std::size_t few, auto lists) {
      rules.drop_worse(integers_.rows, few, lists, [](std::size_t i, std::size_t) { return i; });
    });
  }

  /// The same of rows that `source` knows as integers. `drop_worse(first, few, lists)` looks at the lists of a block
  /// once more, of rows first, first + 1, ...
  template <class Rules, class Source, class Drop>
  void decide_by_integers(matrix_cref<T> const& x, Rules const& rules, Source const& source, std::span<code_t> out,
                          std::span<double> distances, workspace& w, Drop const& drop_worse) const {
    simd::word_scan<T, Rules, simd::first_pass_panels> scan(integers_.panels, rules, w.scan);
    std::size_t const few = std::max<std::size_t>(15, this->size() / 4);  // pair by pair: slower, word for word
    w.undecided.clear();
    scan.run(source, out.size(), [&](std::size_t first, auto lists) {
      drop_worse(first, few, lists);
      for (std::size_t i = first; i < first + lists.size(); ++i) {
        auto const& list = lists[i - first];
        if (!list.complete() || list.words().empty() || list.words().size() > few)
          w.undecided.push_back(i);
        else
          settle(row_span(x, static_cast<index_t>(i)), list, i, out, distances, w);
      }
    });
    if (!w.undecided.empty()) decide_by_numbers(x, out, distances, w);
  }

  /// The rows of w.undecided, gathered into one block.
  void decide_by_numbers(matrix_cref<T> const& x, std::span<code_t> out, std::span<double> distances,
                         workspace& w) const {
    std::size_t const count = w.undecided.size(), dim = this->dim();
    w.undecided_rows.resize(count * dim);
    for (std::size_t r = 0; r < count; ++r)
      std::copy_n(row_span(x, static_cast<index_t>(w.undecided[r])).data(), dim, w.undecided_rows.data() + r * dim);
    w.codes.resize(count);
    w.distances.resize(distances.empty() ? 0 : count);
    using block = Eigen::Map<matrix<T> const>;
    nearest_by_numbers(block(w.undecided_rows.data(), static_cast<index_t>(count), static_cast<index_t>(dim)), w.codes,
                       w.distances, w);
    for (std::size_t r = 0; r < count; ++r) {
      out[w.undecided[r]] = w.codes[r];
      if (!distances.empty()) distances[w.undecided[r]] = w.distances[r];
    }
  }

  /// The code of row i from its candidates, and its distance.
  void settle(std::span<T const> row, simd::candidate_list<T> const& list, std::size_t i, std::span<code_t> out,
              std::span<double> distances, workspace& w) const {
    if (list.complete() && list.words().size() == 1) {
      out[i] = static_cast<code_t>(list.words()[0].word);
      if (!distances.empty()) distances[i] = this->distance_to(row, out[i]);
    } else {
      auto const best = decide(row, list, w);
      out[i] = best.word;
      if (!distances.empty()) distances[i] = best.distance;
    }
  }

  [[nodiscard]] detail::ranked_word decide(std::span<T const> x, simd::candidate_list<T> const& list,
                                           workspace& w) const {
    if (!list.complete() || list.words().empty()) return this->best_of_all(x, w);
    auto best = this->ranked(x, list.words()[0].word);
    for (auto const& other : list.words().subspan(1)) best = std::min(best, this->ranked(x, other.word));
    return best;
  }

  /// Ranks the words whose score is not too far below the k-th best one.
  void rank_near(std::span<T const> x, std::span<T const> scores, T slack, std::size_t k, workspace& w) const {
    if (!(slack <= std::numeric_limits<T>::max())) return this->rank_all(x, w);
    w.sorted.assign(scores.begin(), scores.end());
    auto const kth = w.sorted.begin() + static_cast<std::ptrdiff_t>(k - 1);
    std::nth_element(w.sorted.begin(), kth, w.sorted.end(), std::greater<>());
    T const bound = rules_.lowest(*kth, slack);
    w.candidates.clear();
    for (std::size_t j = 0; j < scores.size(); ++j)
      if (scores[j] >= bound) w.candidates.push_back(this->ranked(x, j));
  }

  score_rules<T, M> rules_;
  [[no_unique_address]] std::conditional_t<has_integer_pass<T, M>, integer_words, no_integers> integers_;
};

namespace detail {
template <Scalar T, Metric M>
struct index_for {
  using type = search_index<T, M>;
};
template <Scalar T, ScannedMetric M>
struct index_for<T, M> {
  using type = scanned_index<T, M>;
};
}  // namespace detail

}  // namespace sidera::inline SIDERA_ABI
