// SPDX-License-Identifier: MIT
#include <sidera/core/row_source.hpp>

using namespace sidera;

template <class X, class T = float>
concept can_be_source = std::constructible_from<matrix_source<T>, X>;

// What lies in memory row by row, and is somebody's.
static_assert(can_be_source<matrix<float>&> && can_be_source<matrix<float> const&>);
static_assert(can_be_source<matrix_cref<float> const&> && can_be_source<matrix_ref<float>>);
static_assert(can_be_source<Eigen::Map<matrix<float> const>>);
static_assert(can_be_source<decltype(std::declval<matrix<float>&>().middleRows(1, 2))>);
static_assert(can_be_source<decltype(std::declval<matrix<float> const&>().leftCols(2))>);
static_assert(can_be_source<matrix<double>&, double>);

// What would be copied into a temporary, or is one.
static_assert(!can_be_source<matrix<float>> && !can_be_source<matrix_cref<float>>);
static_assert(!can_be_source<Eigen::MatrixXf&> && !can_be_source<Eigen::MatrixXf const&>);
static_assert(!can_be_source<decltype(std::declval<matrix<float>&>() * 2.0F)>);
static_assert(!can_be_source<decltype(std::declval<matrix<float>&>().transpose())>);
static_assert(!can_be_source<decltype(std::declval<matrix<float>&>().cast<double>()), double>);
static_assert(!can_be_source<matrix<float>&, double> && !can_be_source<int>);
