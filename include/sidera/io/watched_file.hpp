// SPDX-License-Identifier: MIT
#pragma once
/// \file  Files that are read again and again, and must stay what they were.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <memory>
#include <sidera/io/mapped_file.hpp>

namespace sidera::inline SIDERA_ABI {

/// A regular file that is read at any place into the caller's memory. Every read first checks that size and time of the
/// last change are those of the opening.
///
/// Not a memory map, on purpose: a shard that another process cuts short ends in an error that names it, not in a
/// SIGBUS, and pages that were read once do not count as memory of this process. Copies share the open file.
class watched_file {
 public:
  /// Throws file_error for what is missing, unreadable or no regular file.
  explicit watched_file(std::string path) : path_(std::move(path)) {
    file_ = std::make_shared<detail::descriptor const>(::open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (file_->get() < 0) throw detail::system_failure(path_, "cannot open");
    seen_ = state();
    if (!S_ISREG(seen_.mode)) throw file_error(path_, "is not a regular file");
  }

  [[nodiscard]] std::size_t size() const noexcept { return static_cast<std::size_t>(seen_.size); }
  [[nodiscard]] std::string const& path() const noexcept { return path_; }

  /// Fills `to` with the bytes from `offset` on. Throws file_error when the file has changed or ends before.
  void read(std::size_t offset, std::span<std::byte> to) const {
    require_unchanged();
    while (!to.empty()) {
      ssize_t const n = ::pread(file_->get(), to.data(), to.size(), static_cast<off_t>(offset));
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) throw detail::system_failure(path_, "cannot read");
      if (n == 0) throw file_error(path_, "is cut short: it ends at byte " + std::to_string(offset));
      offset += static_cast<std::size_t>(n);
      to = to.subspan(static_cast<std::size_t>(n));
    }
  }

 private:
  struct file_state {
    mode_t mode = 0;
    off_t size = 0;
    std::int64_t seconds = 0, nanoseconds = 0;
    bool operator==(file_state const&) const = default;
  };

  [[nodiscard]] file_state state() const {
    struct stat status {};
    if (::fstat(file_->get(), &status) != 0) throw detail::system_failure(path_, "cannot stat");
    return {status.st_mode, status.st_size, static_cast<std::int64_t>(status.st_mtim.tv_sec),
            static_cast<std::int64_t>(status.st_mtim.tv_nsec)};
  }
  void require_unchanged() const {
    file_state const now = state();
    if (now.size != seen_.size)
      throw file_error(path_, "has changed while it was in use: " + std::to_string(now.size) + " bytes, it had " +
                                  std::to_string(seen_.size));
    if (!(now == seen_)) throw file_error(path_, "has changed while it was in use");
  }

  std::string path_;
  std::shared_ptr<detail::descriptor const> file_;
  file_state seen_;
};

}  // namespace sidera::inline SIDERA_ABI
