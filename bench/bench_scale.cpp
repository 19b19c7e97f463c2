// SPDX-License-Identifier: MIT
/// \file  Rows per second, peak memory and error on held-out rows of training and encoding against the number of rows,
/// in memory, streamed from a file, shared out among ranks, and by faiss from a sample. Every measurement is a process
/// of its own, so that its peak is its own.
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <sidera/codebooks/kmeans_parallel.hpp>
#include <sidera/communicators/threads.hpp>
#include <sidera/core/thread_pool.hpp>
#include <sidera/evaluation/distortion.hpp>
#include <sidera/io/atomic_file.hpp>
#include <sidera/io/file_source.hpp>
#include <sidera/io/json_writer.hpp>
#include <sidera/io/npy.hpp>
#include <sidera/streaming/fit_stream.hpp>
#include <sidera/update_rules/mini_batch.hpp>
#if defined(SIDERA_BENCH_FAISS)
#include <faiss/impl/ResidualQuantizer.h>
#include <omp.h>
#endif

namespace {

using sidera::index_t;
using psrq = sidera::residual_quantizer<sidera::squared_euclidean, sidera::lloyd, sidera::prefix_residual>;
using rq = sidera::residual_quantizer<>;
using rq_parallel = sidera::residual_quantizer<sidera::squared_euclidean, sidera::lloyd, sidera::additive_residual,
                                               sidera::kmeans_parallel>;
using rq_batches = sidera::residual_quantizer<sidera::squared_euclidean, sidera::mini_batch>;

constexpr std::size_t held_out_rows = 20'000;
constexpr std::size_t sample_rows_per_word = 256;  ///< what faiss's k-means takes of more rows by default

struct settings {
  std::vector<std::size_t> rows = {100'000, 1'000'000};
  std::size_t columns = 64, words = 256, levels = 3, iterations = 10, threads = 1;
  std::string folder = std::filesystem::temp_directory_path().string(), json;
  std::vector<std::string> only;  ///< of \ref ways; none: all
};

/// What the child sends to its parent.
struct figures {
  double fit_seconds = 0, encode_seconds = 0, error = 0;
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

/// Rows `from` and following: a thousand centres and uniform noise around them, block by block and counter-based: any
/// number of rows in a block's memory.
void write_rows(settings const& s, std::size_t from, std::size_t rows, std::string const& path) {
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
      std::uint64_t const at = (from + first + i) * (s.columns + 1), centre = draws.below(at, centres);
      for (std::size_t d = 0; d < s.columns; ++d)
        numbers[i * s.columns + d] =
            static_cast<float>(places.normal(centre * s.columns + d) + draws.uniform(at + d + 1) - 0.5);
    });
    file.write(std::as_bytes(std::span(numbers.data(), count * s.columns)));
  }
  file.commit();
}

std::string held_out(std::string const& path) {
  return path + ".held_out.npy";
}

/// Random rows of the file.
sidera::matrix<float> sample_of(settings const& s, sidera::file_source<float> const& source) {
  auto chosen = sidera::random_stream(3).permutation_head(source.rows(), sample_rows_per_word * s.words);
  std::sort(chosen.begin(), chosen.end());
  sidera::matrix<float> sample(static_cast<index_t>(chosen.size()), static_cast<index_t>(s.columns));
  for (std::size_t i = 0; i < chosen.size(); ++i) source.read(chosen[i], sample.middleRows(static_cast<index_t>(i), 1));
  return sample;
}

/// The rows of one rank: a part of the file.
struct part_of_file {
  sidera::file_source<float> file;
  std::size_t first, count;

  [[nodiscard]] std::size_t rows() const { return count; }
  [[nodiscard]] std::size_t columns() const { return file.columns(); }
  void read(std::size_t from, sidera::matrix_ref<float> out) const { file.read(first + from, out); }
};

