// SPDX-License-Identifier: MIT
#pragma once
/// \file  Writing NumPy .npy arrays (version 1.0, little-endian, C order), whole or not at all.
#include <concepts>
#include <sidera/core/matrix.hpp>
#include <sidera/io/atomic_file.hpp>
#include <sidera/io/npy_header.hpp>

namespace sidera::inline SIDERA_ABI {

/// What sidera writes.
template <class T>
concept NpyElement =
    std::same_as<T, float> || std::same_as<T, double> || std::same_as<T, std::int32_t> || std::same_as<T, std::int64_t>;

namespace detail {
template <NpyElement T>
[[nodiscard]] std::string npy_preamble(std::span<std::size_t const> shape) {
  constexpr char kind = std::floating_point<T> ? 'f' : 'i';
  std::string text =
      std::string("{'descr': '<") + kind + std::to_string(sizeof(T)) + "', 'fortran_order': False, 'shape': (";
  for (std::size_t const extent : shape) text += std::to_string(extent) + ", ";
  if (shape.size() > 1) text.resize(text.size() - 2);
  if (shape.size() == 1) text.resize(text.size() - 1);
  text += "), }";
  text.append(63 - (10 + text.size()) % 64, ' ');  // the data start at a multiple of 64 bytes
  text += '\n';
  std::string head("\x93NUMPY\x01\x00", 8);
  head += static_cast<char>(text.size() & 255);
  head += static_cast<char>(text.size() >> 8);
  return head + text;
}

template <NpyElement T>
void write_npy_rows(std::string const& path, T const* data, std::size_t rows, std::size_t columns, std::size_t stride) {
  atomic_file file(path);
  std::size_t const shape[] = {rows, columns};
  file.write(npy_preamble<T>(shape));
  if (stride == columns)
    file.write(std::as_bytes(std::span{data, rows * columns}));
  else
    for (std::size_t i = 0; i < rows; ++i) file.write(std::as_bytes(std::span{data + i * stride, columns}));
  file.commit();
}
}  // namespace detail

/// Writes a matrix, rank 2.
inline void write_npy(std::string const& path, matrix_cref<float> const& m) {
  detail::write_npy_rows(path, m.data(), row_count(m), column_count(m), static_cast<std::size_t>(m.outerStride()));
}
inline void write_npy(std::string const& path, matrix_cref<double> const& m) {
  detail::write_npy_rows(path, m.data(), row_count(m), column_count(m), static_cast<std::size_t>(m.outerStride()));
}
inline void write_npy(std::string const& path, code_matrix_cref const& m) {
  detail::write_npy_rows(path, m.data(), row_count(m), column_count(m), static_cast<std::size_t>(m.outerStride()));
}

/// Writes an array of any rank, row-major. Throws shape_error unless `shape` has as many elements as `values`.
template <NpyElement T>
void write_npy(std::string const& path, std::vector<T> const& values, std::vector<std::size_t> const& shape) {
  if (!shape_has_size(shape, values.size())) {
    std::string text;
    for (std::size_t const extent : shape) text += (text.empty() ? "" : " x ") + std::to_string(extent);
    throw shape_error("write_npy",
                      "values has " + std::to_string(values.size()) + " elements, the shape asks for " + text);
  }
  atomic_file file(path);
  file.write(detail::npy_preamble<T>(shape));
  file.write(std::as_bytes(std::span{values}));
  file.commit();
}

/// Writes a vector, rank 1.
template <NpyElement T>
void write_npy(std::string const& path, std::vector<T> const& values) {
  write_npy(path, values, {values.size()});
}

}  // namespace sidera::inline SIDERA_ABI
