// SPDX-License-Identifier: MIT
#pragma once
/// \file  Reading NumPy .npy arrays: as a view of the mapped file, or converted into memory.
#include <limits>
#include <sidera/core/matrix.hpp>
#include <sidera/io/mapped_file.hpp>
#include <sidera/io/npy_header.hpp>

namespace sidera::inline SIDERA_ABI {

/// (3, 4)
[[nodiscard]] inline std::string shape_tuple(std::span<std::size_t const> shape) {
  std::string text = "(";
  for (std::size_t i = 0; i < shape.size(); ++i) text += (i == 0 ? "" : ", ") + std::to_string(shape[i]);
  return text + (shape.size() == 1 ? ",)" : ")");
}

/// An array of any rank in memory, row-major.
template <class T>
struct dense_array {
  std::vector<std::size_t> shape;
  std::vector<T> values;
};

/// Which elements a reader takes. Types that cannot hold what the file may contain are refused by name.
enum class accepted_elements {
  numbers,     ///< everything
  embeddings,  ///< see \ref holds_embeddings
};

/// An array inside bytes that live elsewhere (a mapped file, a member of an archive).
class npy_array_view {
 public:
  npy_array_view(byte_span bytes, std::string path)
      : path_(std::move(path)), header_(parse_npy_header(bytes, path_)), data_(bytes.subspan(header_.data_offset)) {}

  [[nodiscard]] element_type type() const noexcept { return header_.type; }
  [[nodiscard]] std::span<std::size_t const> shape() const noexcept { return header_.shape; }
  [[nodiscard]] std::size_t size() const noexcept { return header_.size; }
  [[nodiscard]] bool fortran_order() const noexcept { return header_.fortran_order; }
  [[nodiscard]] std::string const& path() const noexcept { return path_; }

  /// The elements as they lie in the file, without a copy. Throws file_error if they are of another type, column by
  /// column, or not aligned for T.
  template <class T>
  [[nodiscard]] std::span<T const> values() const {
    if (!visit_element(type(), [](auto zero) { return std::is_same_v<decltype(zero), T>; }))
      throw file_error(path_, "has dtype " + std::string(name_of(type())) + ", another one was asked for");
    if (column_major()) throw file_error(path_, "is in Fortran order and cannot be viewed; read it, which transposes");
    if (reinterpret_cast<std::uintptr_t>(data_.data()) % alignof(T) != 0)
      throw file_error(path_, "is not aligned in memory and cannot be viewed; read it, which copies");
    return {reinterpret_cast<T const*>(data_.data()), size()};
  }

  /// A matrix on the bytes of the file, without a copy; rank 2. It lives as long as the bytes.
  template <Scalar T>
  [[nodiscard]] Eigen::Map<matrix<T> const> as_matrix() const {
    auto const elements = values<T>();
    require_rank(2);
    return {elements.data(), static_cast<index_t>(header_.shape[0]), static_cast<index_t>(header_.shape[1])};
  }

  /// Copies all elements in row-major order to `out`, converted to T. Throws file_error for a floating-point array
  /// where T is an integer, and for an integer that T cannot hold.
  template <class T>
  void copy_to(std::span<T> out) const {
    visit_element(type(), [&](auto zero) { convert<decltype(zero)>(out); });
  }

  /// Throws file_error unless the array has this many dimensions.
  void require_rank(std::size_t rank) const {
    if (header_.shape.size() != rank)
      throw file_error(path_, "has shape " + shape_tuple(header_.shape) + ", expected " + std::to_string(rank) +
                                  (rank == 1 ? " dimension" : " dimensions"));
  }
  void require(accepted_elements accepted) const {
    if (accepted == accepted_elements::embeddings && !holds_embeddings(type()))
      throw file_error(path_, "has dtype " + std::string(name_of(type())) + ", expected " +
                                  std::string(embedding_types) + "; convert it with x.astype('float32')");
  }

 private:
  [[nodiscard]] bool column_major() const noexcept { return header_.fortran_order && header_.shape.size() > 1; }

