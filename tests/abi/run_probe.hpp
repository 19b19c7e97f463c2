// SPDX-License-Identifier: MIT
#pragma once
/// \file  The same text in both units. Were the library's functions named alike in both, the linker would keep one.
#include <algorithm>
#include <sidera/codebooks/word_search.hpp>
#include <sidera/core/random.hpp>
#include <sidera/metrics/squared_euclidean.hpp>
#include <sidera/simd/reduce.hpp>

#include "probe.hpp"

/// The term of a reduction that notes the widest value it was called with.
struct note_width {
  std::size_t* widest;

  template <class V>
  V operator()(V a, V) const {
    *widest = std::max(*widest, sizeof(V));
    return a;
  }
};

// One body with internal linkage in each unit.
namespace {

[[nodiscard]] probe run_probe() {
  std::size_t widest = 0;
  std::vector<float> const ones(64, 1.0F);
  float const sum = sidera::simd::reduce(ones.data(), ones.data(), ones.size(), note_width{&widest});

  sidera::random_stream const random(7);
  sidera::matrix<float> x(200, 5);
  for (sidera::index_t i = 0; i < x.size(); ++i)
    x.data()[i] = static_cast<float>(random.normal(static_cast<std::uint64_t>(i)));
  std::vector<sidera::code_t> codes(200);
  sidera::word_search<float, sidera::squared_euclidean>(x.topRows(20), {}).nearest(x, codes);

  codes.push_back(static_cast<sidera::code_t>(sum));
  return {SIDERA_INSTRUCTION_SET, widest, codes};
}

}  // namespace
