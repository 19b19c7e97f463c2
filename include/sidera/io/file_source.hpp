// SPDX-License-Identifier: MIT
#pragma once
/// \file  Files of embeddings as row sources, see \ref RowSource.
#include <sidera/core/row_source.hpp>
#include <sidera/io/npy_header.hpp>
#include <sidera/io/watched_file.hpp>
#include <variant>

namespace sidera::inline SIDERA_ABI {

namespace detail {
/// Values of type From at `from` (not aligned) as T.
template <class From, class T>
void convert_values(std::byte const* from, std::span<T> to) noexcept {
  if constexpr (std::is_same_v<From, T>)
    std::memcpy(to.data(), from, to.size_bytes());
  else
    for (std::size_t d = 0; d < to.size(); ++d) to[d] = static_cast<T>(load_number<From>(from + d * sizeof(From)));
}

[[nodiscard]] inline std::string name_in_file(std::string const& path, std::size_t row) {
  return path + ", row " + std::to_string(row);
}
}  // namespace detail

/// The rows of a .npy file (rank 2, C order, a type that \ref holds_embeddings), converted to T. A read of elements
/// that need no conversion goes straight to its place.
template <Scalar T = float>
class npy_source {
 public:
  using scalar_type = T;

  /// Throws file_error for a file that is none, is cut short, or has another rank, order or element type.
  explicit npy_source(std::string const& path) : file_(path) {
    {
      mapped_file const mapped(path);  // the pages of the header alone are touched
      header_ = parse_npy_header(mapped.bytes(), path);
      if (mapped.bytes().size() != file_.size()) throw file_error(path, "has changed while it was opened");
    }
    if (header_.shape.size() != 2)
      throw file_error(path, "has " + std::to_string(header_.shape.size()) + " dimensions, expected 2");
    if (header_.fortran_order && header_.size != 0)
      throw file_error(path, "is in Fortran order, whose rows cannot be streamed; save np.ascontiguousarray(x)");
    if (!holds_embeddings(header_.type))
      throw file_error(path, "has dtype " + std::string(name_of_type()) + ", expected " + std::string(embedding_types));
  }

  [[nodiscard]] std::size_t rows() const noexcept { return header_.shape[0]; }
  [[nodiscard]] std::size_t columns() const noexcept { return header_.shape[1]; }
  [[nodiscard]] std::string name_of(std::size_t row) const { return detail::name_in_file(file_.path(), row); }

  void read(std::size_t first, matrix_ref<T> out) const {
    detail::require_readable(first, out, rows(), columns(), "npy_source::read");
    std::size_t const stride = columns() * size_of(header_.type);
    std::size_t const offset = header_.data_offset + first * stride;
    bool const as_it_is = header_.type == (std::is_same_v<T, float> ? element_type::float32 : element_type::float64);
    if (as_it_is && out.outerStride() == out.cols()) {
      file_.read(offset, std::as_writable_bytes(std::span(out.data(), static_cast<std::size_t>(out.size()))));
      return;
    }
    std::vector<std::byte> bytes(row_count(out) * stride);
    file_.read(offset, bytes);
    for (index_t i = 0; i < out.rows(); ++i)
      visit_element(header_.type, [&](auto zero) {
        detail::convert_values<decltype(zero)>(bytes.data() + static_cast<std::size_t>(i) * stride, row_span(out, i));
      });
  }

 private:
  [[nodiscard]] std::string_view name_of_type() const noexcept { return sidera::name_of(header_.type); }

  watched_file file_;
  npy_header header_;
};
static_assert(RowSource<npy_source<float>> && RowSource<npy_source<double>, double>);

/// The rows of an .fvecs (Element = float) or .bvecs (std::uint8_t) file, converted to T.
template <class Element, Scalar T = float>
class vecs_source {
 public:
  using scalar_type = T;

