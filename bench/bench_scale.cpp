// SPDX-License-Identifier: MIT
/// \file  Rows per second and peak memory of training and encoding against the number of rows, in memory and streamed
/// from a file. Every measurement is a process of its own, so that its peak is its own.
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <sidera/core/thread_pool.hpp>
#include <sidera/io/atomic_file.hpp>
#include <sidera/io/file_source.hpp>
#include <sidera/io/json_writer.hpp>
#include <sidera/io/npy.hpp>
#include <sidera/streaming/fit_stream.hpp>

namespace {

using sidera::index_t;
using psrq = sidera::residual_quantizer<sidera::squared_euclidean, sidera::lloyd, sidera::prefix_residual>;

struct settings {
  std::vector<std::size_t> rows = {100'000, 1'000'000};
  std::size_t columns = 64, words = 256, levels = 3, iterations = 10, threads = 1;
  std::string folder = std::filesystem::temp_directory_path().string(), json;
};

/// What the child sends to its parent.
struct figures {
  double fit_seconds = 0, encode_seconds = 0;
  char fingerprint[17] = {};
};

struct measurement {
  std::size_t rows;
  std::string how;
  figures f;
  double peak_megabytes, cpu_seconds;
};

double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

/// A thousand centres and uniform noise around them, block by block and counter-based: any number of rows in a block's
/// memory.
void write_rows(settings const& s, std::size_t rows, std::string const& path) {
  constexpr std::size_t centres = 1000, block = 8192;
  sidera::random_stream const places(1), draws(2);
  sidera::thread_pool pool(2);
  sidera::atomic_file file(path);
  std::size_t const shape[] = {rows, s.columns};
  file.write(sidera::detail::npy_preamble<float>(shape));
  std::vector<float> numbers(block * s.columns);
  for (std::size_t first = 0; first < rows; first += block) {
    std::size_t const count = std::min(block, rows - first);
    pool.run(count, [&](std::size_t i, std::size_t) {
      std::uint64_t const at = (first + i) * (s.columns + 1), centre = draws.below(at, centres);
      for (std::size_t d = 0; d < s.columns; ++d)
        numbers[i * s.columns + d] =
            static_cast<float>(places.normal(centre * s.columns + d) + draws.uniform(at + d + 1) - 0.5);
    });
    file.write(std::as_bytes(std::span(numbers.data(), count * s.columns)));
  }
  file.commit();
}

/// "memory", "stream", or "stream, codes again": with no room for the codes of earlier levels.
figures train_and_encode(settings const& s, std::string const& how, std::string const& path) {
  sidera::thread_pool pool(s.threads);
  psrq model({.levels = s.levels, .words = s.words, .iterations = s.iterations});
  figures f;
  double const start = now();
  if (how == "memory") {
    auto const x = sidera::read_matrix<float>(path);
    (void)model.fit(x, pool);
    f.fit_seconds = now() - start;
    sidera::write_npy(path + ".codes", model.encode(x, pool));
  } else {
    sidera::stream_options options;
    if (how != "stream") options.code_bytes = 0;
    sidera::file_source<float> const source(path);
    (void)sidera::fit_stream(model, source, options, pool);
    f.fit_seconds = now() - start;
    sidera::encode_stream(model, source, path + ".codes", options, pool);
  }
  f.encode_seconds = now() - start - f.fit_seconds;
  sidera::fields_fingerprint(model.fields()).copy(f.fingerprint, 16);
  return f;
}

measurement measure(settings const& s, std::size_t rows, std::string const& how, std::string const& path) {
  int ends[2];
  if (pipe(ends) != 0) throw std::runtime_error("bench_scale: no pipe");
  pid_t const child = fork();
  if (child == 0) {
    figures const f = train_and_encode(s, how, path);
    _exit(write(ends[1], &f, sizeof f) == static_cast<ssize_t>(sizeof f) ? 0 : 1);
  }
  measurement m{rows, how, {}, 0, 0};
  bool const complete = read(ends[0], &m.f, sizeof m.f) == static_cast<ssize_t>(sizeof m.f);
  rusage used{};
  int status = 0;
  if (wait4(child, &status, 0, &used) != child || status != 0 || !complete)
    throw std::runtime_error("bench_scale: the measurement \"" + how + "\" failed");
  close(ends[0]), close(ends[1]);
  m.peak_megabytes = static_cast<double>(used.ru_maxrss) / 1024;
  m.cpu_seconds = static_cast<double>(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
                  static_cast<double>(used.ru_utime.tv_usec + used.ru_stime.tv_usec) * 1e-6;
  return m;
}

void print(measurement const& m) {
  double const rows = static_cast<double>(m.rows);
  std::printf("| %zu | %s | %.0f | %.2f | %.2f | %.2f | %.2f | %.2f | %s |\n", m.rows, m.how.c_str(), m.peak_megabytes,
              m.f.fit_seconds, m.f.encode_seconds, m.cpu_seconds, (m.f.fit_seconds + m.f.encode_seconds) * 1e6 / rows,
              m.cpu_seconds * 1e6 / rows, m.f.fingerprint);
  std::fflush(stdout);
}

std::string json_text(std::vector<measurement> const& all) {
  sidera::json_writer json;
  json.array([&] {
    for (measurement const& m : all)
      json.object([&] {
        json.field("rows", m.rows);
        json.field("how", m.how);
        json.field("peak_megabytes", m.peak_megabytes);
        json.field("fit_seconds", m.f.fit_seconds);
        json.field("encode_seconds", m.f.encode_seconds);
        json.field("cpu_seconds", m.cpu_seconds);
        json.field("model", std::string(m.f.fingerprint));
      });
  });
  return json.text() + "\n";
}

}  // namespace

int main(int argc, char** argv) try {
  settings s;
  CLI::App app("Training and encoding of PSRQ against the number of rows, in memory and streamed from a file");
  app.add_option("--rows", s.rows, "numbers of rows")->delimiter(',')->capture_default_str();
  app.add_option("--columns", s.columns)->capture_default_str();
  app.add_option("--words", s.words)->capture_default_str();
  app.add_option("--levels", s.levels)->capture_default_str();
  app.add_option("--iterations", s.iterations, "Lloyd passes per level")->capture_default_str();
  app.add_option("--threads", s.threads)->capture_default_str();
  app.add_option("--folder", s.folder, "where the rows are written")->capture_default_str();
  std::size_t most_in_memory = 2'000'000;
  app.add_option("--most-in-memory", most_in_memory, "more rows than that are only streamed")->capture_default_str();
  app.add_option("--json", s.json, "a file for the figures");
  CLI11_PARSE(app, argc, argv);

  std::printf(
      "| rows | how | peak MB | fit s | encode s | CPU s | us per row | CPU us per row | model |\n"
      "|--:|---|--:|--:|--:|--:|--:|--:|---|\n");
  std::vector<measurement> all;
  for (std::size_t const rows : s.rows) {
    std::string const path = s.folder + "/sidera_bench_scale_" + std::to_string(rows) + ".npy";
    write_rows(s, rows, path);
    for (std::string const how : {"memory", "stream", "stream, codes again"})
      if (rows <= most_in_memory || how == "stream") print(all.emplace_back(measure(s, rows, how, path)));
    std::filesystem::remove(path);
    std::filesystem::remove(path + ".codes");
  }
  if (!s.json.empty()) sidera::write_file(s.json, json_text(all));
} catch (std::exception const& e) {
  std::fprintf(stderr, "bench_scale: %s\n", e.what());
  return 2;
}
