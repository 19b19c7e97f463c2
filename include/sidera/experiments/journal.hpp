// SPDX-License-Identifier: MIT
#pragma once
/// \file  Finished experiments on disk, one line each, so that a grid that was killed goes on where it was.
#include <fstream>
#include <sidera/experiments/result_table.hpp>
#include <sidera/io/atomic_file.hpp>
#include <sidera/io/json_reader.hpp>
#include <sidera/io/mapped_file.hpp>

namespace sidera::inline SIDERA_ABI {

/// The file: a line that names the data, then a line of JSON per finished experiment. A last line that was cut off is
/// dropped. The same policies, numbers and seed on the same data are the same experiment, whatever grid they are in.
class journal {
 public:
  /// An empty path keeps nothing. `data` names the data. Throws file_error when the file is about other data.
  journal(std::string path, std::string const& data, std::vector<std::string> axes)
      : path_(std::move(path)), axes_(std::move(axes)) {
    if (path_.empty()) return;
    std::string const head = first_line(data);
    read(head);
    write_file(path_, head + kept_);  // without what was cut off
    kept_.clear();
    out_.open(path_, std::ios::app | std::ios::binary);
    if (!out_) throw file_error(path_, "cannot be written");
  }

  /// Fills in the figures when the experiment was finished before.
  [[nodiscard]] bool find(result_row& row) const {
    auto const at = done_.find(key_of(row));
    if (at == done_.end()) return false;
    row.figures = at->second.figures;
    row.error = at->second.error;
    return true;
  }

  /// Keeps a finished experiment; when this returns, the line has been handed to the system. Not to be called from two
  /// threads at once.
  void add(result_row const& row) {
    if (path_.empty()) return;
    out_ << json_line(axes_, row) + "\n" << std::flush;
    if (!out_) throw file_error(path_, "cannot be written");
  }

 private:
  struct outcome {
    named_numbers figures;
    std::string error;
  };

  [[nodiscard]] static std::string first_line(std::string const& data) {
    json_writer json;
    json.value(data);
    return json.text() + "\n";
  }

  [[nodiscard]] std::string key_of(result_row row) const {
    row.figures.clear();
    row.error.clear();
    return json_line(axes_, row);
  }

  void read(std::string const& head) {
    if (!std::ifstream(path_)) return;
    mapped_file const file(path_);
    std::string_view text(reinterpret_cast<char const*>(file.bytes().data()), file.bytes().size());
    if (text.empty()) return;
    if (text.substr(0, head.size()) != head)
      throw file_error(path_, "is no journal of experiments with these data: take another file or delete it");
    text.remove_prefix(head.size());
    for (std::size_t end = text.find('\n'); end != std::string_view::npos; end = text.find('\n')) {
      read_line(text.substr(0, end));
      kept_ += text.substr(0, end + 1);
      text.remove_prefix(end + 1);
    }
  }

  void read_line(std::string_view line) {
    result_row row;
    row.policies.resize(axes_.size());
    json_reader json(line, path_);
    json.object([&](std::string const& key) {
      auto const axis = std::find(axes_.begin(), axes_.end(), key);
      if (axis != axes_.end())
        row.policies[static_cast<std::size_t>(axis - axes_.begin())] = json.string();
      else if (key == "seed")
        row.point.seed = json.unsigned_integer();
      else if (key == "error")
        row.error = json.string();
      else if (key == "figures")
        json.object([&](std::string const& name) { row.figures.emplace_back(name, json.number()); });
      else
        row.point.numbers.emplace_back(key, json.number());
    });
    json.end();
    done_[key_of(row)] = {std::move(row.figures), std::move(row.error)};
  }

  std::string path_;
  std::vector<std::string> axes_;
  std::map<std::string, outcome> done_;
  std::string kept_;
  std::ofstream out_;
};

}  // namespace sidera::inline SIDERA_ABI
