// SPDX-License-Identifier: MIT
#include <laws/sample_data.hpp>
#include <laws/thrown.hpp>
#include <sidera/io/file_source.hpp>
#include <sidera/io/npy_writer.hpp>
#include <sidera/io/vecs.hpp>

#include "temporary_folder.hpp"

using laws::message_of;
using namespace sidera;

namespace {

/// Whatever blocks it is read in, a source has the rows of x.
template <class Source>
void source_law(Source const& source, matrix<float> const& x) {
  REQUIRE(source.rows() == row_count(x));
  REQUIRE(source.columns() == column_count(x));
  for (std::size_t const block : {std::size_t{1}, std::size_t{3}, source.rows()}) {
    matrix<float> buffer = matrix<float>::Constant(static_cast<index_t>(block), x.cols(), -1);
    for (std::size_t first = 0; first < source.rows(); first += block) {
      std::size_t const count = std::min(block, source.rows() - first);
      source.read(first, buffer.topRows(static_cast<index_t>(count)));
      CHECK(buffer.topRows(static_cast<index_t>(count)) ==
            x.middleRows(static_cast<index_t>(first), static_cast<index_t>(count)));
    }
  }
  matrix<float> out(2, x.cols()), narrow(1, x.cols() + 1);
  CHECK_THROWS_AS(source.read(source.rows() - 1, out), shape_error);
  CHECK_THROWS_AS(source.read(0, narrow), shape_error);
}

/// A user's own source: rows that are computed.
struct counting_rows {
  [[nodiscard]] std::size_t rows() const { return 100; }
  [[nodiscard]] std::size_t columns() const { return 2; }
  void read(std::size_t first, matrix_ref<float> out) const {
    for (index_t i = 0; i < out.rows(); ++i) out.row(i).setConstant(static_cast<float>(first) + static_cast<float>(i));
  }
};
static_assert(RowSource<counting_rows> && !RowSource<counting_rows, double> && !RowSource<int>);

}  // namespace

TEST_CASE("Every source has the rows of its file or matrix, in any blocks") {
  temporary_folder const folder;
  matrix<float> const x = laws::gaussian<float>(23, 5, 1);
  source_law(matrix_source<float>(x), x);
  matrix<float> const wide = laws::gaussian<float>(23, 9, 2);
  source_law(matrix_source<float>(wide.leftCols(5)), wide.leftCols(5));
  write_npy(folder.file("a.npy"), x);
  write_npy(folder.file("d.npy"), matrix<double>(x.cast<double>()));
  write_fvecs(folder.file("a.fvecs"), x);
  source_law(npy_source<float>(folder.file("a.npy")), x);
  source_law(npy_source<float>(folder.file("d.npy")), x);
  source_law(fvecs_source<float>(folder.file("a.fvecs")), x);
  source_law(file_source<float>(folder.file("a.fvecs")), x);
  matrix<float> const bytes = (x.array() * 9).abs().round().matrix();
  write_bvecs(folder.file("a.bvecs"), bytes);
  source_law(file_source<float>(folder.file("a.bvecs")), bytes);
}

TEST_CASE("Shards are one source, whatever their formats and sizes; one may be empty") {
  temporary_folder const folder;
  matrix<float> const x = laws::gaussian<float>(23, 5, 1);
  write_npy(folder.file("0.npy"), x.topRows(1));
  write_npy(folder.file("1.npy"), matrix<float>(0, 3));
  write_fvecs(folder.file("2.fvecs"), x.middleRows(1, 15));
  write_npy(folder.file("3.npy"), x.bottomRows(7));
  auto const source =
      open_shards<float>({folder.file("0.npy"), folder.file("1.npy"), folder.file("2.fvecs"), folder.file("3.npy")});
  source_law(source, x);
  CHECK(source.name_of(0) == folder.file("0.npy") + ", row 0");
  CHECK(source.name_of(15) == folder.file("2.fvecs") + ", row 14");
  CHECK(source.name_of(16) == folder.file("3.npy") + ", row 0");
  write_npy(folder.file("4.npy"), matrix<float>(2, 6));
  auto const message = message_of<shape_error>([&] {
    (void)open_shards<float>({folder.file("0.npy"), folder.file("4.npy")});
  });
  CHECK(message.find(folder.file("4.npy")) != std::string::npos);
  CHECK(message.find("6 columns") != std::string::npos);
  sharded_source<counting_rows> const twice({counting_rows{}, counting_rows{}});
  matrix<float> out(3, 2);
  twice.read(98, out);
  CHECK(out.col(0) == Eigen::Vector3f(98, 99, 0));
  CHECK(twice.name_of(100) == "row 0");
  CHECK(open_shards<float>({}).rows() == 0);
}

