// SPDX-License-Identifier: MIT
#pragma once
/// \file  Gradients of the pieces of a batch, added up over pieces and ranks.
#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <sidera/autodiff/parameters.hpp>
#include <sidera/communicators/concepts.hpp>
#include <sidera/core/rank_message.hpp>
#include <vector>

namespace sidera::inline SIDERA_ABI {

/// Sums of gradients as integers, so that they do not depend on the order of the pieces or on who computed which.
///
/// Every parameter has one power of two as its unit, from the largest entry of all pieces: an entry is rounded to
/// within 2^-50 of that (a bit more for more than 2048 pieces). Of tables, only the rows that some piece touched are
/// exchanged.
template <Scalar T>
class gradient_exchange {
 public:
  /// For batches that are cut into `pieces` pieces, on all ranks together.
  gradient_exchange(parameters<T> const& store, std::size_t pieces)
      : pieces_(pieces), largest_(store.size(), 0.0), touched_(store.size()) {}

  /// Keeps `weight` times the gradients that the store holds now.
  void keep(parameters<T> const& store, double weight) {
    for (std::size_t p = 0; p < store.size(); ++p) {
      node<T> const& n = store.raw({p});
      if (!n.has_gradient) continue;
      if (n.touched == nullptr)
        keep_part(p, 0, n.gradient, n.size(), weight);
      else
        for (std::uint32_t const row : n.touched->rows) {
          keep_part(p, row, n.gradient + row * n.cols, n.cols, weight);
          touched_[p].push_back(row);
        }
    }
  }

  /// Puts the sums over all kept gradients of all ranks into the store. False, on every rank, when one is not finite.
  template <Communicator C>
  [[nodiscard]] bool reduce(parameters<T>& store, C const& ranks) {
    for (auto& rows : touched_) unite(rows);
    if (ranks.size() > 1) unite_over(ranks);
    ranks.max(largest_);
    if (!std::all_of(largest_.begin(), largest_.end(), [](double v) { return std::isfinite(v); })) return false;
    std::vector<std::int64_t> sums(lay_out(store), 0);
    for (part const& x : parts_) add(x, sums);
    ranks.sum(sums);
    write(store, sums);
    return true;
  }

 private:
  struct part {
    std::size_t parameter, row;
    double weight;
    std::vector<T> values;
  };

  void keep_part(std::size_t p, std::size_t row, T const* values, std::size_t count, double weight) {
    double& largest = largest_[p];
    for (std::size_t i = 0; i < count; ++i) {
      double const size = std::abs(static_cast<double>(values[i]) * weight);
      largest = std::isnan(size) ? std::numeric_limits<double>::infinity() : std::max(largest, size);
    }
    parts_.push_back({p, row, weight, std::vector<T>(values, values + count)});
  }

  static void unite(std::vector<std::uint64_t>& rows) {
    std::sort(rows.begin(), rows.end());
    rows.erase(std::unique(rows.begin(), rows.end()), rows.end());
  }

  /// Rows that any rank has touched are touched on all of them.
  template <Communicator C>
  void unite_over(C const& ranks) {
    rank_message own;  // parameter, number of rows, rows
    for (std::uint64_t p = 0; p < touched_.size(); ++p) {
      if (touched_[p].empty()) continue;
      own.put(p);
      own.put(std::uint64_t{touched_[p].size()});
      own.put_all(std::span(touched_[p]));
    }
    for (std::vector<std::byte>& bytes : ranks.gather(own.bytes()))
      for (rank_message theirs(std::move(bytes)); !theirs.ended();) {
        auto& rows = touched_[theirs.number()];
        std::size_t const known = rows.size();
        rows.resize(known + theirs.number());
        theirs.numbers(std::span(rows).subspan(known));
      }
    for (auto& rows : touched_) unite(rows);
  }

  /// Where the sums of each parameter begin: all of it, or of a table the touched rows. Returns their number.
  [[nodiscard]] std::size_t lay_out(parameters<T> const& store) {
    begin_.clear();
    std::size_t total = 0;
    for (std::size_t p = 0; p < store.size(); ++p) {
      node<T> const& n = store.raw({p});
      begin_.push_back(total);
      total += n.touched == nullptr ? n.size() : touched_[p].size() * n.cols;
    }
    return total;
  }

  [[nodiscard]] int exponent(std::size_t p) const {
    int const bits = std::min(50, 61 - static_cast<int>(std::bit_width(pieces_)));
    return largest_[p] > 0 ? std::clamp(bits - std::ilogb(largest_[p]) - 1, -1000, 1000) : 0;
  }

  void add(part const& x, std::vector<std::int64_t>& sums) const {
    double const scale = std::ldexp(1.0, exponent(x.parameter));
    auto const& rows = touched_[x.parameter];
    auto const place = std::lower_bound(rows.begin(), rows.end(), x.row) - rows.begin();  // 0 where it is no table
    std::int64_t* const sum = sums.data() + begin_[x.parameter] + static_cast<std::size_t>(place) * x.values.size();
    for (std::size_t i = 0; i < x.values.size(); ++i)
      sum[i] += static_cast<std::int64_t>(std::nearbyint(static_cast<double>(x.values[i]) * x.weight * scale));
  }

  void write(parameters<T>& store, std::vector<std::int64_t> const& sums) const {
    store.clear_gradients();
    for (std::size_t p = 0; p < store.size(); ++p) {
      node<T>& n = store.raw({p});
      if (!n.wants_gradient) continue;
      double const unit = std::ldexp(1.0, -exponent(p));
      std::int64_t const* sum = sums.data() + begin_[p];
      auto const put = [&](T* to, std::size_t count) {
        for (std::size_t i = 0; i < count; ++i) to[i] = static_cast<T>(static_cast<double>(*sum++) * unit);
        n.has_gradient = true;
      };
      if (n.touched == nullptr) put(n.gradient, n.size());
      if (n.touched != nullptr)
        for (std::uint64_t const row : touched_[p]) {
          n.touched->touch(row);
          put(n.gradient + row * n.cols, n.cols);
        }
    }
  }

  std::size_t pieces_;
  std::vector<double> largest_;
  std::vector<std::vector<std::uint64_t>> touched_;  ///< by parameter: rows of tables, each once, in order
  std::vector<part> parts_;
  std::vector<std::size_t> begin_;
};

}  // namespace sidera::inline SIDERA_ABI
