// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <optional>
#include <sidera/communicators/check_on_ranks.hpp>
#include <sidera/communicators/serial.hpp>
#include <sidera/communicators/threads.hpp>

namespace {

struct told_text {
  std::string text, function;
  std::optional<std::size_t> row;
  bool operator==(told_text const&) const = default;
};

/// What each of three ranks catches as an E when ranks 1 and 2 throw `first` and `second`.
template <class E, class First>
std::vector<told_text> told_by(First const& first) {
  std::vector<told_text> found(3);
  sidera::run_ranks(3, [&](auto const& ranks) {
    try {
      sidera::check_on_ranks(ranks, [&] {
        if (ranks.rank() == 1) throw first;
        if (ranks.rank() == 2) throw sidera::not_fitted_error("third", "too late");
      });
    } catch (E const& e) {
      found[ranks.rank()] = {e.what(), e.function(), {}};
      if constexpr (std::same_as<E, sidera::value_error>) found[ranks.rank()].row = e.row();
    }
  });
  return found;
}

}  // namespace

TEST_CASE("check_on_ranks: every rank throws what the lowest rank that failed has thrown") {
  using sidera::shape_error;
  using sidera::value_error;
  auto const all = [](told_text const& one) { return std::vector<told_text>(3, one); };
  CHECK(told_by<value_error>(value_error("fit", "row 0 is bad", 0)) == all({"fit: rank 1: row 0 is bad", "fit", 0}));
  CHECK(told_by<value_error>(value_error("fit", "bad")) == all({"fit: rank 1: bad", "fit", {}}));
  CHECK(told_by<shape_error>(shape_error("a::b", "2 x 3")) == all({"a::b: rank 1: 2 x 3", "a::b", {}}));
  CHECK(told_by<sidera::argument_error>(sidera::not_fitted_error("x", "")) == all({"x: rank 1: ", "x", {}}));
}

TEST_CASE("check_on_ranks: without an error nothing happens, one rank throws its own, and other errors go through") {
  int calls = 0;
  sidera::check_on_ranks(sidera::serial_communicator{}, [&] { ++calls; });
  CHECK(calls == 1);
  CHECK_THROWS_WITH_AS(
      sidera::check_on_ranks(sidera::serial_communicator{}, [] { throw sidera::value_error("fit", "bad"); }),
      "fit: bad", sidera::value_error);
  sidera::run_ranks(2, [](auto const& ranks) { sidera::check_on_ranks(ranks, [] {}); });
  CHECK_THROWS_AS(sidera::run_ranks(2,
                                    [](auto const& ranks) {
                                      sidera::check_on_ranks(ranks, [&] {
                                        if (ranks.rank() == 1) throw std::length_error("no memory");
                                      });
                                    }),
                  std::length_error);
}
