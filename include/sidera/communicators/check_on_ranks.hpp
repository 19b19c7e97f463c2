// SPDX-License-Identifier: MIT
#pragma once
/// \file  Errors about the data of one rank that all ranks throw.
#include <sidera/communicators/concepts.hpp>
#include <sidera/core/error.hpp>
#include <sidera/core/rank_message.hpp>

namespace sidera::inline SIDERA_ABI {
namespace detail {

/// An argument_error of another rank, as one of the same type that names the rank.
class told_error {
 public:
  static void put(rank_message& to, argument_error const& e) {
    auto const* const value = dynamic_cast<value_error const*>(&e);
    to.put(value != nullptr                                  ? kind::value
           : dynamic_cast<shape_error const*>(&e) != nullptr ? kind::shape
                                                             : kind::other);
    to.put(std::uint64_t{value != nullptr && value->row() ? *value->row() + 1 : 0});
    put_text(to, e.function());
    put_text(to, e.message());
  }

  [[noreturn]] static void raise(std::size_t rank, rank_message from) {
    auto const k = from.number<char>();
    std::uint64_t const row = from.number();
    std::string const function = take_text(from);
    std::string const message = "rank " + std::to_string(rank) + ": " + take_text(from);
    if (k == kind::shape) throw shape_error(function, message);
    if (k == kind::value && row > 0) throw value_error(function, message, row - 1);
    if (k == kind::value) throw value_error(function, message);
    throw argument_error(function, message);
  }

 private:
  struct kind {
    static constexpr char value = 'v', shape = 's', other = 'o';
  };

  static void put_text(rank_message& to, std::string_view text) {
    to.put(std::uint64_t{text.size()});
    to.put_all(std::span(text));
  }
  [[nodiscard]] static std::string take_text(rank_message& from) {
    std::string text(from.number(), '\0');
    from.numbers(std::span(text));
    return text;
  }
};

}  // namespace detail

/// Calls `check()` on every rank. Where it throws an \ref argument_error on some of them, all ranks throw the one of
/// the lowest of these: of its type, with its row, and "rank r: " in front of the message. One rank alone throws its
/// own.
template <Communicator C, class F>
void check_on_ranks(C const& ranks, F const& check) {
  if (ranks.size() == 1) return check();
  rank_message own;
  try {
    check();
  } catch (argument_error const& e) {
    detail::told_error::put(own, e);
  }
  auto all = ranks.gather(own.bytes());
  for (std::size_t r = 0; r < all.size(); ++r)
    if (!all[r].empty()) detail::told_error::raise(r, rank_message(std::move(all[r])));
}

}  // namespace sidera::inline SIDERA_ABI