  /// Throws file_error for an empty file and for one whose size does not fit the length of its first row.
  explicit vecs_source(std::string const& path) : file_(path) {
    if (file_.size() < 4) throw file_error(path, file_.size() == 0 ? "is empty" : "is cut short");
    columns_ = length_at(0);
    if (columns_ <= 0) throw file_error(path, "row 0 has length " + std::to_string(columns_));
    if (file_.size() % stride() != 0)
      throw file_error(path, "has " + std::to_string(file_.size()) + " bytes, which is no multiple of the " +
                                 std::to_string(stride()) + " bytes of a row of length " + std::to_string(columns_) +
                                 ": cut short, or rows of different lengths");
  }

  [[nodiscard]] std::size_t rows() const noexcept { return file_.size() / stride(); }
  [[nodiscard]] std::size_t columns() const noexcept { return static_cast<std::size_t>(columns_); }
  [[nodiscard]] std::string name_of(std::size_t row) const { return detail::name_in_file(file_.path(), row); }

  /// Also throws file_error for a row of another length.
  void read(std::size_t first, matrix_ref<T> out) const {
    detail::require_readable(first, out, rows(), columns(), "vecs_source::read");
    std::vector<std::byte> bytes(row_count(out) * stride());
    file_.read(first * stride(), bytes);
    for (std::size_t i = 0; i < row_count(out); ++i) {
      std::byte const* const row = bytes.data() + i * stride();
      if (auto const length = load_number<std::int32_t>(row); length != columns_)
        throw file_error(file_.path(), "row " + std::to_string(first + i) + " has length " + std::to_string(length) +
                                           ", row 0 has " + std::to_string(columns_));
      detail::convert_values<Element>(row + 4, row_span(out, static_cast<index_t>(i)));
    }
  }

 private:
  [[nodiscard]] std::size_t stride() const noexcept { return 4 + static_cast<std::size_t>(columns_) * sizeof(Element); }
  [[nodiscard]] std::int32_t length_at(std::size_t offset) const {
    std::byte bytes[4];
    file_.read(offset, bytes);
    return load_number<std::int32_t>(bytes);
  }

  watched_file file_;
  std::int32_t columns_ = 0;
};

template <Scalar T = float>
using fvecs_source = vecs_source<float, T>;
template <Scalar T = float>
using bvecs_source = vecs_source<std::uint8_t, T>;
static_assert(RowSource<fvecs_source<float>> && RowSource<bvecs_source<double>, double>);

/// One of the file sources, chosen by the extension: .npy, .fvecs or .bvecs.
template <Scalar T = float>
class file_source {
 public:
  using scalar_type = T;

  /// Throws file_error for another extension, and what the sources throw.
  explicit file_source(std::string const& path) : source_(open(path)) {}

  [[nodiscard]] std::size_t rows() const {
    return std::visit([](auto const& s) { return s.rows(); }, source_);
  }
  [[nodiscard]] std::size_t columns() const {
    return std::visit([](auto const& s) { return s.columns(); }, source_);
  }
  void read(std::size_t first, matrix_ref<T> out) const {
    std::visit([&](auto const& s) { s.read(first, out); }, source_);
  }
  [[nodiscard]] std::string name_of(std::size_t row) const {
    return std::visit([&](auto const& s) { return s.name_of(row); }, source_);
  }

 private:
  using any = std::variant<npy_source<T>, fvecs_source<T>, bvecs_source<T>>;
  [[nodiscard]] static any open(std::string const& path) {
    if (path.ends_with(".npy")) return npy_source<T>(path);
    if (path.ends_with(".fvecs")) return fvecs_source<T>(path);
    if (path.ends_with(".bvecs")) return bvecs_source<T>(path);
    throw file_error(path, "has no extension whose rows sidera streams (.npy, .fvecs, .bvecs)");
  }

  any source_;
};
static_assert(RowSource<file_source<float>>);

/// The shards of a data set as one source, in the order of the paths.
template <Scalar T = float>
[[nodiscard]] sharded_source<file_source<T>> open_shards(std::vector<std::string> const& paths) {
  std::vector<file_source<T>> shards;
  for (std::string const& path : paths) shards.emplace_back(path);
  return sharded_source<file_source<T>>(std::move(shards));
}

}  // namespace sidera::inline SIDERA_ABI
