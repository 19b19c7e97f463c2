// SPDX-License-Identifier: MIT
#pragma once
/// \file  Arrays inside NumPy .npz archives, as numpy.savez writes them: zip files whose members are stored, not
/// deflated.
#include <algorithm>
#include <sidera/io/crc32.hpp>
#include <sidera/io/npy.hpp>

namespace sidera::inline SIDERA_ABI {

namespace detail {

/// One member as the central directory of the archive describes it.
struct zip_member {
  std::string name;
  std::uint16_t method = 0;
  std::uint32_t crc = 0;
  std::uint64_t size = 0;       ///< in the archive
  std::uint64_t full_size = 0;  ///< after inflating
  std::uint64_t header_at = 0;  ///< of the local header
};

/// Reads numbers off bytes and refuses to leave them.
class zip_cursor {
 public:
  zip_cursor(byte_span bytes, std::uint64_t at, std::string_view path) : bytes_(bytes), at_(at), path_(path) {
    if (at > bytes.size()) fail();
  }
  template <class T>
  [[nodiscard]] T number() {
    return load_number<T>(take(sizeof(T)).data());
  }
  [[nodiscard]] byte_span take(std::uint64_t count) {
    if (count > bytes_.size() - at_) fail();
    auto const part = bytes_.subspan(at_, count);
    at_ += count;
    return part;
  }
  void skip(std::uint64_t count) { static_cast<void>(take(count)); }
  void expect(std::uint32_t signature) {
    if (number<std::uint32_t>() != signature) fail();
  }
  [[nodiscard]] std::uint64_t at() const noexcept { return at_; }
  [[nodiscard]] bool done() const noexcept { return at_ == bytes_.size(); }

 private:
  [[noreturn]] void fail() const { throw file_error(path_, "is a damaged zip archive"); }

  byte_span bytes_;
  std::uint64_t at_;
  std::string_view path_;
};

}  // namespace detail

/// The bytes of an archive. Zip64 is read; encrypted, split and deflated archives are refused by name.
class npz_view {
 public:
  npz_view(byte_span bytes, std::string path) : bytes_(bytes), path_(std::move(path)) { read_directory(); }

  /// The names of the arrays, without ".npy", in the order of the archive.
  [[nodiscard]] std::vector<std::string> names() const {
    std::vector<std::string> out;
    for (auto const& member : members_) out.push_back(array_name(member));
    return out;
  }

  /// The array called `name`; its checksum is verified. The view lives as long as the bytes. An empty name takes the
  /// only array of the archive.
  [[nodiscard]] npy_array_view array(std::string const& name) const {
    detail::zip_member const& member = find(name);
    std::string const label = path_ + ":" + array_name(member);
    if (member.method != 0)
      throw file_error(label, "is compressed; save the archive with numpy.savez, not numpy.savez_compressed");
    byte_span const content = content_of(member, label);
    if (crc32::of(content) != member.crc) throw file_error(label, "is damaged: its checksum does not match");
    return {content, label};
  }

 private:
  [[nodiscard]] static std::string array_name(detail::zip_member const& member) {
    return member.name.ends_with(".npy") ? member.name.substr(0, member.name.size() - 4) : member.name;
  }

  [[nodiscard]] detail::zip_member const& find(std::string const& name) const {
    if (name.empty() && members_.size() == 1) return members_.front();
    auto const found =
        std::find_if(members_.begin(), members_.end(), [&](auto const& member) { return array_name(member) == name; });
    if (found != members_.end()) return *found;
    std::string have;
    for (std::size_t i = 0; i < std::min<std::size_t>(members_.size(), 20); ++i)
      have += (i == 0 ? "" : ", ") + array_name(members_[i]);
    throw file_error(path_, (name.empty() ? std::string("name one of its arrays, as in file.npz:name")
                                          : "has no array '" + name + "'") +
                                "; it has: " + (have.empty() ? "none" : have));
  }

