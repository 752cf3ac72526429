#include "gateway/spool/files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

namespace tidegate {

namespace {

Error io_error(const std::filesystem::path& path, const char* what) {
  return {errno == ENOSPC ? ErrorCode::full : ErrorCode::io,
          fmt::format("{} {}: {}", what, path.string(), std::strerror(errno))};
}

std::string owner_of(int fd) {
  std::array<char, 32> text{};
  const ssize_t n = ::pread(fd, text.data(), text.size() - 1, 0);
  std::string owner(text.data(), n > 0 ? static_cast<std::size_t>(n) : 0);
  while (!owner.empty() && owner.back() == '\n') owner.pop_back();
  return owner.empty() ? "unknown" : owner;
}

}  // namespace

Status require_spool(const SpoolFiles& files) {
  std::error_code ignored;
  if (std::filesystem::exists(files.database(), ignored)) return {};
  return Error{ErrorCode::not_found, fmt::format("there is no spool in {}", files.dir.string())};
}

Status sync_directory(const std::filesystem::path& dir) {
  const int fd = ::open(dir.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return io_error(dir, "cannot open");
  const int failed = ::fsync(fd);
  Status status = failed != 0 ? Status(io_error(dir, "cannot sync")) : Status();
  ::close(fd);
  return status;
}

Result<DirectoryLock> DirectoryLock::take(const SpoolFiles& files) {
  std::error_code failure;
  std::filesystem::create_directories(files.dir, failure);
  if (failure)
    return Error{ErrorCode::io, fmt::format("cannot create the data directory {}: {}; create it for the user that "
                                            "runs tidegate, or set gateway.data_dir",
                                            files.dir.string(), failure.message())};
  const int fd = ::open(files.lock().c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0640);
  if (fd < 0)
    return io_error(files.lock(), "the data directory must be writable for the user that runs tidegate; cannot open");
  if (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
    const std::string owner = owner_of(fd);
    ::close(fd);
    return Error{ErrorCode::refused,
                 fmt::format("the data directory {} is in use by another tidegate (process {}): stop it, or give this "
                             "one a data_dir of its own",
                             files.dir.string(), owner)};
  }
  const std::string pid = fmt::format("{}\n", ::getpid());
  // The number is only for people: the lock holds without it.
  if (::ftruncate(fd, 0) == 0) std::ignore = ::pwrite(fd, pid.data(), pid.size(), 0);
  return DirectoryLock(fd);
}

DirectoryLock::DirectoryLock(DirectoryLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
DirectoryLock::~DirectoryLock() {
  if (fd_ >= 0) ::close(fd_);
}

void Reserve::take() {
  if (held_ != 0 || bytes_ == 0) return;
  struct statvfs disk {};
  // Leave the disk some room beside it, or the reserve itself would be what fills it.
  if (::statvfs(file_.parent_path().c_str(), &disk) != 0 || disk.f_bavail * disk.f_frsize < bytes_ + bytes_ / 2) return;
  const int fd = ::open(file_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0640);
  if (fd < 0) return;
  if (::posix_fallocate(fd, 0, static_cast<off_t>(bytes_)) == 0) held_ = bytes_;
  ::close(fd);
  if (held_ == 0) release();
}

void Reserve::release() {
  ::unlink(file_.c_str());
  held_ = 0;
}

}  // namespace tidegate
