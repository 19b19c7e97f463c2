// SPDX-License-Identifier: MIT
#include <laws/sample_data.hpp>
#include <laws/thrown.hpp>
#include <sidera/core/check.hpp>
#include <sidera/core/random.hpp>
#include <sidera/streaming/running_pass.hpp>
#include <sidera/streaming/statistics_file.hpp>

#include "../io/temporary_folder.hpp"

using laws::message_of;
using namespace sidera;

namespace {

constexpr std::size_t words = 7, columns = 5, row_total = 500;

struct assigned {
  matrix<float> x = laws::gaussian<float>(row_total, columns, 2) * 37.0f;
  column_scales scales{matrix_cref<float>(x), row_total};

  [[nodiscard]] static code_t code(std::size_t i) { return static_cast<code_t>(random_stream(1).below(i, words)); }
  void add(pass_summary<float>& to, std::size_t i) const {
    to.add(row_span(x, static_cast<index_t>(i)), code(i), random_stream(5).uniform(i), i);
  }
  [[nodiscard]] pass_summary<float> whole() const {
    pass_summary<float> all(words, scales);
    for (std::size_t i = 0; i < row_total; ++i) add(all, i);
    return all;
  }
};

void write_to(std::string const& path, std::string const& content) {
  put_content(path, content);
}

}  // namespace

TEST_CASE("pass_summary: any split of the rows into files, in any order, merges to the same bits") {
  temporary_folder const folder;
  assigned const data;
  auto const whole = data.whole();
  write_summary(folder.file("whole"), whole);
  for (std::size_t parts : std::vector<std::size_t>{1, 2, 3, 11}) {
    CAPTURE(parts);
    std::vector<pass_summary<float>> part(parts, pass_summary<float>(words, data.scales));
    // Unequal parts in a random order of rows; with three parts the last one is empty.
    auto const order = random_stream(parts).permutation(row_total);
    for (std::size_t const i : order) data.add(part[i * i % (parts == 3 ? 2 : parts)], i);
    std::vector<std::string> paths;
    for (std::size_t p = 0; p < parts; ++p) {
      paths.push_back(folder.file("part" + std::to_string(p)));
      write_summary(paths.back(), part[p]);
      CHECK(read_summary<float>(paths.back()) == part[p]);
    }
    for (int turn = 0; turn < 3; ++turn) {
      auto const merged = merge_summaries<float>(paths);
      CHECK(merged == whole);
      CHECK(merged.mean_distance() == whole.mean_distance());
      CHECK(merged.fingerprint() == whole.fingerprint());
      CHECK(merged.usage().perplexity() == whole.usage().perplexity());
      write_summary(folder.file("merged"), merged);
      CHECK(content_of(folder.file("merged")) == content_of(folder.file("whole")));
      std::rotate(paths.begin(), paths.begin() + 1, paths.end());
      std::reverse(paths.begin(), paths.end());
    }
  }
}

TEST_CASE("pass_summary: one code, one distance or one value that differs is seen") {
  assigned const data;
  auto const whole = data.whole();
  pass_summary<float> swapped(words, data.scales), farther(words, data.scales);
  for (std::size_t i = 0; i < row_total; ++i) {
    auto const row = row_span(data.x, static_cast<index_t>(i));
    std::size_t const other = i == 3 ? 4 : i == 4 ? 3 : i;  // rows 3 and 4 trade their codes
    swapped.add(row, data.code(other), random_stream(5).uniform(i), i);
    farther.add(row, data.code(i), random_stream(5).uniform(i) + (i == 9 ? 0x1p-50 : 0), i);
  }
  REQUIRE(data.code(3) != data.code(4));
  CHECK(swapped.fingerprint() != whole.fingerprint());
  CHECK(farther.fingerprint() == whole.fingerprint());
  CHECK(!(farther == whole));
  CHECK(std::equal(swapped.statistics().counts().begin(), swapped.statistics().counts().end(),
                   whole.statistics().counts().begin()));
}

TEST_CASE("running_pass: passes that follow one another are passes of their own, with kept codes and without") {
  assigned const data;
  for (bool const keeps : {true, false}) {
    running_pass<float> running(words, data.scales, 3, row_total, keeps);
    CHECK(!running.knows_codes());
    for (std::size_t round = 0; round < 4; ++round) {
      CAPTURE(round);
      pass_summary<float> fresh(words, data.scales);
      running.start();
      for (std::size_t i = 0; i < row_total; ++i) {
        auto const row = row_span(data.x, static_cast<index_t>(i));
        // In the second round many rows move; in the third none does.
        auto const code = static_cast<code_t>((i + (round == 1 || round == 2 ? i % 3 : 0)) % words);
        double const distance = random_stream(round).uniform(i);
        fresh.add(row, code, distance, 1000 + i);
        running.assign((i + round) % 3, row, code, i, 1000 + i);
        running.add_distance(i % 3, distance);
      }
      CHECK(running.finish() == fresh);
      CHECK(running.knows_codes() == keeps);
    }
    if (!keeps) continue;
    code_store const codes = running.take_codes();
    for (std::size_t i = 0; i < row_total; ++i) CHECK(codes.get(i) == static_cast<code_t>(i % words));
  }
}

