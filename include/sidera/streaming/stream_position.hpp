// SPDX-License-Identifier: MIT
#pragma once
/// \file  Where a streamed training stands between two passes, and how that is saved.
#include <optional>
#include <sidera/core/checkpoint_identity.hpp>
#include <sidera/core/number_text.hpp>
#include <sidera/io/load_fields.hpp>
#include <sidera/io/save_fields.hpp>
#include <sidera/quantizers/fit_report.hpp>
#include <sidera/quantizers/quantizer_fields.hpp>
#include <string>

namespace sidera::inline SIDERA_ABI {

/// One training of one level, complete or not.
template <Scalar T>
struct stream_attempt {
  codebook<T> book;
  level_report report;
};

/// The state between an update of the words and the pass that follows it. Together with the rows it decides every bit
/// of the rest.
template <Scalar T>
struct stream_position {
  static constexpr char const* version = "2";

  std::vector<stream_attempt<T>> done;    ///< one per finished level
  std::optional<stream_attempt<T>> best;  ///< of the restarts of this level so far
  std::size_t restart = 0;                ///< which one is under way
  stream_attempt<T> now;                  ///< words after the update; iterations so far
  std::vector<double> memory;             ///< of the update rule, as its numbers(); empty where it has none
  std::uint64_t rows = 0;                 ///< fingerprint of all rows
  std::uint64_t fingerprint = 0;          ///< of the codes before the update
  bool revived = false;                   ///< the update was followed by words that moved to far rows
  std::optional<double> objective;        ///< of the iteration before, once there is one
  std::vector<double> mean;               ///< of the rows
  double variation = 0;                   ///< summed squared deviations from it; from the second level on
};

namespace detail {

inline void put_report(field_set& f, std::string const& name, level_report const& r) {
  f.metadata[name + ".iterations"] = to_text(r.iterations);
  f.metadata[name + ".stopped"] = to_text(static_cast<int>(r.stopped));
  f.metadata[name + ".dead_words"] = to_text(r.dead_words);
  f.put(name + ".figures", std::vector<double>{r.objective, r.relative_error, r.perplexity});
}
[[nodiscard]] inline level_report get_report(field_set const& f, std::string const& name) {
  constexpr std::string_view where = "fit_stream";
  auto const& figures = f.get_vector<double>(name + ".figures");
  auto const stopped = from_text<int>(f.get_text(name + ".stopped"), where);
  if (figures.size() != 3 || stopped < 0 || stopped > static_cast<int>(stop_reason::frozen))
    throw value_error(where, "the report of " + name + " is none");
  return {from_text<std::size_t>(f.get_text(name + ".iterations"), where),
          static_cast<stop_reason>(stopped),
          figures[0],
          figures[1],
          figures[2],
          from_text<std::size_t>(f.get_text(name + ".dead_words"), where)};
}
template <Scalar T>
void put_attempt(field_set& f, std::string const& name, stream_attempt<T> const& a) {
  f.put(name + ".words", a.book.words);
  put_report(f, name, a.report);
}
template <Scalar T>
[[nodiscard]] stream_attempt<T> get_attempt(field_set const& f, std::string const& name) {
  return {{f.get_matrix<T>(name + ".words")}, get_report(f, name)};
}

}  // namespace detail

/// `identity` says what is trained on what: a position belongs to one identity and is refused by all others.
template <Scalar T>
[[nodiscard]] field_set position_fields(stream_position<T> const& p, checkpoint_identity const& identity) {
  field_set f;
  put_identity(f, identity);
  f.metadata["model"] = "stream_position";
  f.metadata["version"] = stream_position<T>::version;
  f.metadata["done"] = to_text(p.done.size());
  f.metadata["restart"] = to_text(p.restart);
  f.metadata["rows"] = to_text(p.rows);
  f.metadata["fingerprint"] = to_text(p.fingerprint);
  f.metadata["revived"] = p.revived ? "yes" : "no";
  for (std::size_t l = 0; l < p.done.size(); ++l) detail::put_attempt(f, "level_" + to_text(l), p.done[l]);
  if (p.best) detail::put_attempt(f, "best", *p.best);
  detail::put_attempt(f, "now", p.now);
  if (p.objective) f.put("objective", std::vector<double>{*p.objective});
  if (!p.memory.empty()) f.put("memory", p.memory);
  f.put("mean", p.mean);
  f.put("variation", std::vector<double>{p.variation});
  return f;
}

/// Throws value_error for fields of something else or of another identity, and then says what differs.
template <Scalar T>
[[nodiscard]] stream_position<T> position_of(field_set const& f, checkpoint_identity const& identity) {
  constexpr std::string_view where = "fit_stream";
  constexpr char const* version = stream_position<T>::version;
  f.require_model("stream_position", where);
  if (f.get_text("version") != version)
    throw value_error(where, "the checkpoint has version " + f.get_text("version") + ", expected " + version);
  require_identity(f, identity, where);
  stream_position<T> p;
  auto const done = from_text<std::size_t>(f.get_text("done"), where);
  for (std::size_t l = 0; l < done; ++l) p.done.push_back(detail::get_attempt<T>(f, "level_" + to_text(l)));
  p.restart = from_text<std::size_t>(f.get_text("restart"), where);
  p.rows = from_text<std::uint64_t>(f.get_text("rows"), where);
  p.fingerprint = from_text<std::uint64_t>(f.get_text("fingerprint"), where);
  p.revived = f.get_text("revived") == "yes";
  if (f.tensors.contains("best.words")) p.best = detail::get_attempt<T>(f, "best");
  p.now = detail::get_attempt<T>(f, "now");
  if (f.tensors.contains("objective")) p.objective = f.get_number<double>("objective");
  if (f.tensors.contains("memory")) p.memory = f.get_vector<double>("memory");
  p.mean = f.get_vector<double>("mean");
  p.variation = f.get_number<double>("variation");
  return p;
}

}  // namespace sidera::inline SIDERA_ABI
