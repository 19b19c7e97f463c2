// SPDX-License-Identifier: MIT
#pragma once
/// \file  Files that appear whole or not at all.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <sidera/io/bytes.hpp>
#include <system_error>
#include <utility>

namespace sidera::inline SIDERA_ABI {

/// The calls that \ref basic_atomic_file makes into the operating system. A test puts failing ones in their place.
struct posix_calls {
  [[nodiscard]] int open(char const* path, int flags, mode_t mode) const { return ::open(path, flags, mode); }
  [[nodiscard]] ssize_t write(int fd, void const* from, std::size_t size) const { return ::write(fd, from, size); }
  [[nodiscard]] int fsync(int fd) const { return ::fsync(fd); }
  [[nodiscard]] int close(int fd) const { return ::close(fd); }
  [[nodiscard]] int rename(char const* from, char const* to) const { return ::rename(from, to); }
};

/// Writes a temporary file beside `path` and puts it in place with `commit`: readers see the old file or the new one,
/// never a part, whatever happens in between.
///
/// `commit` = fsync of the temporary, rename over `path`, fsync of the folder. An object that is destroyed without a
/// commit, also because a write threw, removes its temporary and leaves the old file untouched. Symbolic links are
/// followed; an existing file keeps its permissions. What is no regular file (/dev/stdout, a pipe) is written directly.
/// Throws file_error, with the reason of the system. If only the last step fails, the sync of the folder, the new file
/// is in place but may be lost in a power cut; the error says so.
template <class Calls = posix_calls>
class basic_atomic_file {
 public:
  explicit basic_atomic_file(std::string path, Calls calls = {}) : path_(std::move(path)), calls_(std::move(calls)) {
    struct stat status {};
    bool const exists = ::stat(path_.c_str(), &status) == 0;
    if (exists && S_ISDIR(status.st_mode)) throw file_error(path_, "is a folder");
    if (exists && !S_ISREG(status.st_mode)) {
      open_directly();
      return;
    }
    target_ = exists ? resolved(path_) : end_of_links(path_);
    open_temporary();
    if (!exists || ::fchmod(fd_, status.st_mode & 07777) == 0) return;
    auto const error = failure("cannot set the permissions of the new file");
    discard();
    throw error;
  }
  ~basic_atomic_file() { discard(); }
  basic_atomic_file(basic_atomic_file const&) = delete;
  basic_atomic_file& operator=(basic_atomic_file const&) = delete;

  /// Appends bytes.
  void write(byte_span bytes) {
    if (fd_ < 0) throw file_error(path_, "is already complete");
    while (!bytes.empty()) {
      ssize_t const n = calls_.write(fd_, bytes.data(), bytes.size());
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) throw failure("cannot write");
      if (n == 0) throw file_error(path_, "cannot write: the system took no bytes");
      bytes = bytes.subspan(static_cast<std::size_t>(n));
    }
  }
  void write(std::string_view text) { write(as_byte_span(text)); }

  /// Puts the file in place. To be called once, last.
  void commit() {
    if (fd_ < 0) throw file_error(path_, "is already complete");
    if (temporary_.empty()) return close_checked();
    if (calls_.fsync(fd_) != 0) throw failure("cannot write to the disk");
    close_checked();
    if (calls_.rename(temporary_.c_str(), target_.c_str()) != 0) throw failure("cannot replace");
    temporary_.clear();
    sync_folder();
  }

 private:
  [[nodiscard]] file_error failure(std::string_view what, int code = errno) const {
    return {path_, std::string(what) + ": " + std::generic_category().message(code)};
  }

  [[nodiscard]] static std::string resolved(std::string const& path) {
    std::unique_ptr<char, void (*)(void*)> const real(::realpath(path.c_str(), nullptr), &std::free);
    return real ? std::string(real.get()) : path;
  }

  /// Where a file that does not exist yet will be: a symbolic link may point at it.
  [[nodiscard]] static std::string end_of_links(std::filesystem::path path) {
    std::error_code problem;
    for (int links = 0; std::filesystem::is_symlink(path, problem); ++links) {
      if (links == 40) throw file_error(path.string(), "leads through too many symbolic links");
      std::filesystem::path const to = std::filesystem::read_symlink(path, problem);
      if (problem) break;
      path = to.is_absolute() ? to : path.parent_path() / to;
    }
    return path.string();
  }

  void open_directly() {
    fd_ = calls_.open(path_.c_str(), O_WRONLY | O_CLOEXEC, 0);
    if (fd_ < 0) throw failure("cannot open for writing");
  }

  /// A file of the same name that a killed process left behind is skipped, not overwritten: it may be in use.
  void open_temporary() {
    std::string const start = target_ + ".tmp-" + std::to_string(::getpid()) + "-";
    for (int attempt = 0; attempt < 1000; ++attempt) {
      temporary_ = start + std::to_string(attempt);
      fd_ = calls_.open(temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
      if (fd_ >= 0) return;
      if (errno != EEXIST) break;
    }
    int const code = errno;
    temporary_.clear();
    throw failure("cannot create a temporary file beside it", code);
  }

  void close_checked() {
    if (calls_.close(std::exchange(fd_, -1)) != 0) throw failure("cannot close");
  }

  /// The new name is on the disk only when its folder is.
  void sync_folder() {
    auto const slash = target_.rfind('/');
    std::string const folder = slash == std::string::npos ? "." : target_.substr(0, slash + 1);
    int const fd = calls_.open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
    int const result = fd < 0 ? -1 : calls_.fsync(fd);
    int const code = errno;
    if (fd >= 0) ::close(fd);
    // Some file systems have no fsync for folders and say EINVAL.
    if (result != 0 && code != EINVAL)
      throw failure("is complete, but its folder could not be written to the disk", code);
  }

  void discard() noexcept {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
    if (!temporary_.empty()) ::unlink(temporary_.c_str());
    temporary_.clear();
  }

  std::string path_, target_, temporary_;
  Calls calls_;
  int fd_ = -1;
};

using atomic_file = basic_atomic_file<>;

/// Replaces the file at `path` by `content`, whole or not at all; see \ref basic_atomic_file.
inline void write_file(std::string const& path, std::string_view content) {
  atomic_file file(path);
  file.write(content);
  file.commit();
}

}  // namespace sidera::inline SIDERA_ABI
