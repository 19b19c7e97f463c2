// SPDX-License-Identifier: MIT
#pragma once
/// \file  What the command line of rq_vae says.
#include <cstdint>
#include <string>
#include <vector>

namespace program {

struct settings {
  std::string view = std::string(SIDERA_EXAMPLE_DATA_DIR) + "/digits/pix.npy";
  std::size_t hidden = 128, latent = 16;
  std::size_t levels = 3, words = 64;
  double commitment = 0.25;
  std::size_t epochs = 20, batch = 64;
  double learning_rate = 1e-3;
  std::uint64_t seed = 7;
  std::size_t threads = 0;
  std::string json, ids_out, checkpoint, twin;
  bool quiet = false;
};

/// One epoch as it is printed.
struct epoch_figures {
  double loss = 0;      ///< mean over the steps
  double held_out = 0;  ///< relative reconstruction error of the rows that are not trained on
};

struct result {
  settings how;
  std::size_t rows = 0, columns = 0;
  std::vector<epoch_figures> epochs = {};
  std::vector<double> perplexity = {};  ///< of each level, all rows
  double unique_ratio = 0;              ///< distinct IDs per row
  double seconds = 0;
};

}  // namespace program
