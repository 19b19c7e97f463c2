// SPDX-License-Identifier: MIT
#pragma once
/// \file  Peers that live in Python: peers.py runs as a child process and does the job once whenever it is told to, so
/// that they take part in the same alternation.
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <sidera/io/npy_writer.hpp>

#include "harness.hpp"

namespace bench {

/// Matrices for child processes, in files that are removed at the end.
class shared_folder {
 public:
  shared_folder() {
    std::string name = (std::filesystem::temp_directory_path() / "sidera_bench_XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("bench: no temporary folder");
    path_ = name;
  }
  ~shared_folder() { std::filesystem::remove_all(path_); }
  shared_folder(shared_folder const&) = delete;
  shared_folder& operator=(shared_folder const&) = delete;

  void put(std::string const& name, sidera::matrix_cref<float> const& m) const {
    sidera::write_npy((path_ / (name + ".npy")).string(), m);
  }
  [[nodiscard]] std::string path() const { return path_.string(); }

 private:
  std::filesystem::path path_;
};

/// A child process that answers "go" with "<milliseconds> <note>".
class python_peer {
 public:
  /// `peer` is a name that the script knows; `coretype` is empty for OpenBLAS as installed.
  python_peer(settings const& s, std::string const& peer, std::string const& coretype,
              std::shared_ptr<shared_folder> data, std::vector<std::string> const& arguments,
              std::string script = SIDERA_BENCH_PEERS)
      : data_(std::move(data)), script_(std::move(script)) {
    int to[2], from[2];
    if (pipe2(to, O_CLOEXEC) != 0 || pipe2(from, O_CLOEXEC) != 0) throw std::runtime_error("bench: no pipe");
    start(s, peer, coretype, arguments, to[0], from[1]);
    close(to[0]);
    close(from[1]);
    to_ = fdopen(to[1], "w");
    from_ = fdopen(from[0], "r");
    name_ = line();
  }
  ~python_peer() {
    std::fclose(to_);
    std::fclose(from_);
    waitpid(child_, nullptr, 0);
  }
  python_peer(python_peer const&) = delete;
  python_peer& operator=(python_peer const&) = delete;

  /// Library and version, BLAS kernels; empty when the child could not start.
  [[nodiscard]] std::string const& name() const { return name_; }
  [[nodiscard]] std::string const& note() const { return note_; }

  double run() {
    std::fputs("go\n", to_);
    std::fflush(to_);
    std::string const answer = line();
    std::size_t end = 0;
    if (answer.empty()) throw std::runtime_error("bench: " + name_ + " stopped");
    double const ms = std::stod(answer, &end);
    note_ = answer.substr(std::min(end + 1, answer.size()));
    return ms;
  }

 private:
  [[nodiscard]] static std::vector<char*> pointers(std::vector<std::string>& texts) {
    std::vector<char*> out;
    for (std::string& t : texts) out.push_back(t.data());
    out.push_back(nullptr);
    return out;
  }

  /// The environment of the child: ours, with threads and OpenBLAS kernels as asked for.
  [[nodiscard]] static std::vector<std::string> environment(std::string const& threads, std::string const& coretype) {
    std::vector<std::string> out;
    std::string const ours[] = {"OMP_NUM_THREADS=", "OPENBLAS_NUM_THREADS=", "OPENBLAS_CORETYPE="};
    for (char** e = environ; *e != nullptr; ++e)
      if (std::none_of(std::begin(ours), std::end(ours), [&](auto const& o) { return std::string(*e).starts_with(o); }))
        out.emplace_back(*e);
    out.push_back(ours[0] + threads);
    out.push_back(ours[1] + threads);
    if (!coretype.empty()) out.push_back(ours[2] + coretype);
    return out;
  }

  void start(settings const& s, std::string const& peer, std::string const& coretype,
             std::vector<std::string> const& arguments, int in, int out) {
    std::string const threads = std::to_string(s.threads);
    std::vector<std::string> words{s.python, script_, s.wall ? "wall" : "cpu", threads, peer, data_->path()};
    words.insert(words.end(), arguments.begin(), arguments.end());
    auto variables = environment(threads, coretype);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, in, 0);
    posix_spawn_file_actions_adddup2(&actions, out, 1);
    int const failed =
        posix_spawnp(&child_, s.python.c_str(), &actions, nullptr, pointers(words).data(), pointers(variables).data());
    posix_spawn_file_actions_destroy(&actions);
    if (failed != 0) throw std::runtime_error("bench: cannot start " + s.python);
  }

  std::string line() {
    std::string out;
    for (int c = std::fgetc(from_); c != EOF && c != '\n'; c = std::fgetc(from_)) out += static_cast<char>(c);
    return out;
  }

  std::shared_ptr<shared_folder> data_;
  std::string script_;
  pid_t child_ = 0;
  std::FILE* to_ = nullptr;
  std::FILE* from_ = nullptr;
  std::string name_, note_;
};

/// Adds a Python peer twice, with OpenBLAS as installed and with its core type pinned. Nothing without --python.
inline void add_python_peer(job& j, settings const& s, std::string const& peer, std::shared_ptr<shared_folder> data,
                            std::vector<std::string> const& arguments) {
  if (s.python.empty()) return;
  for (std::string const& coretype : {std::string(), s.coretype}) {
    auto const child = std::make_shared<python_peer>(s, peer, coretype, data, arguments);
    if (child->name().empty()) {
      std::fprintf(stderr, "%s: the Python peer %s did not start\n", j.name.c_str(), peer.c_str());
      return;
    }
    j.implementations.push_back({child->name() + (coretype.empty() ? ", as installed" : ", tuned"), true,
                                 [child] { return child->run(); }, [child] { return child->note(); }});
  }
}

}  // namespace bench
