// SPDX-License-Identifier: MIT
#pragma once
#include <sidera/evaluation/confidence.hpp>
#include <sidera/io/json_writer.hpp>

namespace program {

/// mean, sd and ci95 (the limits); the latter two are null for one value, which has no interval.
inline void put_interval(sidera::json_writer& json, sidera::interval_estimate const& e) {
  bool const spread = e.count > 1;
  json.field("mean", e.mean);
  json.key("sd");
  spread ? json.value(e.sd) : json.null();
  json.key("ci95");
  spread ? json.value(std::vector<double>{e.low, e.high}) : json.null();
}

}  // namespace program
