// SPDX-License-Identifier: MIT
#pragma once
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <sidera/io/bytes.hpp>
#include <system_error>
#include <utility>

namespace sidera::inline SIDERA_ABI {

namespace detail {
/// "what: reason of errno", as a file_error.
[[nodiscard]] inline file_error system_failure(std::string_view path, std::string_view what, int code = errno) {
  return {path, std::string(what) + ": " + std::generic_category().message(code)};
}

/// Closes a file descriptor at the end of a scope.
class descriptor {
 public:
  explicit descriptor(int fd) noexcept : fd_(fd) {}
  ~descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  descriptor(descriptor const&) = delete;
  descriptor& operator=(descriptor const&) = delete;
  [[nodiscard]] int get() const noexcept { return fd_; }

 private:
  int fd_;
};
}  // namespace detail

/// The bytes of a regular file, mapped read-only into memory: opening costs nothing, pages are read when touched.
///
/// Throws file_error for what is missing, no regular file (a folder, a pipe) or unreadable. Another process that
/// shortens the file while it is mapped ends this one with SIGBUS, as with every memory map; files that sidera replaces
/// are safe, because \ref atomic_file puts a new file in place and never shortens the old one.
class mapped_file {
 public:
  explicit mapped_file(std::string path) : path_(std::move(path)) {
    detail::descriptor const file(::open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (file.get() < 0) throw detail::system_failure(path_, "cannot open");
    struct stat status {};
    if (::fstat(file.get(), &status) != 0) throw detail::system_failure(path_, "cannot stat");
    if (!S_ISREG(status.st_mode)) throw file_error(path_, "is not a regular file");
    size_ = static_cast<std::size_t>(status.st_size);
    if (size_ == 0) return;
    void* const start = ::mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, file.get(), 0);
    if (start == MAP_FAILED) throw detail::system_failure(path_, "cannot map");
    start_ = static_cast<std::byte const*>(start);
  }
  mapped_file(mapped_file&& other) noexcept
      : path_(std::move(other.path_)),
        start_(std::exchange(other.start_, nullptr)),
        size_(std::exchange(other.size_, 0)) {}
  mapped_file& operator=(mapped_file&& other) noexcept {
    std::swap(path_, other.path_);
    std::swap(start_, other.start_);
    std::swap(size_, other.size_);
    return *this;
  }
  ~mapped_file() {
    if (start_ != nullptr) ::munmap(const_cast<std::byte*>(start_), size_);
  }

  [[nodiscard]] byte_span bytes() const noexcept { return {start_, size_}; }
  [[nodiscard]] std::string const& path() const noexcept { return path_; }

 private:
  std::string path_;
  std::byte const* start_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace sidera::inline SIDERA_ABI
