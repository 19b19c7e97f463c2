// SPDX-License-Identifier: MIT
#pragma once
#include <sidera/core/config.hpp>

namespace sidera::inline SIDERA_ABI {

/// Types in an order, without a value.
template <class... P>
struct type_list {};

/// Calls visit(type_list<A, B, ...>{}) for each choice of one type from each list; the last list turns fastest.
/// Whatever derives from a type_list is one.
template <class Visit, class... Chosen>
void visit_product(Visit const& visit, type_list<Chosen...> chosen) {
  visit(chosen);
}
template <class Visit, class... Chosen, class... P, class... Rest>
void visit_product(Visit const& visit, type_list<Chosen...>, type_list<P...>, Rest... rest) {
  (visit_product(visit, type_list<Chosen..., P>{}, rest...), ...);
}

}  // namespace sidera::inline SIDERA_ABI
