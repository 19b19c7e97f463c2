// SPDX-License-Identifier: MIT
#pragma once
/// \file  The fvecs, bvecs and ivecs formats of the nearest-neighbour benchmarks: each row is an int32 with the number
/// of
///        its elements, then the elements (float32, uint8 or int32).
#include <limits>
#include <sidera/core/matrix.hpp>
#include <sidera/io/atomic_file.hpp>
#include <sidera/io/mapped_file.hpp>

namespace sidera::inline SIDERA_ABI {

namespace detail {

template <class T>
using vecs_matrix = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

/// Reads rows of `Element` into a matrix of T. All rows must have the length of the first one.
template <class Element, class T>
[[nodiscard]] vecs_matrix<T> read_vecs(std::string const& path) {
  mapped_file const file(path);
  byte_span const bytes = file.bytes();
  if (bytes.empty()) throw file_error(path, "is empty");
  if (bytes.size() < 4) throw file_error(path, "is cut short");
  auto const columns = load_number<std::int32_t>(bytes.data());
  if (columns <= 0) throw file_error(path, "row 0 has length " + std::to_string(columns));
  std::size_t const stride = 4 + static_cast<std::size_t>(columns) * sizeof(Element);
  if (bytes.size() % stride != 0)
    throw file_error(path, "has " + std::to_string(bytes.size()) + " bytes, which is no multiple of the " +
                               std::to_string(stride) + " bytes of a row of length " + std::to_string(columns) +
                               ": cut short, or rows of different lengths");
  vecs_matrix<T> out(static_cast<index_t>(bytes.size() / stride), static_cast<index_t>(columns));
  for (index_t i = 0; i < out.rows(); ++i) {
    std::byte const* const row = bytes.data() + static_cast<std::size_t>(i) * stride;
    if (auto const length = load_number<std::int32_t>(row); length != columns)
      throw file_error(path, "row " + std::to_string(i) + " has length " + std::to_string(length) + ", row 0 has " +
                                 std::to_string(columns));
    for (index_t d = 0; d < out.cols(); ++d)
      out(i, d) = static_cast<T>(load_number<Element>(row + 4 + static_cast<std::size_t>(d) * sizeof(Element)));
  }
  return out;
}

template <class Element, class Matrix>
void write_vecs(std::string const& path, Matrix const& m) {
  if (m.cols() < 1 || m.cols() > std::numeric_limits<std::int32_t>::max())
    throw shape_error("write_vecs", "m has " + std::to_string(m.cols()) + " columns");
  std::string content;
  auto const append = [&](auto value) { content.append(reinterpret_cast<char const*>(&value), sizeof(value)); };
  atomic_file file(path);
  for (index_t i = 0; i < m.rows(); ++i) {
    append(static_cast<std::int32_t>(m.cols()));
    for (index_t d = 0; d < m.cols(); ++d) append(static_cast<Element>(m(i, d)));
    if (content.size() < (1u << 20)) continue;
    file.write(content);
    content.clear();
  }
  file.write(content);
  file.commit();
}

}  // namespace detail

/// Reads float32 rows. Throws file_error for an empty or cut file and for rows of different lengths.
template <Scalar T>
[[nodiscard]] matrix<T> read_fvecs(std::string const& path) {
  return detail::read_vecs<float, T>(path);
}
/// Reads uint8 rows.
template <Scalar T>
[[nodiscard]] matrix<T> read_bvecs(std::string const& path) {
  return detail::read_vecs<std::uint8_t, T>(path);
}
/// Reads int32 rows (codes, or neighbours).
[[nodiscard]] inline code_matrix read_ivecs(std::string const& path) {
  return detail::read_vecs<std::int32_t, std::int32_t>(path);
}

/// Writes float32 rows, whole or not at all.
inline void write_fvecs(std::string const& path, matrix_cref<float> const& m) {
  detail::write_vecs<float>(path, m);
}
inline void write_ivecs(std::string const& path, code_matrix_cref const& m) {
  detail::write_vecs<std::int32_t>(path, m);
}
/// Writes uint8 rows. Throws value_error for an entry that is no whole number in 0 .. 255.
inline void write_bvecs(std::string const& path, matrix_cref<float> const& m) {
  for (index_t i = 0; i < m.rows(); ++i)
    for (index_t d = 0; d < m.cols(); ++d)
      if (!(m(i, d) >= 0 && m(i, d) <= 255) || m(i, d) != static_cast<float>(static_cast<int>(m(i, d))))
        throw value_error("write_bvecs", "row " + std::to_string(i) + " has a value that is no byte",
                          static_cast<std::size_t>(i));
  detail::write_vecs<std::uint8_t>(path, m);
}

}  // namespace sidera::inline SIDERA_ABI
