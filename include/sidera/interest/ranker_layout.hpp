// SPDX-License-Identifier: MIT
#pragma once
/// \file  What a ranker looks at, as data: DIN, DIN with semantic IDs and MCCA differ in nothing else.
#include <sidera/interest/item_view.hpp>

namespace sidera::inline SIDERA_ABI {

/// One summary of the history: the items as view `keys` shows them, attended by the target as view `query` shows it.
struct interest {
  std::string keys, query;
};

/// Views of the items, summaries of the history, and the views of the target that the tower sees beside them.
///
/// The tower reads u = [ h of each interest ; e of the target in each view of `target` ].
struct ranker_layout {
  std::vector<item_view> views;
  std::vector<interest> interests;
  std::vector<std::string> target;

  /// The position of a view; throws value_error when there is none of that name.
  [[nodiscard]] std::size_t find(std::string const& name) const {
    for (std::size_t v = 0; v < views.size(); ++v)
      if (views[v].name == name) return v;
    throw value_error("ranker_layout", "no view \"" + name + "\"");
  }
};

/// Deep interest network on item numbers alone; Zhou et al., KDD 2018.
[[nodiscard]] inline ranker_layout din_layout(std::size_t items) {
  return {{item_numbers(items)}, {{"id", "id"}}, {"id"}};
}

/// DIN with semantic IDs beside the item numbers: each view has its own history and its own query.
[[nodiscard]] inline ranker_layout din_layout(std::size_t items, std::vector<item_view> views) {
  ranker_layout layout;
  for (item_view& view : views) {
    layout.interests.push_back({view.name, view.name});
    layout.target.push_back(view.name);
    layout.views.push_back(std::move(view));
  }
  layout.views.push_back(item_numbers(items));
  layout.interests.push_back({"id", "id"});
  layout.target.insert(layout.target.begin(), "id");
  return layout;
}

/// MCCA: the histories of every modality and of the joint view are attended by the joint view of the target, and
/// u = [h^1 ; ... ; h^o ; h^r ; e^r ; e^o]; arXiv 2508.20359.
///
/// Without modalities this is MCCA without modal-specific codebooks.
[[nodiscard]] inline ranker_layout mcca_layout(std::size_t items, std::vector<item_view> modalities, item_view joint) {
  ranker_layout layout;
  for (item_view& view : modalities) {
    layout.interests.push_back({view.name, joint.name});
    layout.views.push_back(std::move(view));
  }
  layout.interests.push_back({joint.name, joint.name});
  layout.interests.push_back({"id", "id"});
  layout.target = {"id", joint.name};
  layout.views.push_back(std::move(joint));
  layout.views.push_back(item_numbers(items));
  return layout;
}

/// MCCA without the modal-joint codebook: each modality's history is attended by the target's own codes in that
/// modality, which also take the place of e^o (the paper does not say what does).
[[nodiscard]] inline ranker_layout mcca_without_joint_layout(std::size_t items, std::vector<item_view> modalities) {
  return din_layout(items, std::move(modalities));
}

}  // namespace sidera::inline SIDERA_ABI