TEST_CASE("A shard that is cut short, grows or is written to while it is in use is named") {
  temporary_folder const folder;
  matrix<float> const x = laws::gaussian<float>(23, 5, 1);
  std::string const good = folder.file("good.npy");
  write_npy(good, x);
  for (std::string const& bad : {folder.file("bad.npy"), folder.file("bad.fvecs")}) {
    auto const write = [&] { bad.ends_with("npy") ? write_npy(bad, x) : write_fvecs(bad, x); };
    auto const damage = [&](auto change) {
      std::filesystem::remove(bad);
      write();
      auto const source = open_shards<float>({good, bad});
      matrix<float> out(46, 5);
      source.read(0, out);
      change();
      source.read(0, out.topRows(23));  // the good one still is
      auto const message = message_of<file_error>([&] { source.read(20, out.topRows(10)); });
      CAPTURE(message);
      CHECK(message.find(bad) == 0);
      CHECK(message.find("changed") != std::string::npos);
    };
    std::string const content = (write(), content_of(bad));
    damage([&] { put_content(bad, content.substr(0, content.size() - 4)); });
    damage([&] { put_content(bad, ""); });
    damage([&] { put_content(bad, content + "abcd"); });
    damage([&] {  // as long as before
      put_content(bad, content);
      std::filesystem::last_write_time(bad, std::filesystem::last_write_time(bad) + std::chrono::seconds(5));
    });
    for (std::size_t n = 0; n + 1 < content.size(); n += 3) {
      put_content(bad, content.substr(0, n));
      if (bad.ends_with("fvecs") && n != 0 && n % 24 == 0) continue;  // whole rows are a whole file
      CHECK(message_of<file_error>([&] { file_source<float> const s(bad); }).find(bad) == 0);
    }
  }
}

TEST_CASE("A replaced file is read on as it was: the old one stays open") {
  temporary_folder const folder;
  matrix<float> const x = laws::gaussian<float>(6, 2, 1);
  write_npy(folder.file("a.npy"), x);
  npy_source<float> const source(folder.file("a.npy"));
  write_npy(folder.file("a.npy"), matrix<float>(3, 2));
  matrix<float> out(6, 2);
  source.read(0, out);
  CHECK(out == x);
}

TEST_CASE("Files that cannot be streamed are refused by name") {
  temporary_folder const folder;
  auto const refused = [](std::string const& path) {
    return message_of<file_error>([&] { file_source<float> const s(path); });
  };
  CHECK(refused(folder.file("none.npy")).find("cannot open") != std::string::npos);
  CHECK(refused(folder.file("a.csv")).find("extension") != std::string::npos);
  write_npy(folder.file("v.npy"), std::vector<float>(4));
  CHECK(refused(folder.file("v.npy")).find("dimensions") != std::string::npos);
  write_npy(folder.file("i.npy"), code_matrix(2, 2));
  CHECK(refused(folder.file("i.npy")).find("int32") != std::string::npos);
  write_npy(folder.file("f.npy"), matrix<float>(2, 3));
  std::string fortran = content_of(folder.file("f.npy"));
  fortran.replace(fortran.find("False"), 5, "True ");
  put_content(folder.file("f.npy"), fortran);
  CHECK(refused(folder.file("f.npy")).find("Fortran") != std::string::npos);
  write_fvecs(folder.file("a.fvecs"), matrix<float>(4, 3));
  std::string uneven = content_of(folder.file("a.fvecs"));
  uneven[2 * 16] = 2;
  put_content(folder.file("a.fvecs"), uneven);
  file_source<float> const source(folder.file("a.fvecs"));
  matrix<float> out(2, 3);
  CHECK(message_of<file_error>([&] { source.read(1, out); }).find("row 2 has length 2") != std::string::npos);
}
