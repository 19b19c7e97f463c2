// SPDX-License-Identifier: MIT
#pragma once
/// \file  Windows of images as rows and back: what turns a convolution into a dense layer. Sequences are images of
///        height 1.
#include <sidera/autodiff/elementwise.hpp>

namespace sidera::inline SIDERA_ABI {

/// How the rows of a variable are read as batch x height x width x channel: row (b * height + y) * width + x.
struct image_shape {
  std::size_t batch, height, width;

  [[nodiscard]] std::size_t rows() const noexcept { return batch * height * width; }
  [[nodiscard]] bool operator==(image_shape const&) const = default;
};

/// The windows of a convolution: kernel size, step and zero padding on every side, in rows and columns.
struct window_shape {
  std::size_t height = 1, width = 1;
  std::size_t row_stride = 1, column_stride = 1;
  std::size_t row_padding = 0, column_padding = 0;

  [[nodiscard]] std::size_t size() const noexcept { return height * width; }
  /// The positions of the window in an image. Throws shape_error when it does not fit.
  [[nodiscard]] image_shape positions(image_shape image) const {
    std::size_t const rows = image.height + 2 * row_padding, columns = image.width + 2 * column_padding;
    if (size() == 0 || row_stride == 0 || column_stride == 0 || rows < height || columns < width)
      throw shape_error("window_shape", "a window of " + std::to_string(height) + " x " + std::to_string(width) +
                                            " does not fit an image of " + std::to_string(rows) + " x " +
                                            std::to_string(columns) + " with its padding");
    return {image.batch, (rows - height) / row_stride + 1, (columns - width) / column_stride + 1};
  }
  /// The image that a transposed convolution makes of `positions`.
  [[nodiscard]] image_shape image(image_shape positions) const {
    std::size_t const rows = (positions.height - 1) * row_stride + height;
    std::size_t const columns = (positions.width - 1) * column_stride + width;
    if (positions.height == 0 || positions.width == 0 || rows <= 2 * row_padding || columns <= 2 * column_padding)
      throw shape_error("window_shape",
                        "the padding leaves no image of " + std::to_string(rows) + " x " + std::to_string(columns));
    return {positions.batch, rows - 2 * row_padding, columns - 2 * column_padding};
  }
};

namespace detail {

/// Calls f(image row number, window row number, offset in the window) for every pixel that a window covers.
template <class F>
void for_each_pixel(image_shape image, window_shape w, image_shape positions, std::size_t sample, F const& f) {
  for (std::size_t y = 0; y < positions.height; ++y)
    for (std::size_t x = 0; x < positions.width; ++x)
      for (std::size_t dy = 0; dy < w.height; ++dy)
        for (std::size_t dx = 0; dx < w.width; ++dx) {
          std::size_t const iy = y * w.row_stride + dy, ix = x * w.column_stride + dx;
          if (iy < w.row_padding || iy - w.row_padding >= image.height) continue;
          if (ix < w.column_padding || ix - w.column_padding >= image.width) continue;
          f((sample * image.height + iy - w.row_padding) * image.width + ix - w.column_padding,
            (sample * positions.height + y) * positions.width + x, dy * w.width + dx);
        }
}

/// windows (+)= pixels, or pixels (+)= windows; without `add` the target is cleared first.
template <Scalar T>
void move_pixels(tape<T>& t, T const* from, T* to, bool to_windows, bool add, image_shape image, window_shape w,
                 std::size_t channels) {
  image_shape const positions = w.positions(image);
  std::size_t const row = w.size() * channels, sample_size = (to_windows ? positions.height * positions.width * row
                                                                         : image.height * image.width * channels);
  parallel_for(t, image.batch, positions.height * positions.width * row, [&](std::size_t begin, std::size_t end) {
    if (!add) std::fill(to + begin * sample_size, to + end * sample_size, T(0));
    for (std::size_t b = begin; b < end; ++b)
      for_each_pixel(image, w, positions, b, [&](std::size_t pixel, std::size_t window, std::size_t offset) {
        std::size_t const at_window = window * row + offset * channels, at_pixel = pixel * channels;
        transform<T>(
            to + (to_windows ? at_window : at_pixel), true, channels, [](simd::batch<T> v) { return v; },
            from + (to_windows ? at_pixel : at_window));
      });
  });
}

}  // namespace detail

/// One row per position of the window with the height * width * channels numbers that it covers; 0 in the padding.
template <Scalar T>
[[nodiscard]] variable<T> unfold(variable<T> x, image_shape image, window_shape window) {
  if (x.rows() != image.rows())
    throw shape_error("unfold", "x is " + shape_text(x) + ", the image has " + std::to_string(image.rows()) + " rows");
  tape<T>& t = x.owner();
  std::size_t const channels = x.cols();
  variable<T> const y = t.result(window.positions(image).rows(), window.size() * channels, x);
  detail::move_pixels<T>(t, x.data(), y.data(), true, false, image, window, channels);
  t.on_backward(
      [=, &t] {
        auto const to = x.target();
        detail::move_pixels<T>(t, y.gradient_data(), to.data, false, to.add, image, window, channels);
      },
      y);
  return y;
}

/// The adjoint of \ref unfold: adds every window to the pixels that it covers. `image` is that of the result.
template <Scalar T>
[[nodiscard]] variable<T> fold(variable<T> x, image_shape image, window_shape window) {
  if (x.rows() != window.positions(image).rows() || x.cols() % window.size() != 0)
    throw shape_error("fold", "x is " + shape_text(x) + ", the image has " +
                                  std::to_string(window.positions(image).rows()) + " windows of " +
                                  std::to_string(window.size()) + " pixels");
  tape<T>& t = x.owner();
  std::size_t const channels = x.cols() / window.size();
  variable<T> const y = t.result(image.rows(), channels, x);
  detail::move_pixels<T>(t, x.data(), y.data(), false, false, image, window, channels);
  t.on_backward(
      [=, &t] {
        auto const to = x.target();
        detail::move_pixels<T>(t, y.gradient_data(), to.data, true, to.add, image, window, channels);
      },
      y);
  return y;
}

}  // namespace sidera::inline SIDERA_ABI
