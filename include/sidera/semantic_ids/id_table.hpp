// SPDX-License-Identifier: MIT
#pragma once
#include <numeric>
#include <sidera/core/fields.hpp>
#include <sidera/core/level_codes.hpp>
#include <sidera/evaluation/usage_statistics.hpp>

namespace sidera::inline SIDERA_ABI {

/// The published IDs of a catalogue: one row of codes per item, the words per level, and which model they came from.
///
/// Rows are only ever added, never changed: others may have stored the IDs. The version counts the additions.
class id_table {
 public:
  /// `model` names the codebooks the IDs were made with, best by \ref fields_fingerprint. Throws shape_error unless
  /// there is one word count per level, value_error, with the row, for a code without a word.
  id_table(code_matrix ids, std::vector<std::size_t> words, std::string model = {})
      : ids_(std::move(ids)), words_(std::move(words)), model_(std::move(model)) {
    check(ids_, words_);
  }

  [[nodiscard]] code_matrix const& ids() const noexcept { return ids_; }
  [[nodiscard]] std::size_t items() const noexcept { return row_count(ids_); }
  [[nodiscard]] std::size_t levels() const noexcept { return words_.size(); }
  [[nodiscard]] std::vector<std::size_t> const& words() const noexcept { return words_; }
  [[nodiscard]] std::string const& model() const noexcept { return model_; }
  [[nodiscard]] std::int64_t version() const noexcept { return version_; }

  /// Throws value_error unless the IDs came from this model: codes of other codebooks mean something else.
  void require_model(std::string_view model) const {
    if (model != model_)
      throw value_error("id_table", "the IDs came from model " + model_.substr(0, 12) + ", this is model " +
                                        std::string(model.substr(0, 12)));
  }

  /// Adds items behind the published ones. A level may have grown (an extra digit), never shrunk.
  void append(code_matrix_cref const& ids, std::vector<std::size_t> const& words) {
    check(ids, words);
    if (words.size() != words_.size())
      throw shape_error("id_table::append", "the new IDs have " + std::to_string(words.size()) +
                                                " levels, the table has " + std::to_string(words_.size()));
    code_matrix joined(ids_.rows() + ids.rows(), ids.cols());
    joined << ids_, ids;
    for (std::size_t l = 0; l < words.size(); ++l) words_[l] = std::max(words_[l], words[l]);
    ids_ = std::move(joined);
    ++version_;
  }

  /// The usage of each level.
  [[nodiscard]] std::vector<usage_statistics> usage() const {
    std::vector<usage_statistics> out;
    for (std::size_t l = 0; l < levels(); ++l) out.push_back(usage_of(level_codes(ids_, l), words_[l]));
    return out;
  }

  /// The table as fields, to be saved by io/.
  [[nodiscard]] field_set fields() const {
    field_set out;
    out.metadata = {{"kind", "id_table"}, {"model", model_}};
    out.tensors["ids"] = {{items(), levels()}, std::vector<std::int32_t>(ids_.data(), ids_.data() + ids_.size())};
    out.put("words", std::vector<std::int64_t>(words_.begin(), words_.end()));
    out.put("version", std::vector<std::int64_t>{version_});
    return out;
  }

  /// Throws value_error or shape_error for fields that are no ID table.
  [[nodiscard]] static id_table from_fields(field_set const& fields) {
    if (fields.get_text("kind") != "id_table") throw value_error("id_table", "the fields hold no ID table");
    auto const& values = fields.get_vector<std::int32_t>("ids");
    auto const& shape = fields.tensors.at("ids").shape;
    std::vector<std::size_t> words;
    for (std::int64_t const k : fields.get_vector<std::int64_t>("words")) {
      if (k < 0) throw value_error("id_table", "a level has a negative number of words");
      words.push_back(static_cast<std::size_t>(k));
    }
    if (shape.size() != 2 || shape[1] != words.size() || shape[0] * shape[1] != values.size())
      throw shape_error("id_table", "the IDs do not have one column per level");
    code_matrix ids(static_cast<index_t>(shape[0]), static_cast<index_t>(shape[1]));
    std::copy(values.begin(), values.end(), ids.data());
    id_table out(std::move(ids), std::move(words), fields.get_text("model"));
    auto const& version = fields.get_vector<std::int64_t>("version");
    if (version.size() != 1 || version[0] < 1) throw value_error("id_table", "the version is no number from 1 on");
    out.version_ = version[0];
    return out;
  }

 private:
  static void check(code_matrix_cref const& ids, std::vector<std::size_t> const& words) {
    require_columns(ids, words.size(), "id_table", "ids");
    for (index_t i = 0; i < ids.rows(); ++i)
      for (index_t l = 0; l < ids.cols(); ++l)
        if (ids(i, l) >= 0 && static_cast<std::size_t>(ids(i, l)) >= words[static_cast<std::size_t>(l)])
          throw value_error("id_table",
                            "row " + std::to_string(i) + " has code " + std::to_string(ids(i, l)) + " at level " +
                                std::to_string(l) + ", there are " +
                                std::to_string(words[static_cast<std::size_t>(l)]) + " words",
                            static_cast<std::size_t>(i));
  }

  code_matrix ids_;
  std::vector<std::size_t> words_;
  std::string model_;
  std::int64_t version_ = 1;
};

}  // namespace sidera::inline SIDERA_ABI
