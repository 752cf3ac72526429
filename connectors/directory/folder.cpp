#include "connectors/directory/folder.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

#include "connectors/directory/topic.h"
#include "gateway/event/json_text.h"

namespace tidegate::directory {

namespace {

constexpr mode_t kFolderMode = 0770;
constexpr mode_t kFileMode = 0660;
/// Names tried in one move before it is an error: the time stamp alone makes the second one free.
constexpr int kNamesTried = 100;

Error system_error(int number, std::string_view what) {
  const auto make = [&](ErrorCode code, std::string_view remedy) {
    return Error{code, fmt::format("{}: {}{}", what, std::strerror(number), remedy)};
  };
  switch (number) {
    case ENOENT: return make(ErrorCode::not_found, "");
    case EACCES:
    case EPERM: return make(ErrorCode::refused, "; let the gateway's user read, write and enter the folder");
    case EROFS: return make(ErrorCode::refused, "; finished files must be moved out of the folder");
    case ENOSPC:
    case EDQUOT: return make(ErrorCode::full, "");
    case ELOOP: return make(ErrorCode::invalid, "; it is a symbolic link");
    case EXDEV: return make(ErrorCode::invalid, "; it must be on the same file system as the watched folder");
    default: return make(ErrorCode::io, "");
  }
}

Result<Descriptor> open_folder(const std::filesystem::path& path, bool make) {
  if (make && mkdir(path.c_str(), kFolderMode) != 0 && errno != EEXIST)
    return system_error(errno, fmt::format("can't make the folder {}", path.string()));
  Descriptor fd(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) return system_error(errno, fmt::format("can't open the folder {}", path.string()));
  if (faccessat(fd.get(), ".", R_OK | W_OK | X_OK, AT_EACCESS) != 0)
    return system_error(errno, fmt::format("can't use the folder {}", path.string()));
  return fd;
}

Signature signature_from(const struct stat& s) {
  return {s.st_ino, static_cast<std::uint64_t>(s.st_size), s.st_mtim.tv_sec * 1'000'000'000 + s.st_mtim.tv_nsec};
}

/// "orders.csv" as the n-th name it may get: itself, with a time, with a time and a number.
std::string alternative(const std::string& name, WallTime now, int n) {
  if (n == 0) return name;
  const std::string_view stem = stem_of(name);
  const std::string_view ending = std::string_view(name).substr(stem.size());
  const auto time = fmt::gmtime(std::chrono::time_point_cast<std::chrono::seconds>(now));
  if (n == 1) return fmt::format("{}.{:%Y%m%dT%H%M%SZ}{}", stem, time, ending);
  return fmt::format("{}.{:%Y%m%dT%H%M%SZ}-{}{}", stem, time, n, ending);
}

/// renameat() that replaces nothing; on file systems without that, as near to it as they get.
int rename_to_free_name(int from, const char* name, int to, const char* new_name) {
  if (renameat2(from, name, to, new_name, RENAME_NOREPLACE) == 0) return 0;
  if (errno != EINVAL && errno != ENOSYS) return errno;
  if (faccessat(to, new_name, F_OK, AT_SYMLINK_NOFOLLOW) == 0) return EEXIST;
  return renameat(from, name, to, new_name) == 0 ? 0 : errno;
}

std::string hidden(const std::string& name) { return "." + name + ".tmp"; }

}  // namespace

Result<Folder> Folder::open(const std::filesystem::path& path, const std::filesystem::path& done,
                            const std::filesystem::path& failed) {
  auto folder = open_folder(path, false);
  if (!folder) return folder.error();
  auto done_fd = open_folder(done, true);
  if (!done_fd) return done_fd.error();
  auto failed_fd = open_folder(failed, true);
  if (!failed_fd) return failed_fd.error();
  for (const auto& [fd, name] : {std::pair(&*done_fd, "done_dir"), std::pair(&*failed_fd, "failed_dir")}) {
    struct stat there {};
    struct stat here {};
    if (fstat(fd->get(), &there) == 0 && fstat(folder->get(), &here) == 0 && there.st_dev != here.st_dev)
      return system_error(EXDEV, fmt::format("can't move files to {}", name));
  }
  return Folder(*std::move(folder), *std::move(done_fd), *std::move(failed_fd));
}

bool Folder::is_at(const std::filesystem::path& path) const {
  struct stat there {};
  struct stat here {};
  return stat(path.c_str(), &there) == 0 && fstat(folder_.get(), &here) == 0 && there.st_dev == here.st_dev &&
         there.st_ino == here.st_ino;
}

Status Folder::list(const std::function<void(const std::string& name)>& each) const {
  // A descriptor of its own: reading moves its position.
  const int fd = openat(folder_.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return system_error(errno, "can't list the folder");
  const std::unique_ptr<DIR, int (*)(DIR*)> stream(fdopendir(fd), closedir);
  if (!stream) {
    close(fd);
    return system_error(errno, "can't list the folder");
  }
  for (;;) {
    errno = 0;
    const dirent* const entry = readdir(stream.get());
    if (entry == nullptr) break;
    const std::string name = entry->d_name;
    if (name != "." && name != "..") each(name);
  }
  if (errno != 0) return system_error(errno, "can't list the folder");
  return {};
}

Result<Folder::Entry> Folder::look(const std::string& name) const {
  struct stat s {};
  if (fstatat(folder_.get(), name.c_str(), &s, AT_SYMLINK_NOFOLLOW) != 0) return system_error(errno, shown(name));
  Entry entry;
  entry.kind = S_ISREG(s.st_mode) ? Kind::file : S_ISDIR(s.st_mode) ? Kind::folder : Kind::other;
  entry.signature = signature_from(s);
  return entry;
}

Result<Descriptor> Folder::open_file(const std::string& name) const {
  // Not blocking: opening a pipe would wait for its writer.
  Descriptor fd(openat(folder_.get(), name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (!fd) return system_error(errno, shown(name));
  struct stat s {};
  if (fstat(fd.get(), &s) != 0) return system_error(errno, shown(name));
  if (!S_ISREG(s.st_mode)) return Error{ErrorCode::invalid, shown(name) + ": not a regular file"};
  return fd;
}

Result<std::string> Folder::move_to_done(const std::string& name, WallTime now) const {
  for (int n = 0; n < kNamesTried; ++n) {
    std::string new_name = alternative(name, now, n);
    const int failed = rename_to_free_name(folder_.get(), name.c_str(), done_.get(), new_name.c_str());
    if (failed == 0) return new_name;
    if (failed != EEXIST) return system_error(failed, fmt::format("can't move {} to done_dir", shown(name)));
  }
  return Error{ErrorCode::io, fmt::format("can't move {} to done_dir: every name is taken", shown(name))};
}

Result<std::string> Folder::free_name_in_failed(const std::string& name, WallTime now) const {
  for (int n = 0; n < kNamesTried; ++n) {
    std::string free_name = alternative(name, now, n);
    if (faccessat(failed_.get(), free_name.c_str(), F_OK, AT_SYMLINK_NOFOLLOW) == 0) continue;
    if (errno == ENOENT) return free_name;
    return system_error(errno, "can't use failed_dir");
  }
  return Error{ErrorCode::io, fmt::format("can't move {} to failed_dir: every name is taken", shown(name))};
}

Status Folder::move_to_failed(const std::string& name, const std::string& free_name) const {
  const int failed = rename_to_free_name(folder_.get(), name.c_str(), failed_.get(), free_name.c_str());
  if (failed != 0) return system_error(failed, fmt::format("can't move {} to failed_dir", shown(name)));
  return {};
}

Status Folder::remove(const std::string& name) const {
  if (unlinkat(folder_.get(), name.c_str(), 0) != 0) return system_error(errno, "can't remove " + shown(name));
  return {};
}

Status Folder::sync() const {
  for (const Descriptor* fd : {&done_, &failed_, &folder_})
    if (fsync(fd->get()) != 0) return system_error(errno, "can't sync the folder");
  return {};
}

Result<Descriptor> Folder::create_in_failed(const std::string& name) const {
  Descriptor fd(
      openat(failed_.get(), hidden(name).c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, kFileMode));
  if (!fd) return system_error(errno, "can't write to failed_dir");
  return fd;
}

Status Folder::publish_in_failed(const std::string& name, const Descriptor& file) const {
  if (fsync(file.get()) != 0) return system_error(errno, "can't write to failed_dir");
  if (renameat(failed_.get(), hidden(name).c_str(), failed_.get(), name.c_str()) != 0)
    return system_error(errno, "can't write to failed_dir");
  return {};
}

Result<Signature> signature_of(int fd) {
  struct stat s {};
  if (fstat(fd, &s) != 0) return system_error(errno, "can't examine the file");
  return signature_from(s);
}

std::string shown(std::string_view file_name) {
  const bool valid = is_utf8(file_name);
  std::string out;
  for (const char c : file_name) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f || (byte >= 0x80 && !valid)) {
      out += fmt::format("\\x{:02x}", byte);
    } else {
      out += c;
    }
  }
  return out;
}

}  // namespace tidegate::directory
