#include "gateway/config/files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <memory>
#include <system_error>

#include "gateway/config/limits.h"
#include "gateway/config/option_table.h"

namespace tidegate {

namespace {

Error cannot_read(int error) {
  return {ErrorCode::io, fmt::format("cannot be read: {}; check the path and who may read it",
                                     std::generic_category().message(error))};
}

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  [[nodiscard]] int get() const noexcept { return fd_; }

 private:
  int fd_;
};

/// Opens a regular file. O_NONBLOCK: a named pipe in its place must not hang the start.
Result<std::unique_ptr<Descriptor>> open_regular(const std::filesystem::path& file) {
  auto fd = std::make_unique<Descriptor>(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (fd->get() < 0) return cannot_read(errno);
  struct stat info {};
  if (::fstat(fd->get(), &info) != 0) return cannot_read(errno);
  if (S_ISDIR(info.st_mode)) return cannot_read(EISDIR);
  if (!S_ISREG(info.st_mode)) return Error{ErrorCode::io, "is not a regular file"};
  return fd;
}

}  // namespace

Result<std::string> read_file_text(const std::filesystem::path& file, std::size_t bytes_max) {
  auto fd = open_regular(file);
  if (!fd) return std::move(fd).error();
  std::string text;
  std::array<char, 16384> chunk;
  while (true) {
    const ssize_t got = ::read((*fd)->get(), chunk.data(), chunk.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return cannot_read(errno);
    if (got == 0) return text;
    text.append(chunk.data(), static_cast<std::size_t>(got));
    if (text.size() > bytes_max) {
      return Error{ErrorCode::invalid,
                   fmt::format("is larger than {}; is it the right file?", write_byte_size(bytes_max))};
    }
  }
}

Result<Secret> read_secret_file(const std::filesystem::path& file) {
  auto text = read_file_text(file, limits::kSecretFileBytesMax);
  if (!text) return std::move(text).error();
  if (text->ends_with('\n')) text->pop_back();
  if (text->ends_with('\r')) text->pop_back();
  if (text->empty()) return Error{ErrorCode::invalid, "is empty; write the secret into it"};
  return Secret(std::move(text).value());
}

bool StoredSecret::refresh() {
  if (file_.empty()) return false;
  auto fresh = read_secret_file(file_);
  if (!fresh || fresh->reveal() == value_.reveal()) return false;
  value_ = std::move(fresh).value();
  return true;
}

namespace option_read {

void require_readable(const std::filesystem::path& file, const ConfigNode& node, const OptionDoc& option,
                      ReadContext& context) {
  if (auto fd = open_regular(file); !fd) invalid(node, option, fd.error(), context);
}

}  // namespace option_read

}  // namespace tidegate