/// Every rank, a thread, trains on its part of the file together with the others and then encodes it.
template <class Model>
figures by_ranks(Model const& start, std::size_t ranks, std::string const& path) {
  std::vector<Model> models(ranks, start);
  std::size_t const rows = sidera::file_source<float>(path).rows();
  figures f;
  double const began = now();
  sidera::run_ranks(ranks, [&](sidera::thread_communicator const& c) {
    std::size_t const first = rows * c.rank() / ranks, end = rows * (c.rank() + 1) / ranks;
    part_of_file const part{sidera::file_source<float>(path), first, end - first};
    (void)sidera::fit_stream(models[c.rank()], part, {}, {}, {}, c);
    if (c.rank() == 0) f.fit_seconds = now() - began;
    std::string const codes = path + ".codes." + std::to_string(c.rank());
    sidera::encode_stream(models[c.rank()], part, codes);
    std::filesystem::remove(codes);
  });
  f.encode_seconds = now() - began - f.fit_seconds;
  auto const x = sidera::read_matrix<float>(held_out(path));
  f.error = sidera::relative_error<float>(x, models[0].decode(models[0].encode(x)));
  sidera::fields_fingerprint(models[0].fields()).copy(f.fingerprint, 16);
  return f;
}

template <class Model>
figures by_sidera(Model model, settings const& s, std::string const& how, std::string const& path) {
  sidera::thread_pool pool(s.threads);
  figures f;
  double const start = now();
  if (how == "memory") {
    auto const x = sidera::read_matrix<float>(path);
    (void)model.fit(x, pool);
    f.fit_seconds = now() - start;
    sidera::write_npy(path + ".codes", model.encode(x, pool));
  } else {
    sidera::stream_options options;
    if (how == "stream, codes again") options.code_bytes = 0;
    sidera::file_source<float> const source(path);
    if (how == "RQ, sample")
      (void)model.fit(sample_of(s, source), pool);
    else
      (void)sidera::fit_stream(model, source, options, pool);
    f.fit_seconds = now() - start;
    sidera::encode_stream(model, source, path + ".codes", options, pool);
  }
  f.encode_seconds = now() - start - f.fit_seconds;
  auto const x = sidera::read_matrix<float>(held_out(path));
  f.error = sidera::relative_error<float>(x, model.decode(model.encode(x, pool)));
  sidera::fields_fingerprint(model.fields()).copy(f.fingerprint, 16);
  return f;
}

