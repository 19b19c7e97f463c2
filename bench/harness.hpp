// SPDX-License-Identifier: MIT
#pragma once
/// \file  Runs the implementations of a job in turn, round after round, and compares them.
#include <algorithm>
#include <cstdio>
#include <functional>
#include <sidera/io/atomic_file.hpp>
#include <sidera/io/json_writer.hpp>

#include "peak.hpp"

namespace bench {

/// One way to do a job.
struct implementation {
  std::string name;
  bool peer;                          ///< somebody else's
  std::function<double()> run;        ///< does the job once; milliseconds
  std::function<std::string()> note;  ///< what should be compared besides time, for example an error; may be empty
};

struct job {
  std::string name;
  double operations;  ///< multiplications and additions that the plain algorithm needs
  double rows;        ///< rows per run, for rows per second
  std::vector<implementation> implementations;
};

struct named_job {
  std::string name;
  std::function<job(settings const&)> make;
};

/// One line of the result.
struct result {
  std::string job, implementation;
  bool peer;
  double median_ms, min_ms, share_of_peak, ratio_to_best_peer, rows_per_second;
  std::string note;
};

[[nodiscard]] inline double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  std::size_t const n = values.size();
  return n % 2 == 1 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
}

/// Every implementation once per round, the peak before each round. The first round warms up and does not count.
[[nodiscard]] inline std::vector<result> measure(job const& j, settings const& s) {
  std::vector<std::vector<double>> times(j.implementations.size());
  double peak = 0;
  for (std::size_t round = 0; round <= s.rounds; ++round) {
    peak = std::max(peak, measure_peak(s));
    for (std::size_t i = 0; i < times.size(); ++i) {
      double const ms = j.implementations[i].run();
      if (round > 0) times[i].push_back(ms);
    }
  }
  double best_peer = 0;
  for (std::size_t i = 0; i < times.size(); ++i)
    if (double const ms = median(times[i]); j.implementations[i].peer && (best_peer == 0 || ms < best_peer))
      best_peer = ms;
  std::vector<result> results;
  for (std::size_t i = 0; i < times.size(); ++i) {
    auto const& one = j.implementations[i];
    double const middle = median(times[i]), least = *std::min_element(times[i].begin(), times[i].end());
    results.push_back({j.name, one.name, one.peer, middle, least,
                       j.operations / least / 1e6 / (peak * static_cast<double>(s.threads)), best_peer / middle,
                       1e3 * j.rows / middle, one.note ? one.note() : ""});
  }
  std::printf("\n%s   (peak %.1f GFLOP/s a core)\n", j.name.c_str(), peak);
  return results;
}

inline void print(std::vector<result> const& results) {
  std::printf("  %-44s %10s %10s %6s %7s %10s\n", "", "median ms", "min ms", "peak", "ratio", "rows/s");
  for (result const& r : results)
    std::printf("  %-44s %10.2f %10.2f %5.1f%% %7.2f %10.3g  %s\n", r.implementation.c_str(), r.median_ms, r.min_ms,
                100 * r.share_of_peak, r.ratio_to_best_peer, r.rows_per_second, r.note.c_str());
  std::fflush(stdout);
}

inline void write_json(std::string const& file, std::vector<result> const& results) {
  sidera::json_writer json;
  json.array([&] {
    for (result const& r : results)
      json.object([&] {
        json.field("job", r.job);
        json.field("implementation", r.implementation);
        json.field("peer", r.peer);
        json.field("median_ms", r.median_ms);
        json.field("min_ms", r.min_ms);
        json.field("share_of_peak", r.share_of_peak);
        json.field("ratio_to_best_peer", r.ratio_to_best_peer);
        json.field("rows_per_second", r.rows_per_second);
        json.field("note", r.note);
      });
  });
  sidera::write_file(file, json.text() + "\n");
}

/// The main function of every benchmark.
inline int run(int argc, char** argv, char const* what, std::vector<named_job> const& jobs) {
  CLI::App app{what};
  settings s;
  add_options(app, s);
  CLI11_PARSE(app, argc, argv);
  for (std::string const& name : s.jobs)
    if (std::none_of(jobs.begin(), jobs.end(), [&](named_job const& j) { return j.name == name; }))
      return std::fprintf(stderr, "there is no job %s; --list shows them\n", name.c_str()), 1;
  if (s.threads > 1) s.wall = true;
  use_threads(s.threads);
  if (!s.list)
    std::printf("%s, %s, %zu thread(s), %s, BLAS of C++ peers: %s\n", SIDERA_BENCH_COMPILER, SIDERA_INSTRUCTION_SET,
                s.threads, s.wall ? "wall clock" : "processor time", blas_core().c_str());
  std::vector<result> all;
  for (named_job const& j : jobs) {
    if (!s.jobs.empty() && std::find(s.jobs.begin(), s.jobs.end(), j.name) == s.jobs.end()) continue;
    if (s.list) {
      std::printf("%s\n", j.name.c_str());
      continue;
    }
    auto const results = measure(j.make(s), s);
    print(results);
    all.insert(all.end(), results.begin(), results.end());
    if (!s.json.empty()) write_json(s.json, all);  // after every job: a long run may be stopped
  }
  return 0;
}

}  // namespace bench