  template <class From, class T>
  void convert(std::span<T> out) const {
    if constexpr (!std::is_integral_v<From> && std::is_integral_v<T>) {
      throw file_error(path_, "has dtype " + std::string(name_of(type())) + ", expected integers");
    } else if constexpr (std::is_same_v<From, T>) {
      if (!column_major() && !out.empty())
        return static_cast<void>(std::memcpy(out.data(), data_.data(), data_.size()));
      copy_each<From>(out);
    } else {
      copy_each<From>(out);
    }
  }

  template <class From, class T>
  void copy_each(std::span<T> out) const {
    if (!column_major()) {
      for (std::size_t i = 0; i < out.size(); ++i) out[i] = converted<From, T>(i, i);
      return;
    }
    // Walk the row-major positions like an odometer and keep the matching column-major offset.
    auto const& shape = header_.shape;
    std::vector<std::size_t> stride(shape.size(), 1), at(shape.size(), 0);
    for (std::size_t d = 1; d < shape.size(); ++d) stride[d] = stride[d - 1] * shape[d - 1];
    std::size_t from = 0;
    for (std::size_t i = 0; i < out.size(); ++i) {
      out[i] = converted<From, T>(from, i);
      for (std::size_t d = shape.size(); d-- > 0;) {
        from += stride[d];
        if (++at[d] < shape[d]) break;
        from -= stride[d] * shape[d];
        at[d] = 0;
      }
    }
  }

  template <class From, class T>
  [[nodiscard]] T converted(std::size_t from, std::size_t to) const {
    From const value = load_number<From>(data_.data() + from * sizeof(From));
    if constexpr (std::is_integral_v<From> && std::is_integral_v<T>) {
      if (!std::in_range<T>(value))
        throw file_error(path_, "has the value " + std::to_string(value) + " at position " + std::to_string(to) +
                                    ", which is out of range");
    }
    return static_cast<T>(value);
  }

  std::string path_;
  npy_header header_;
  byte_span data_;
};

/// A .npy file as a read-only view: nothing is read until it is touched, nothing is copied.
class npy_view {
 public:
  explicit npy_view(std::string const& path) : file_(path), array_(file_.bytes(), path) {}
  [[nodiscard]] npy_array_view const& array() const noexcept { return array_; }
  [[nodiscard]] npy_array_view const* operator->() const noexcept { return &array_; }

 private:
  mapped_file file_;
  npy_array_view array_;
};

namespace detail {
template <class T>
[[nodiscard]] dense_array<T> to_array(npy_array_view const& view) {
  dense_array<T> out{{view.shape().begin(), view.shape().end()}, std::vector<T>(view.size())};
  view.copy_to(std::span<T>(out.values));
  return out;
}

template <class T>
[[nodiscard]] Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor> to_matrix(npy_array_view const& view) {
  view.require_rank(2);
  Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor> out(static_cast<index_t>(view.shape()[0]),
                                                                        static_cast<index_t>(view.shape()[1]));
  view.copy_to(std::span<T>(out.data(), view.size()));
  return out;
}

template <class T>
[[nodiscard]] std::vector<T> to_vector(npy_array_view const& view) {
  if (!(view.shape().size() == 2 && view.shape()[1] == 1)) view.require_rank(1);
  std::vector<T> out(view.size());
  view.copy_to(std::span<T>(out));
  return out;
}
}  // namespace detail

/// The array of a .npy file, any rank, converted to T (float, double or an integer).
template <class T>
[[nodiscard]] dense_array<T> read_array(std::string const& path) {
  return detail::to_array<T>(npy_view(path).array());
}

/// The matrix of a .npy file (rank 2), converted to T; Fortran order is transposed.
template <class T>
[[nodiscard]] auto read_matrix(std::string const& path) {
  return detail::to_matrix<T>(npy_view(path).array());
}

/// The vector of a .npy file: shape (N,) or (N, 1).
template <class T>
[[nodiscard]] std::vector<T> read_vector(std::string const& path) {
  return detail::to_vector<T>(npy_view(path).array());
}

}  // namespace sidera::inline SIDERA_ABI
