#include "connectors/file/folder.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>

namespace tidegate::file {

namespace {

constexpr mode_t kFolderMode = 0750;
constexpr mode_t kFileMode = 0640;
constexpr int kOpenFolder = O_RDONLY | O_DIRECTORY | O_CLOEXEC;

std::string_view remedy(int number) {
  switch (number) {
    case EACCES:
    case EPERM: return "; the user that runs tidegate must be allowed to write there";
    case EROFS: return "; it is mounted read-only";
    case EFBIG: return "; the process may not write larger files (ulimit -f)";
    default: return "";
  }
}

}  // namespace

Error file_error(int number, std::string_view what, const std::filesystem::path& path) {
  ErrorCode code = ErrorCode::io;
  if (number == ENOSPC || number == EDQUOT || number == EFBIG) code = ErrorCode::full;
  if (number == ENOTDIR || number == EISDIR || number == ELOOP || number == ENAMETOOLONG) code = ErrorCode::invalid;
  return {code, fmt::format("cannot {} {}: {}{}", what, path.string(), std::strerror(number), remedy(number))};
}

Status sync_folder(int folder, const std::filesystem::path& path) {
  // Some network file systems know no sync of a folder, and need none.
  if (::fsync(folder) == 0 || errno == EINVAL) return {};
  return file_error(errno, "sync the folder of", path);
}

Result<Descriptor> Folder::open_root() const {
  Descriptor root(::open(path_.c_str(), kOpenFolder));
  if (root) return root;
  Error error = file_error(errno, "open the folder", path_);
  error.code = ErrorCode::io;  // not the fault of any event
  return error;
}

Result<Descriptor> Folder::open_parent(const std::vector<std::string>& parts) const {
  auto at = open_root();
  if (!at) return at;
  std::filesystem::path here = path_;
  for (std::size_t i = 0; i + 1 < parts.size(); ++i) {
    const char* name = parts[i].c_str();
    here /= parts[i];
    int next = ::openat(at->get(), name, kOpenFolder | O_NOFOLLOW);
    if (next < 0 && errno == ENOENT) {
      if (::mkdirat(at->get(), name, kFolderMode) != 0 && errno != EEXIST) {
        return file_error(errno, "make the folder", here);
      }
      if (Status synced = sync_folder(at->get(), here); !synced) return std::move(synced).error();
      next = ::openat(at->get(), name, kOpenFolder | O_NOFOLLOW);
    }
    if (next < 0) return file_error(errno, "open the folder", here);
    *at = Descriptor(next);
  }
  return at;
}

Status Folder::probe() const {
  const auto root = open_root();
  if (!root) return root.error();
  const std::string name = fmt::format(".tidegate-check-{}", ::getpid());
  const Descriptor made(
      ::openat(root->get(), name.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, kFileMode));
  if (!made) return file_error(errno, "make a file in", path_);
  const bool written = ::write(made.get(), "\n", 1) == 1 && ::fdatasync(made.get()) == 0;
  const int number = errno;
  ::unlinkat(root->get(), name.c_str(), 0);
  return written ? Status() : file_error(number, "write to", path_);
}

}  // namespace tidegate::file
