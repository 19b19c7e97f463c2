// SPDX-License-Identifier: MIT
#pragma once
/// \file  What a user names on a command line becomes a matrix or a vector.
#include <sidera/io/npz.hpp>
#include <sidera/io/vecs.hpp>
#include <variant>

namespace sidera::inline SIDERA_ABI {

namespace detail {

/// "a.npz:text" -> {"a.npz", "text"}; the name is empty where there is none.
[[nodiscard]] inline std::pair<std::string, std::string> split_npz(std::string const& spec) {
  auto const colon = spec.rfind(".npz:");
  if (colon == std::string::npos) return {spec, {}};
  return {spec.substr(0, colon + 4), spec.substr(colon + 5)};
}

/// Calls use(view) with the array that `spec` names in a .npy or .npz file; false for every other extension.
template <class Use>
[[nodiscard]] bool with_numpy_array(std::string const& spec, Use const& use) {
  auto const [path, name] = split_npz(spec);
  if (path.ends_with(".npy")) {
    npy_view const view(path);
    use(view.array());
    return true;
  }
  if (!path.ends_with(".npz")) return false;
  npz_file const archive(path);
  use(archive->array(name));
  return true;
}

[[nodiscard]] inline file_error unknown_extension(std::string const& spec, std::string_view known) {
  return {spec, "has no extension that sidera reads (" + std::string(known) + ")"};
}

}  // namespace detail

/// Reads embeddings, one sample per row: `file.npy`, `file.npz:name`, `file.fvecs` or `file.bvecs`, with elements of
/// type float16, float32, float64, uint8 or uint16. Throws file_error, which names the file. Entries are not checked:
/// they may be NaN.
template <Scalar T>
[[nodiscard]] matrix<T> load_matrix(std::string const& spec) {
  if (spec.ends_with(".fvecs")) return read_fvecs<T>(spec);
  if (spec.ends_with(".bvecs")) return read_bvecs<T>(spec);
  matrix<T> out;
  if (!detail::with_numpy_array(spec, [&](npy_array_view const& view) {
        view.require(accepted_elements::embeddings);
        out = detail::to_matrix<T>(view);
      }))
    throw detail::unknown_extension(spec, ".npy, .npz:name, .fvecs, .bvecs");
  return out;
}

/// Reads integers, one per sample (labels, splits): a .npy or .npz array of shape (N,) or (N, 1) with any integer type.
/// Throws file_error for other shapes, for floats and for values that do not fit an int32.
[[nodiscard]] inline std::vector<std::int32_t> load_labels(std::string const& spec) {
  std::vector<std::int32_t> out;
  if (!detail::with_numpy_array(spec, [&](npy_array_view const& view) { out = detail::to_vector<std::int32_t>(view); }))
    throw detail::unknown_extension(spec, ".npy, .npz:name");
  return out;
}

/// Reads a table of integers (codes, interactions): a .npy or .npz array of rank 2, or an .ivecs file.
[[nodiscard]] inline code_matrix load_codes(std::string const& spec) {
  if (spec.ends_with(".ivecs")) return read_ivecs(spec);
  code_matrix out;
  if (!detail::with_numpy_array(spec, [&](npy_array_view const& view) { out = detail::to_matrix<std::int32_t>(view); }))
    throw detail::unknown_extension(spec, ".npy, .npz:name, .ivecs");
  return out;
}

/// Reads a table of numbers without loss: integers as int64, floating-point numbers as double. A .npy or .npz array of
/// rank 2, or an .ivecs file. Throws file_error, also for an unsigned integer that no int64 holds.
[[nodiscard]] inline std::variant<integer_matrix, matrix<double>> load_numbers(std::string const& spec) {
  if (spec.ends_with(".ivecs")) return integer_matrix(read_ivecs(spec).cast<std::int64_t>());
  std::variant<integer_matrix, matrix<double>> out;
  auto const read = [&](npy_array_view const& view) {
    if (is_floating(view.type()))
      out = detail::to_matrix<double>(view);
    else
      out = detail::to_matrix<std::int64_t>(view);
  };
  if (!detail::with_numpy_array(spec, read)) throw detail::unknown_extension(spec, ".npy, .npz:name, .ivecs");
  return out;
}

}  // namespace sidera::inline SIDERA_ABI
