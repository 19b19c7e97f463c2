// SPDX-License-Identifier: MIT
#pragma once
/// \file  Model files, both directions.
#include <sidera/io/load_fields.hpp>
#include <sidera/io/save_fields.hpp>
