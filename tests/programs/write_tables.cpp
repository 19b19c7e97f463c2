// SPDX-License-Identifier: MIT
/// \file  write_tables FOLDER: small files for the tests of programs, good ones and bad ones.
#include <limits>
#include <sidera/core/random.hpp>
#include <sidera/io/npy_writer.hpp>

namespace {

constexpr sidera::index_t users = 20, per_user = 10, items = 60;

/// User, item, split (the last two of every user are for the test), weight 1/2, time in milliseconds. Two more users
/// take all items between them, so that each is in training.
sidera::matrix<double> interactions(std::uint64_t seed) {
  sidera::matrix<double> rows(users * per_user + items, 5);
  for (sidera::index_t u = 0; u < users; ++u) {
    auto const order = sidera::random_stream(seed).fork(static_cast<std::uint64_t>(u)).permutation(items);
    for (sidera::index_t k = 0; k < per_user; ++k)
      rows.row(u * per_user + k) << static_cast<double>(u), static_cast<double>(order[static_cast<std::size_t>(k)]),
          k >= 8 ? 2 : 0, 0.5, 1.7e12 + static_cast<double>(k);
  }
  for (sidera::index_t i = 0; i < items; ++i)
    rows.row(users * per_user + i) << static_cast<double>(users + i % 2), static_cast<double>(i), 0, 0.5, 1.7e12;
  return rows;
}

sidera::matrix<float> normal_rows(sidera::index_t rows, sidera::index_t columns) {
  sidera::random_stream const random(3);
  sidera::matrix<float> x(rows, columns);
  for (sidera::index_t i = 0; i < x.size(); ++i)
    x.data()[i] = static_cast<float>(random.normal(static_cast<std::size_t>(i)));
  return x;
}

}  // namespace

int main(int, char** argv) {
  std::string const folder = std::string(argv[1]) + "/";
  auto const table = interactions(1);
  sidera::write_npy(folder + "interactions.npy", sidera::code_matrix(table.leftCols(3).cast<sidera::code_t>()));
  sidera::write_npy(folder + "others.npy", sidera::code_matrix(interactions(2).leftCols(3).cast<sidera::code_t>()));
  sidera::write_npy(folder + "weighted.npy", table);
  std::vector<std::int64_t> const timed(table.data(), table.data() + table.size());
  sidera::write_npy(folder + "timed.npy", timed, {users * per_user + items, 5});
  auto fraction = table;
  fraction(7, 0) += 0.5;
  sidera::write_npy(folder + "fraction.npy", fraction);
  sidera::write_npy(folder + "items.npy", normal_rows(items, 8));
  std::vector<std::int32_t> labels(items, 1), below(items, -1);
  sidera::write_npy(folder + "one_class.npy", labels);
  labels[7] = 2;
  sidera::write_npy(folder + "rare_class.npy", labels);
  for (std::size_t i = 0; i < labels.size(); i += 2) labels[i] = below[i] = -2;
  sidera::write_npy(folder + "item_labels.npy", labels);
  sidera::write_npy(folder + "negative_labels.npy", below);
  sidera::write_npy(folder + "more.npy", normal_rows(2000, 6));
  auto hole = normal_rows(2000, 6);
  hole(5, 2) = std::numeric_limits<float>::quiet_NaN();
  sidera::write_npy(folder + "hole.npy", hole);
}