#if defined(SIDERA_BENCH_FAISS)
/// Residual quantization by faiss, greedy, on the sample: `plain` with as many k-means passes as sidera, from random
/// rows, or else as faiss does by default. Then all rows are encoded, block by block. The codes stay in memory.
figures by_faiss(settings const& s, bool plain, std::string const& path) {
  using matrix = sidera::matrix<float>;
  omp_set_num_threads(static_cast<int>(s.threads));
  figures f;
  double const start = now();
  sidera::file_source<float> const source(path);
  matrix const sample = sample_of(s, source);
  std::size_t bits = 0;
  while ((std::size_t{1} << bits) < s.words) ++bits;
  faiss::ResidualQuantizer model(s.columns, s.levels, bits);
  if (plain) {
    model.train_type = faiss::ResidualQuantizer::Train_default;
    model.cp.niter = static_cast<int>(s.iterations);
  }
  model.max_beam_size = 1;
  model.train(sidera::row_count(sample), sample.data());
  f.fit_seconds = now() - start;
  std::vector<std::uint8_t> codes(source.rows() * model.code_size);
  matrix block;
  sidera::block_partition const blocks{source.rows(), 65'536};
  for (std::size_t b = 0; b < blocks.count(); ++b) {
    block.resize(static_cast<index_t>(blocks.length(b)), static_cast<index_t>(s.columns));
    source.read(blocks.begin(b), block);
    model.compute_codes(block.data(), codes.data() + blocks.begin(b) * model.code_size, blocks.length(b));
  }
  f.encode_seconds = now() - start - f.fit_seconds;
  auto const x = sidera::read_matrix<float>(held_out(path));
  codes.resize(sidera::row_count(x) * model.code_size);
  matrix back(x.rows(), x.cols());
  model.compute_codes(x.data(), codes.data(), sidera::row_count(x));
  model.decode(codes.data(), back.data(), sidera::row_count(x));
  f.error = sidera::relative_error<float>(x, back);
  return f;
}
#endif

/// "memory", "stream", "stream, 2 ranks" and "stream, codes again" (with no room for the codes of earlier levels) are
/// PSRQ, one and the same model; "RQ..." are without a prefix, and what faiss trains too.
figures train_and_encode(settings const& s, std::string const& how, std::string const& path) {
  sidera::residual_quantizer_options const o{.levels = s.levels, .words = s.words, .iterations = s.iterations};
#if defined(SIDERA_BENCH_FAISS)
  if (how == "RQ, faiss, sample") return by_faiss(s, true, path);
  if (how == "RQ, faiss's default, sample") return by_faiss(s, false, path);
#endif
  if (how == "RQ, stream" || how == "RQ, sample") return by_sidera(rq(o), s, how, path);
  if (how == "RQ, stream, k-means parallel") return by_sidera(rq_parallel(o), s, how, path);
  if (how == "RQ, stream, mini batches") return by_sidera(rq_batches(o), s, how, path);
  if (how == "stream, 2 ranks" || how == "stream, 4 ranks") return by_ranks(psrq(o), how[8] == '2' ? 2 : 4, path);
  return by_sidera(psrq(o), s, how, path);
}

std::vector<std::string> ways(bool in_memory) {
  std::vector<std::string> all{"stream", "RQ, stream"};
  if (in_memory)
    all = {"memory",
           "stream",
           "stream, 2 ranks",
           "stream, 4 ranks",
           "stream, codes again",
           "RQ, stream",
           "RQ, stream, k-means parallel",
           "RQ, stream, mini batches"};
  all.emplace_back("RQ, sample");
#if defined(SIDERA_BENCH_FAISS)
  all.emplace_back("RQ, faiss, sample");
  all.emplace_back("RQ, faiss's default, sample");
#endif
  return all;
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
  std::printf("| %zu | %s | %.0f | %.2f | %.2f | %.2f | %.2f | %.2f | %.5f | %s |\n", m.rows, m.how.c_str(),
              m.peak_megabytes, m.f.fit_seconds, m.f.encode_seconds, m.cpu_seconds,
              (m.f.fit_seconds + m.f.encode_seconds) * 1e6 / rows, m.cpu_seconds * 1e6 / rows, m.f.error,
              m.f.fingerprint);
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
        json.field("held_out_relative_error", m.f.error);
        json.field("model", std::string(m.f.fingerprint));
      });
  });
  return json.text() + "\n";
}

}  // namespace

int main(int argc, char** argv) try {
  settings s;
  CLI::App app("Training and encoding of PSRQ and RQ against the number of rows, in memory and streamed from a file");
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
  app.add_option("--only", s.only, "only the lines of this name (may be repeated)")->take_all();
  CLI11_PARSE(app, argc, argv);

  std::printf(
      "| rows | how | peak MB | fit s | encode s | CPU s | us per row | CPU us per row | held-out error | model |\n"
      "|--:|---|--:|--:|--:|--:|--:|--:|--:|---|\n");
  std::vector<measurement> all;
  for (std::size_t const rows : s.rows) {
    std::string const path = s.folder + "/sidera_bench_scale_" + std::to_string(rows) + ".npy";
    write_rows(s, 0, rows, path);
    write_rows(s, rows, held_out_rows, held_out(path));
    for (std::string const& how : ways(rows <= most_in_memory))
      if (s.only.empty() || std::find(s.only.begin(), s.only.end(), how) != s.only.end())
        print(all.emplace_back(measure(s, rows, how, path)));
    std::filesystem::remove(path);
    std::filesystem::remove(held_out(path));
    std::filesystem::remove(path + ".codes");
  }
  if (!s.json.empty()) sidera::write_file(s.json, json_text(all));
} catch (std::exception const& e) {
  std::fprintf(stderr, "bench_scale: %s\n", e.what());
  return 2;
}
