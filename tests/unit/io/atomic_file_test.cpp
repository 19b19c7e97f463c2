// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <laws/thrown.hpp>
#include <sidera/io/atomic_file.hpp>
#include <sidera/io/mapped_file.hpp>

#include "temporary_folder.hpp"

using laws::message_of;
using sidera::atomic_file;
using sidera::file_error;

namespace {

/// Does something at the n-th call into the system (counted from 0) instead of making it.
struct interrupted_calls {
  enum class what { fail, kill };
  int* left;
  what then = what::fail;

  [[nodiscard]] bool now() const {
    if ((*left)-- != 0) return false;
    if (then == what::kill) ::raise(SIGKILL);
    errno = ENOSPC;
    return true;
  }
  [[nodiscard]] int open(char const* p, int f, mode_t m) const { return now() ? -1 : ::open(p, f, m); }
  [[nodiscard]] ssize_t write(int fd, void const* p, std::size_t n) const { return now() ? -1 : ::write(fd, p, n); }
  [[nodiscard]] int fsync(int fd) const { return now() ? -1 : ::fsync(fd); }
  [[nodiscard]] int close(int fd) const {
    bool const fails = now();
    ::close(fd);
    return fails ? -1 : 0;
  }
  [[nodiscard]] int rename(char const* a, char const* b) const { return now() ? -1 : ::rename(a, b); }
};

void replace(std::string const& path, interrupted_calls calls) {
  sidera::basic_atomic_file<interrupted_calls> file(path, calls);
  file.write("new ");
  file.write("content");
  file.commit();
}

constexpr int calls_until_rename = 6;  // open, write, write, fsync, close, rename
constexpr int calls_in_all = 8;        // open and fsync of the folder

}  // namespace

TEST_CASE("atomic_file: writes a new file and replaces an old one") {
  temporary_folder const folder;
  std::string const path = folder.file("a");
  sidera::write_file(path, "one");
  CHECK(content_of(path) == "one");
  sidera::write_file(path, "");
  CHECK(content_of(path).empty());
  CHECK(folder.file_count() == 1);
}

TEST_CASE("atomic_file: without a commit nothing changes") {
  temporary_folder const folder;
  std::string const path = folder.file("a");
  put_content(path, "old");
  {
    atomic_file file(path);
    file.write("half of the new con");
    CHECK(content_of(path) == "old");
  }
  CHECK(content_of(path) == "old");
  CHECK(folder.file_count() == 1);
}

TEST_CASE("atomic_file: any failing call before the rename leaves the old file and no temporary") {
  for (int failing = 0; failing < calls_in_all; ++failing) {
    CAPTURE(failing);
    temporary_folder const folder;
    std::string const path = folder.file("a");
    put_content(path, "old");
    int left = failing;
    std::string const message = message_of<file_error>([&] { replace(path, {&left}); });
    CHECK(message.find("No space left") != std::string::npos);
    CHECK(message.find(path) == 0);
    CHECK(content_of(path) == (failing < calls_until_rename ? "old" : "new content"));
    CHECK(folder.file_count() == 1);
  }
  temporary_folder const folder;
  int left = calls_in_all;
  replace(folder.file("a"), {&left});
  CHECK(left == 0);  // there is no further call that could have failed
}

TEST_CASE("atomic_file: a process killed before any call leaves the old file or the new one") {
  for (int killed = 0; killed < calls_in_all; ++killed) {
    CAPTURE(killed);
    temporary_folder const folder;
    std::string const path = folder.file("a");
    put_content(path, "old");
    ::pid_t const child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      int left = killed;
      replace(path, {&left, interrupted_calls::what::kill});
      ::_exit(0);
    }
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    REQUIRE(WIFSIGNALED(status));
    CHECK(content_of(path) == (killed < calls_until_rename ? "old" : "new content"));
    sidera::write_file(path, "next");  // what the killed one left behind is in nobody's way
    CHECK(content_of(path) == "next");
  }
}

TEST_CASE("atomic_file: keeps permissions, follows links") {
  temporary_folder const folder;
  std::string const path = folder.file("a"), link = folder.file("link");
  put_content(path, "old");
  REQUIRE(::chmod(path.c_str(), 0640) == 0);
  REQUIRE(::symlink(path.c_str(), link.c_str()) == 0);
  sidera::write_file(link, "new");
  CHECK(content_of(path) == "new");
  struct stat status {};
  REQUIRE(::lstat(link.c_str(), &status) == 0);
  CHECK(S_ISLNK(status.st_mode));
  REQUIRE(::stat(path.c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0640);
}

TEST_CASE("atomic_file: a symbolic link to a file that is not there yet is followed") {
  temporary_folder const folder;
  std::string const target = folder.file("target"), link = folder.file("link"), second = folder.file("second");
  REQUIRE(::symlink(target.c_str(), link.c_str()) == 0);
  REQUIRE(::symlink("link", second.c_str()) == 0);  // relative to its folder
  sidera::write_file(second, "new");
  CHECK(content_of(target) == "new");
  struct stat status {};
  for (std::string const& name : {link, second}) {
    REQUIRE(::lstat(name.c_str(), &status) == 0);
    CHECK(S_ISLNK(status.st_mode));
  }
  std::string const loop = folder.file("loop"), nowhere = folder.file("nowhere");
  REQUIRE(::symlink("loop", loop.c_str()) == 0);
  REQUIRE(::symlink("no/such/folder", nowhere.c_str()) == 0);
  for (std::string const& name : {loop, nowhere}) {
    CHECK_THROWS_AS(sidera::write_file(name, "new"), file_error);
    CHECK(::lstat(name.c_str(), &status) == 0);
  }
}

TEST_CASE("atomic_file: what is no regular file") {
  temporary_folder const folder;
  CHECK(message_of<file_error>([&] { atomic_file file(folder.file("")); }).find("is a folder") != std::string::npos);
  CHECK(message_of<file_error>([&] { atomic_file file(folder.file("missing/a")); }).find("No such file") !=
        std::string::npos);
  sidera::write_file("/dev/null", "gone");
  struct stat status {};
  REQUIRE(::stat("/dev/null", &status) == 0);
  CHECK(S_ISCHR(status.st_mode));
  CHECK(message_of<file_error>([] { sidera::write_file("/dev/full", "x"); }).find("No space left") !=
        std::string::npos);
}

TEST_CASE("atomic_file: committing twice is an error") {
  temporary_folder const folder;
  atomic_file file(folder.file("a"));
  file.commit();
  CHECK_THROWS_AS(file.commit(), file_error);
  CHECK_THROWS_AS(file.write("x"), file_error);
}

TEST_CASE("mapped_file: bytes, an empty file, and what cannot be mapped") {
  temporary_folder const folder;
  put_content(folder.file("a"), "abc");
  put_content(folder.file("empty"), "");
  sidera::mapped_file a(folder.file("a"));
  CHECK(sidera::as_text(a.bytes()) == "abc");
  sidera::mapped_file b(std::move(a));
  CHECK(sidera::as_text(b.bytes()) == "abc");
  CHECK(sidera::mapped_file(folder.file("empty")).bytes().empty());
  CHECK(message_of<file_error>([&] { sidera::mapped_file(folder.file("")); }).find("not a regular file") !=
        std::string::npos);
  CHECK(message_of<file_error>([&] { sidera::mapped_file(folder.file("none")); }).find("No such file") !=
        std::string::npos);
}
