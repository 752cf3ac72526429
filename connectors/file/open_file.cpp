#include "connectors/file/open_file.h"

#include <fcntl.h>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <cerrno>
#include <chrono>
#include <cstdio>

#include "connectors/file/limits.h"
#include "connectors/file/place.h"
#include "connectors/file/recover.h"

namespace tidegate::file {

namespace {

constexpr mode_t kFileMode = 0640;
/// A pipe or a device must not hold the open() up.
constexpr int kOpenFile = O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;

std::string compact_utc(WallTime time) {
  return fmt::format("{:%Y%m%dT%H%M%SZ}", fmt::gmtime(std::chrono::system_clock::to_time_t(time)));
}

/// When the file was made, as far as the file system knows.
WallTime begun_at(int file, WallTime otherwise) {
  struct statx s {};
  if (::statx(file, "", AT_EMPTY_PATH, STATX_BTIME | STATX_MTIME, &s) != 0) return otherwise;
  const auto& time = (s.stx_mask & STATX_BTIME) != 0 ? s.stx_btime : s.stx_mtime;
  return WallTime{std::chrono::seconds{time.tv_sec}};
}

/// Renames within a folder, never over another file.
int rename_new(int folder, const std::string& from, const std::string& to) {
  if (::renameat2(folder, from.c_str(), folder, to.c_str(), RENAME_NOREPLACE) == 0) return 0;
  if (errno != EINVAL && errno != ENOSYS) return errno;
  // A file system without that: only this sink, which has the file locked, makes such names.
  if (::faccessat(folder, to.c_str(), F_OK, AT_SYMLINK_NOFOLLOW) == 0) return EEXIST;
  return ::renameat(folder, from.c_str(), folder, to.c_str()) == 0 ? 0 : errno;
}

}  // namespace

Error OpenFile::error(int number, std::string_view what) const {
  return file_error(number, what, kind_.folder.full(path_));
}

Result<std::unique_ptr<OpenFile>> OpenFile::open(const FileKind& kind, const std::string& path, WallTime now) {
  // The second time it is new: the first one was finished.
  for (int attempt = 0; attempt < 2; ++attempt) {
    std::unique_ptr<OpenFile> file(new OpenFile(kind, path));
    bool fits = true;
    Status opened = file->open_at(now);
    if (opened) opened = file->lock();
    if (opened) opened = file->look(fits);
    if (!opened) return std::move(opened).error();
    if (fits) return file;
    if (Status finished = file->finish(now); !finished) return std::move(finished).error();
  }
  return Error{ErrorCode::unavailable, fmt::format("{} was made by somebody else", kind.folder.full(path).string())};
}

Status OpenFile::open_at(WallTime now) {
  const std::vector<std::string> parts = parts_of(path_);
  name_ = parts.back();
  auto parent = kind_.folder.open_parent(parts);
  if (!parent) return std::move(parent).error();
  parent_ = *std::move(parent);
  file_ = Descriptor(::openat(parent_.get(), name_.c_str(), kOpenFile | O_CREAT | O_EXCL, kFileMode));
  if (file_) {
    begun_ = now;
    return sync_folder(parent_.get(), kind_.folder.full(path_));
  }
  if (errno != EEXIST) return error(errno, "make");
  file_ = Descriptor(::openat(parent_.get(), name_.c_str(), kOpenFile));
  if (!file_) return error(errno, "open");
  begun_ = begun_at(file_.get(), now);
  return {};
}

Status OpenFile::lock() {
  if (::flock(file_.get(), LOCK_EX | LOCK_NB) == 0) return {};
  if (errno != EWOULDBLOCK) return error(errno, "lock");
  return Error{ErrorCode::unavailable,
               fmt::format("{} is being written by another lane or program; with ${{route}} in `name` every route has "
                           "files of its own",
                           kind_.folder.full(path_).string())};
}

/// Sees what the file holds; `fits`: whether it may be appended to.
Status OpenFile::look(bool& fits) {
  struct stat s {};
  if (::fstat(file_.get(), &s) != 0) return error(errno, "look at");
  if (!S_ISREG(s.st_mode)) {
    return Error{ErrorCode::invalid, fmt::format("{} is no regular file", kind_.folder.full(path_).string())};
  }
  bytes_ = round_start_ = static_cast<std::uint64_t>(s.st_size);
  if (bytes_ == 0) return {};
  const auto found = examine(file_.get(), bytes_, kind_.compression, kind_.format, kind_.header.size());
  if (!found) return found.error().in(kind_.folder.full(path_).string());
  const std::uint64_t torn = bytes_ - found->whole_bytes;
  if (torn > limits::kTornBytesMax) {
    kind_.log.warn("{} is damaged from byte {} on: it is finished as it is, and a new file is begun",
                   kind_.folder.full(path_).string(), found->whole_bytes);
    fits = false;
    return {};
  }
  if (torn > 0) {
    kind_.log.warn("{} loses {} bytes at its end that were not written to the end; their events come again",
                   kind_.folder.full(path_).string(), torn);
    if (Status done = cut(found->whole_bytes); !done) return done;
  }
  fits = bytes_ == 0 || found->head == kind_.header;
  return {};
}

Status OpenFile::cut(std::uint64_t bytes) {
  if (::ftruncate(file_.get(), static_cast<off_t>(bytes)) != 0) return error(errno, "shorten");
  bytes_ = round_start_ = bytes;
  return {};
}

bool OpenFile::in_place() const {
  struct stat mine {};
  struct stat there {};
  return ::fstat(file_.get(), &mine) == 0 && ::lstat(kind_.folder.full(path_).c_str(), &there) == 0 &&
         mine.st_ino == there.st_ino && mine.st_dev == there.st_dev;
}

Status OpenFile::append(std::string_view bytes) {
  unsynced_ = true;
  while (!bytes.empty()) {
    const ssize_t put = ::pwrite(file_.get(), bytes.data(), bytes.size(), static_cast<off_t>(bytes_));
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) return error(put < 0 ? errno : ENOSPC, "write");
    bytes_ += static_cast<std::uint64_t>(put);
    bytes.remove_prefix(static_cast<std::size_t>(put));
  }
  return {};
}

Status OpenFile::sync() {
  if (::fdatasync(file_.get()) != 0) return error(errno, "sync");
  unsynced_ = false;
  return {};
}

bool OpenFile::take_back() { return bytes_ == round_start_ || cut(round_start_).has_value(); }

Status OpenFile::finish(WallTime now) {
  const std::string time = compact_utc(now);
  for (unsigned number = 0; number < limits::kSameNamesMax; ++number) {
    const int failed = rename_new(parent_.get(), name_, finished_name(name_, kind_.ending, time, number));
    if (failed == 0) return sync_folder(parent_.get(), kind_.folder.full(path_));
    if (failed == ENOENT) return {};  // somebody has taken it away
    if (failed != EEXIST) return error(failed, "rename");
  }
  return error(EEXIST, "rename");
}

}  // namespace tidegate::file
