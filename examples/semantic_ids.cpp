// SPDX-License-Identifier: MIT
/// \file  Embeddings of one or more modalities in; semantic IDs, codebooks and an honest quality report out.
#include <CLI/CLI.hpp>
#include <filesystem>
#include <sidera/io/npy_writer.hpp>
#include <sidera/io/save_fields.hpp>
#include <sidera/io/tokens.hpp>

#include "semantic_ids/command_line.hpp"
#include "semantic_ids/output.hpp"
#include "semantic_ids/output_paths.hpp"
#include "semantic_ids/report.hpp"
#include "semantic_ids/run.hpp"
#include "semantic_ids/stream.hpp"

namespace {

/// Without views: two of the digits that ship with the library, joint codes and the comparison; 16 words, if the
/// arguments do not say otherwise.
template <class Given>
void use_digits(program::settings& s, Given const& given) {
  std::string const data = std::string(SIDERA_EXAMPLE_DATA_DIR) + "/digits/";
  s.views = {{"pix", data + "pix.npy"}, {"fou", data + "fou.npy"}};
  s.joint = s.compare = true;
  if (!given("--labels")) s.labels = data + "labels.npy";
  if (!given("--words")) s.words = {16};
  if (!given("--scale")) s.scale = "equal";
}

void write_files(program::result const& r, sidera::field_set const& fields) {
  if (!r.how.ids_out.empty()) {
    std::filesystem::create_directories(r.how.ids_out);
    for (auto const& [name, codes] : r.codes) {
      sidera::write_npy(r.how.ids_out + "/" + name + ".npy", codes);
      sidera::write_tokens(r.how.ids_out + "/" + name + ".json", codes);
    }
  }
  if (!r.how.model_out.empty()) sidera::save_fields(r.how.model_out, fields);
  if (!r.how.report.empty()) sidera::write_file(r.how.report, program::html_text(r));
  if (!r.how.json.empty()) sidera::write_file(r.how.json, program::json_text(r));
}

void run_in_memory(program::settings const& s) {
  program::require_writable(s);
  sidera::field_set fields;
  program::result const r = program::run(s, fields);
  write_files(r, fields);
  if (!s.quiet) program::print(r);
}

}  // namespace

int main(int argc, char** argv) try {
  auto const s = program::read_command_line(
      argc, argv, "Embeddings in, semantic IDs out. Without --view: a demonstration on handwritten digits.",
      [](program::settings& settings, auto const& given) {
        if (settings.views.empty() && !given("--model-in") && !given("--memory")) use_digits(settings, given);
      });
  if (s && s->memory.empty()) run_in_memory(*s);
  if (s && !s->memory.empty()) program::run_streamed(*s);
} catch (std::exception const& problem) {
  std::fprintf(stderr, "semantic_ids: %s\n", problem.what());
  return 2;
}
