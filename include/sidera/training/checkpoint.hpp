// SPDX-License-Identifier: MIT
#pragma once
#include <sidera/io/load_fields.hpp>
#include <sidera/io/save_fields.hpp>
#include <sidera/training/trainer.hpp>

namespace sidera::inline SIDERA_ABI {

/// Writes the state of `t` to a safetensors file, whole or not at all: parameters "trainer.parameters.<name>", moments,
/// position, history. `also` holds further state of the model (moving codebooks). Call it between steps, for example
/// from the progress hook. Throws file_error, and value_error when a number is not finite.
template <Scalar T, UpdateStep Rule>
void save_checkpoint(std::string const& path, trainer<T, Rule> const& t, field_set also = {}) {
  t.to_fields(also);
  save_fields(path, also);
}

/// Reads what save_checkpoint wrote into a trainer that was made in the same way: training goes on bit for bit. Returns
/// all fields, `also` included. Throws file_error, value_error or shape_error, and then nothing has changed.
template <Scalar T, UpdateStep Rule>
field_set load_checkpoint(std::string const& path, trainer<T, Rule>& t) {
  field_set fields = load_fields(path);
  t.from_fields(fields);
  return fields;
}

}  // namespace sidera::inline SIDERA_ABI