  /// The local header repeats name and extra fields with lengths of its own; only those are needed from it.
  [[nodiscard]] byte_span content_of(detail::zip_member const& member, std::string_view label) const {
    detail::zip_cursor at(bytes_, member.header_at, label);
    at.expect(0x04034b50);
    at.skip(2);
    if ((at.number<std::uint16_t>() & 1) != 0) throw file_error(label, "is encrypted");
    if (at.number<std::uint16_t>() != member.method || member.size != member.full_size)
      throw file_error(label, "is a damaged zip archive");
    at.skip(16);
    auto const name_length = at.number<std::uint16_t>();
    auto const extra_length = at.number<std::uint16_t>();
    at.skip(std::uint64_t{name_length} + extra_length);
    return at.take(member.size);
  }

  /// The end record is searched from the back, because a comment of up to 64 KiB may follow it.
  void read_directory() {
    constexpr std::size_t record = 22;
    if (bytes_.size() < record) throw file_error(path_, "is not a zip archive");
    std::size_t const last = bytes_.size() - record, first = last > 65535 ? last - 65535 : 0;
    for (std::size_t at = last + 1; at-- > first;) {
      if (load_number<std::uint32_t>(bytes_.data() + at) != 0x06054b50) continue;
      if (load_number<std::uint16_t>(bytes_.data() + at + 20) != bytes_.size() - at - record) continue;
      return read_members(at);
    }
    throw file_error(path_, "is not a zip archive, or is cut short");
  }

  void read_members(std::size_t end_record) {
    detail::zip_cursor end(bytes_, end_record, path_);
    end.skip(10);
    std::uint64_t count = end.number<std::uint16_t>();
    std::uint64_t size = end.number<std::uint32_t>();
    std::uint64_t start = end.number<std::uint32_t>();
    if (count == 0xFFFF || size == 0xFFFFFFFF || start == 0xFFFFFFFF) read_zip64_end(end_record, count, start);
    detail::zip_cursor at(bytes_, start, path_);
    for (std::uint64_t i = 0; i < count; ++i) members_.push_back(read_member(at));
  }

  void read_zip64_end(std::size_t end_record, std::uint64_t& count, std::uint64_t& start) const {
    if (end_record < 20) throw file_error(path_, "is a damaged zip archive");
    detail::zip_cursor locator(bytes_, end_record - 20, path_);
    locator.expect(0x07064b50);
    locator.skip(4);
    detail::zip_cursor record(bytes_, locator.number<std::uint64_t>(), path_);
    record.expect(0x06064b50);
    record.skip(28);
    count = record.number<std::uint64_t>();
    record.skip(8);
    start = record.number<std::uint64_t>();
  }

  [[nodiscard]] detail::zip_member read_member(detail::zip_cursor& at) const {
    detail::zip_member member;
    at.expect(0x02014b50);
    at.skip(6);
    member.method = at.number<std::uint16_t>();
    at.skip(4);
    member.crc = at.number<std::uint32_t>();
    member.size = at.number<std::uint32_t>();
    member.full_size = at.number<std::uint32_t>();
    auto const name_length = at.number<std::uint16_t>();
    auto const extra_length = at.number<std::uint16_t>();
    auto const comment_length = at.number<std::uint16_t>();
    at.skip(8);
    member.header_at = at.number<std::uint32_t>();
    member.name = as_text(at.take(name_length));
    read_zip64_extra(member, at.take(extra_length));
    at.skip(comment_length);
    return member;
  }

  /// Sizes beyond 4 GiB are 0xFFFFFFFF in the record and stand in an extra field with id 1, in this order.
  void read_zip64_extra(detail::zip_member& member, byte_span extra) const {
    detail::zip_cursor at(extra, 0, path_);
    while (!at.done()) {
      auto const id = at.number<std::uint16_t>();
      auto const length = at.number<std::uint16_t>();
      detail::zip_cursor field(at.take(length), 0, path_);
      if (id != 1) continue;
      for (std::uint64_t* value : {&member.full_size, &member.size, &member.header_at})
        if (*value == 0xFFFFFFFF) *value = field.number<std::uint64_t>();
    }
  }

  byte_span bytes_;
  std::string path_;
  std::vector<detail::zip_member> members_;
};

/// An archive, mapped into memory.
class npz_file {
 public:
  explicit npz_file(std::string const& path) : file_(path), view_(file_.bytes(), path) {}
  [[nodiscard]] npz_view const* operator->() const noexcept { return &view_; }

 private:
  mapped_file file_;
  npz_view view_;
};

}  // namespace sidera::inline SIDERA_ABI