TEST_CASE("pass_summary: means equal those of double arithmetic") {
  assigned const data;
  auto const whole = data.whole();
  matrix<double> mean = matrix<double>::Zero(words, columns);
  for (std::size_t i = 0; i < row_total; ++i)
    mean.row(data.code(i)) += data.x.row(static_cast<index_t>(i)).cast<double>();
  for (std::size_t j = 0; j < words; ++j)
    for (std::size_t d = 0; d < columns; ++d)
      CHECK(whole.statistics().sum(j, d) ==
            doctest::Approx(mean(static_cast<index_t>(j), static_cast<index_t>(d))).epsilon(1e-12));
}

TEST_CASE("pass_summary: parts that do not belong together are refused, and the file at fault is named") {
  temporary_folder const folder;
  assigned const data;
  auto const whole = data.whole();
  std::string const good = folder.file("good"), bad = folder.file("bad");
  write_summary(good, whole);
  auto const refused = [&](pass_summary<float> const& other) {
    write_summary(bad, other);
    auto const message = message_of<file_error>([&] { (void)merge_summaries<float>({good, bad}); });
    CAPTURE(message);
    CHECK(message.find(bad) == 0);
    CHECK(message.find(good) != std::string::npos);
  };
  refused(pass_summary<float>(words + 1, data.scales));
  refused(pass_summary<float>(words, column_scales(std::vector<double>(columns, 1e9), row_total)));
  refused(pass_summary<float>(words, column_scales(std::vector<double>(columns + 1, 1), row_total)));
  refused(whole);  // every row twice: more rows than the scales allow
  CHECK_THROWS_AS((void)merge_summaries<float>({}), value_error);
  CHECK(message_of<file_error>([&] {
          (void)merge_summaries<float>({good, folder.file("none")});
        }).find(folder.file("none")) == 0);
}

TEST_CASE("read_summary: every cut and every flipped byte is refused with the name of the file") {
  temporary_folder const folder;
  std::string const path = folder.file("part"), damaged = folder.file("damaged");
  assigned const data;
  pass_summary<float> small(2, column_scales(matrix_cref<float>(data.x), row_total));
  write_summary(path, small);
  std::string const content = content_of(path);
  for (std::size_t n = 0; n < content.size(); n += 7) {
    write_to(damaged, content.substr(0, n));
    CHECK(message_of<file_error>([&] { (void)read_summary<float>(damaged); }).find(damaged) == 0);
    std::string flipped = content;
    flipped[n] = static_cast<char>(flipped[n] ^ 4);
    write_to(damaged, flipped);
    CHECK(message_of<file_error>([&] { (void)read_summary<float>(damaged); }).find(damaged) == 0);
  }
}

TEST_CASE("read_summary: well-formed files with impossible contents are refused") {
  temporary_folder const folder;
  std::string const path = folder.file("part");
  assigned const data;
  auto const refuses = [&](std::string_view expected, auto change) {
    field_set fields = data.whole().fields();
    change(fields);
    save_fields(path, fields);
    auto const message = message_of<file_error>([&] { (void)read_summary<float>(path); });
    CAPTURE(message);
    CHECK(message.find(path) == 0);
    CHECK(message.find(expected) != std::string::npos);
  };
  auto const integer = [](field_set& f, std::size_t i) -> std::int64_t& {
    return std::get<std::vector<std::int64_t>>(f.tensors.at("pass.integers").data)[i];
  };
  refuses("version 2", [](field_set& f) { f.metadata["version"] = "2"; });
  refuses("residual", [](field_set& f) { f.metadata["model"] = "residual_quantizer"; });
  refuses("words", [](field_set& f) { f.metadata["words"] = "18446744073709551615"; });
  refuses("integers", [](field_set& f) { f.metadata["words"] = "6"; });
  refuses("rows", [](field_set& f) { f.metadata["rows"] = "3"; });
  refuses("largest", [](field_set& f) { std::get<std::vector<double>>(f.tensors.at("pass.largest").data)[0] = -1; });
  refuses("larger than its rows", [&](field_set& f) { integer(f, 0) = std::int64_t{1} << 61; });
  refuses("negative", [&](field_set& f) { integer(f, words * columns) = -1; });
  refuses("out of range",
          [&](field_set& f) { integer(f, words * (columns + 1)) = std::numeric_limits<std::int64_t>::max(); });
  refuses("normal form", [&](field_set& f) { integer(f, words * (columns + 1)) = std::int64_t{1} << 33; });
}
