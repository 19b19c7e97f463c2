// SPDX-License-Identifier: MIT
/// Feeds the readers with files that were right once: bits flipped, bytes replaced, parts cut, repeated and exchanged.
/// Usage: fuzz_readers FOLDER COUNT [SEED]. The same arguments give the same inputs on every machine.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sidera/core/random.hpp>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size);

namespace {

std::vector<std::string> read_all(std::string const& folder) {
  std::vector<std::filesystem::path> paths;
  for (auto const& entry : std::filesystem::directory_iterator(folder)) paths.push_back(entry.path());
  std::sort(paths.begin(), paths.end());
  std::vector<std::string> files;
  for (auto const& path : paths) {
    std::ifstream in(path, std::ios::binary);
    std::string const content{std::istreambuf_iterator<char>(in), {}};
    std::string const extension = path.extension().string();
    std::vector<int> const formats = extension == ".npy"   ? std::vector{0}
                                     : extension == ".npz" ? std::vector{1}
                                                           : std::vector{2, 3};
    for (int const format : formats) files.push_back(static_cast<char>(format) + content);
  }
  files.push_back("\4{\n\"0\": [\"<a_1>\", \"<b_2>\"],\n\"1\": [],\n\"2\": [\"<a_7>\"]\n}\n");
  return files;
}

/// Changes a file in one to eight places.
std::string mutated(std::string file, std::string const& other, sidera::random_stream random) {
  std::uint64_t draw = 0;
  auto const below = [&](std::size_t n) { return n == 0 ? 0 : random.below(draw++, n); };
  std::size_t const changes = 1 + below(8);
  for (std::size_t c = 0; c < changes && file.size() > 1; ++c) {
    std::size_t const at = 1 + below(file.size() - 1), length = 1 + below(16);
    switch (below(6)) {
      case 0:
        file[at] = static_cast<char>(file[at] ^ (1 << below(8)));
        break;
      case 1:
        file[at] = static_cast<char>(below(256));
        break;
      case 2:
        file[at] = "0123456789\"'{}[](),:<>\\- \xff"[below(27)];
        break;
      case 3:
        file.erase(at, length);
        break;
      case 4:
        file.insert(at, file.substr(1 + below(file.size() - 1), length));
        break;
      default:
        file.replace(at, length, other.substr(std::min(other.size(), 1 + below(other.size())), length));
    }
  }
  return file;
}

}  // namespace

int main(int count, char** arguments) {
  if (count < 3) {
    std::fputs("usage: fuzz_readers FOLDER COUNT [SEED]\n", stderr);
    return 2;
  }
  auto const files = read_all(arguments[1]);
  sidera::random_stream const random(count > 3 ? std::strtoull(arguments[3], nullptr, 10) : 1);
  std::uint64_t const inputs = std::strtoull(arguments[2], nullptr, 10);
  for (std::uint64_t i = 0; i < inputs; ++i) {
    sidera::random_stream const own = random.fork(i);
    std::string const input =
        mutated(files[own.below(1000, files.size())], files[own.below(1001, files.size())], own.fork(0));
    LLVMFuzzerTestOneInput(reinterpret_cast<std::uint8_t const*>(input.data()), input.size());
  }
  std::printf("%llu inputs from %zu files: each read or refused\n", static_cast<unsigned long long>(inputs),
              files.size());
}
