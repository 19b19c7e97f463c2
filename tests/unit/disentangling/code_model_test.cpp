// SPDX-License-Identifier: MIT
/// \file  What code_model::load refuses: the fields of other models, and sizes that no tensor has.
#include <doctest/doctest.h>

#include <laws/sample_data.hpp>
#include <sidera/disentangling/dcid.hpp>
#include <sidera/disentangling/disentangling_model.hpp>

using namespace sidera;

namespace {

using saved_model = disentangling_model<dcid<>>::inference_type;

saved_model trained_with_dim(std::size_t dim) {
  dcid<>::options_type o;
  o.dim = dim, o.specific_dim = 2;
  o.objective.words = 4;
  o.general.hidden = o.specific.hidden = o.objective.decoder_hidden = {4};
  disentangling_model<dcid<>> m(o, {.epochs = 1, .batch = 32, .bypass_epochs = 0});
  m.fit({laws::gaussian(40, 3, 1), laws::gaussian(40, 5, 2)});
  return m.inference();
}

}  // namespace

TEST_CASE("code_model::load: fields that are not of this model change nothing") {
  auto const x = laws::gaussian(10, 3, 3);
  saved_model const own = trained_with_dim(4);
  field_set const fields = own.fields();
  auto const refuses = [&](field_set const& f, std::string const& reason) {
    CAPTURE(reason);
    saved_model loaded = own;
    CHECK_THROWS_WITH_AS(loaded.load(f), doctest::Contains(reason.c_str()), argument_error);
    CHECK(loaded.modalities() == 2);
    CHECK(loaded.encode(0, x) == own.encode(0, x));
  };
  auto f = fields;
  for (char const* count : {"0", "1", "3", "100000000000", "18446744073709551615"}) {
    f.metadata["modalities"] = count;
    refuses(f, std::string_view(count).size() == 1 && count[0] < '2' ? "expected at least 2" : "scaling_2.offset");
  }
  f = fields;
  field_set const wider = trained_with_dim(6).fields();
  for (auto const& [name, t] : wider.tensors)
    if (name.starts_with("codebook_")) f.tensors[name] = t;
  for (auto const& [key, text] : wider.metadata)
    if (key.starts_with("codebook_")) f.metadata[key] = text;
  refuses(f, "codebook 0 has words of 6 columns, the features have 4");
  f = fields;
  f.put("network.general2.0.weight", matrix<float>(matrix<float>::Zero(2, 2)));  // as hierarchical_dcid has
  refuses(f, "the model has no \"network.general2.0.weight\"");
  f = fields;
  f.put("scaling_0.offset", matrix<float>(matrix<float>::Zero(2, 3)));
  refuses(f, "scaling_0.offset");
  saved_model loaded = own;
  CHECK_NOTHROW(loaded.load(fields));
}
