// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <sidera/io/load.hpp>
#include <sidera/semantic_ids/collisions.hpp>

TEST_CASE("collision report of the golden codes") {
  std::string const golden = SIDERA_GOLDEN_DIR "/evaluation/";
  for (std::string const beam : {"beam1", "beam5"}) {
    auto const r = sidera::report_collisions(sidera::load_codes(golden + "codes_" + beam + ".npy"));
    CHECK(r.items == 3000);
    CHECK(static_cast<int>(r.distinct) == sidera::load_labels(golden + "unique_" + beam + ".npy")[0]);
    CHECK(r.collision_rate == sidera::read_vector<double>(golden + "collision_rate_" + beam + ".npy")[0]);
    CHECK(static_cast<int>(r.largest_bucket) == sidera::load_labels(golden + "max_bucket_" + beam + ".npy")[0]);
  }
}

TEST_CASE("collision report by hand") {
  sidera::code_matrix ids(6, 2);
  ids << 1, 2, 1, 2, 1, 3, 0, 0, 5, -1, 1, 2;
  auto const r = sidera::report_collisions(ids);
  CHECK(r.items == 5);
  CHECK(r.skipped == 1);
  CHECK(r.distinct == 3);
  CHECK(r.alone == 2);
  CHECK(r.largest_bucket == 3);
  CHECK(r.unique_ratio == 3. / 5);
  CHECK(r.collision_rate == 2. / 5);
  CHECK(r.no_collision_rate == 2. / 5);
  CHECK(r.buckets_of_size == std::vector<std::size_t>{0, 2, 0, 1});
  double const entropy = -(.2 * std::log(.2) * 2 + .6 * std::log(.6));
  CHECK(r.entropy_ratio == doctest::Approx(entropy / std::log(5)).epsilon(1e-14));
  CHECK(r.gini == doctest::Approx((-2. * 1 + 0. * 1 + 2. * 3) / 15).epsilon(1e-14));
}

TEST_CASE("collision report: nobody, one item, all alike, all different") {
  auto const nobody = sidera::report_collisions(sidera::code_matrix(0, 3));
  CHECK(nobody.items == 0);
  CHECK(nobody.unique_ratio == 0);
  auto const without = sidera::report_collisions(sidera::code_matrix::Constant(4, 2, -1));
  CHECK(without.items == 0);
  CHECK(without.skipped == 4);
  auto const one = sidera::report_collisions(sidera::code_matrix::Zero(1, 3));
  CHECK(one.unique_ratio == 1);
  CHECK(one.no_collision_rate == 1);
  CHECK(one.entropy_ratio == 1);
  auto const alike = sidera::report_collisions(sidera::code_matrix::Zero(10, 2));
  CHECK(alike.distinct == 1);
  CHECK(alike.no_collision_rate == 0);
  CHECK(alike.largest_bucket == 10);
  CHECK(alike.entropy_ratio == 0);
  sidera::code_matrix different(10, 1);
  for (int i = 0; i < 10; ++i) different(i, 0) = i;
  CHECK(sidera::report_collisions(different).entropy_ratio == doctest::Approx(1));
  CHECK(sidera::report_collisions(different).gini == 0);
}

TEST_CASE("the IDs released with amazon_industrial_sid: 3670 of 3686 are distinct") {
  char const* const data = std::getenv("SIDERA_DATA_DIR");
  if (data == nullptr) {
    MESSAGE("skipped: SIDERA_DATA_DIR is not set");
    return;
  }
  auto const r =
      sidera::report_collisions(sidera::load_codes(std::string(data) + "/amazon_industrial_sid/released_sid.npy"));
  CHECK(r.items == 3686);
  CHECK(r.distinct == 3670);
}
