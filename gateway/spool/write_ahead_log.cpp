#include "gateway/spool/write_ahead_log.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>
#include <fstream>

namespace tidegate {

namespace {

namespace fs = std::filesystem;

constexpr std::uint32_t kMagic = 0x377f0682;  // the lowest bit says that checksums are of big-endian words
constexpr std::uint32_t kFormat = 3007000;
constexpr std::uint64_t kFrameBytes = kFrameHeaderBytes + kPageBytes;
/// Of the log's header; of a frame's header. Salts are 8 bytes, checksums too.
constexpr std::size_t kHeaderSaltsAt = 16;
constexpr std::size_t kHeaderSumAt = 24;
constexpr std::size_t kFrameSaltsAt = 8;
constexpr std::size_t kFrameSumAt = 16;
constexpr std::size_t kSaltBytes = 8;

std::uint32_t u32_at(std::string_view bytes, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) value = value << 8 | static_cast<unsigned char>(bytes[at + i]);
  return value;
}
void put_u32(std::string& out, std::uint32_t value) {
  for (int shift = 24; shift >= 0; shift -= 8) out.push_back(static_cast<char>(value >> shift));
}

/// The running checksum of header and frames. *Source*: fileformat2.html, 4.2 "Checksum Algorithm".
struct LogSum {
  std::uint32_t a = 0, b = 0;
  static LogSum at(std::string_view bytes, std::size_t at) { return {u32_at(bytes, at), u32_at(bytes, at + 4)}; }
  bool operator==(const LogSum&) const = default;

  void add(std::string_view bytes, bool big_endian) {
    const bool swap = big_endian != (std::endian::native == std::endian::big);
    const auto word = [&](std::size_t i) {
      std::uint32_t value = 0;
      std::memcpy(&value, bytes.data() + i, sizeof(value));
      return swap ? __builtin_bswap32(value) : value;
    };
    for (std::size_t i = 0; i + 8 <= bytes.size(); i += 8) {
      a += word(i) + b;
      b += word(i + 4) + a;
    }
  }
  void put(std::string& out) const {
    put_u32(out, a);
    put_u32(out, b);
  }
};

bool sound_header(std::string_view header, bool big_endian) {
  LogSum sum;
  sum.add(header.substr(0, kHeaderSumAt), big_endian);
  return (u32_at(header, 0) & ~1u) == kMagic && u32_at(header, 4) == kFormat && u32_at(header, 8) == kPageBytes &&
         sum == LogSum::at(header, kHeaderSumAt);
}

/// Follows the frames from commit to commit.
class CommitTrail {
 public:
  CommitTrail(LogPicture& picture, bool sound) : picture_(picture), unbroken_(sound), run_(sound) {}

  void take(const LogFrame& frame) {
    picture_.frames.push_back(frame);
    const std::size_t n = picture_.frames.size();
    if (!frame.whole) {
      unbroken_ = run_ = false;
      unproven_ = 0;
      return;
    }
    // The frame before this one ends a commit, and whoever wrote this one knew it. (On a disk where a torn write can
    // harm its neighbours SQLite repeats a commit's last frame before the sync: that proves nothing.)
    const bool repeated = n > 1 && frame.pages_after != 0 && frame.page == picture_.frames[n - 2].page;
    if (unproven_ > 0 && !repeated) {
      picture_.synced = unproven_;
      run_ = true;
    }
    unproven_ = 0;
    if (frame.pages_after == 0) return;
    if (unbroken_) picture_.committed = n;
    if (run_)
      picture_.synced = n;
    else
      unproven_ = n;
  }

 private:
  LogPicture& picture_;
  bool unbroken_;             ///< all frames so far are whole
  bool run_;                  ///< all frames since the last synced commit are
  std::size_t unproven_ = 0;  ///< a commit at the previous frame, with damage before it
};

Error log_error(const fs::path& file, const std::error_code& failure) {
  return {failure == std::errc::no_space_on_device ? ErrorCode::full : ErrorCode::io,
          fmt::format("cannot mend {}, the write-ahead log of a damaged spool: {}", file.string(), failure.message())};
}

/// Writes the whole frames of a rotten log, with checksums that follow from one to the next.
Status write_mended(const fs::path& rotten, const fs::path& mended) {
  const LogPicture picture = look_at_log(rotten);
  const FileBytes in(rotten);
  std::ofstream out(mended, std::ios::binary | std::ios::trunc);
  LogSum sum;
  std::string buffer;
  for (const std::uint32_t number :
       {kMagic | (picture.big_endian ? 1u : 0u), kFormat, static_cast<std::uint32_t>(kPageBytes), 0u})
    put_u32(buffer, number);
  buffer += picture.salts;
  sum.add(buffer, picture.big_endian);
  sum.put(buffer);
  out << buffer;
  std::string page;
  for (std::size_t n = 0; n < picture.synced; ++n) {
    const LogFrame& frame = picture.frames[n];
    if (!frame.whole || !in.read(frame_page_at(n), page, kPageBytes)) continue;
    buffer.clear();
    put_u32(buffer, frame.page);
    put_u32(buffer, frame.pages_after);
    sum.add(buffer, picture.big_endian);
    sum.add(page, picture.big_endian);
    buffer += picture.salts;
    sum.put(buffer);
    out << buffer << page;
  }
  out.close();
  return out ? Status{} : log_error(mended, {errno, std::generic_category()});
}

}  // namespace

FileBytes::FileBytes(const fs::path& file) : fd_(::open(file.c_str(), O_RDONLY | O_CLOEXEC)) {
  struct stat status {};
  if (fd_ >= 0 && ::fstat(fd_, &status) == 0) size_ = static_cast<std::uint64_t>(status.st_size);
}
FileBytes::~FileBytes() {
  if (fd_ >= 0) ::close(fd_);
}

bool FileBytes::read(std::uint64_t at, std::string& out, std::size_t bytes) const {
  out.assign(bytes, '\0');
  if (at >= size_) return false;
  return ::pread(fd_, out.data(), bytes, static_cast<off_t>(at)) > 0;
}

LogPicture look_at_log(const fs::path& log) {
  LogPicture picture;
  const FileBytes file(log);
  std::string header;
  std::string frame;
  if (file.size() < kLogHeaderBytes + kFrameBytes || !file.read(0, header, kLogHeaderBytes)) return picture;
  const std::uint32_t magic = u32_at(header, 0);
  picture.big_endian = (magic & ~1u) == kMagic ? (magic & 1u) != 0 : std::endian::native == std::endian::big;
  const bool sound = sound_header(header, picture.big_endian);
  picture.salts = header.substr(kHeaderSaltsAt, kSaltBytes);
  // With the header gone, the frames at the start are still those of the present use: each use begins there.
  if (!sound && file.read(kLogHeaderBytes, frame, kFrameBytes)) picture.salts = frame.substr(kFrameSaltsAt, kSaltBytes);
  CommitTrail trail(picture, sound);
  LogSum before = LogSum::at(header, kHeaderSumAt);
  const std::uint64_t frames = (file.size() - kLogHeaderBytes) / kFrameBytes;
  for (std::uint64_t n = 0; n < frames; ++n) {
    LogFrame next;
    if (file.read(kLogHeaderBytes + n * kFrameBytes, frame, kFrameBytes)) {
      const std::string_view bytes = frame;
      const LogSum stored = LogSum::at(bytes, kFrameSumAt);
      before.add(bytes.substr(0, kFrameSaltsAt), picture.big_endian);
      before.add(bytes.substr(kFrameHeaderBytes), picture.big_endian);
      next.page = u32_at(bytes, 0);
      next.pages_after = u32_at(bytes, 4);
      next.whole = bytes.substr(kFrameSaltsAt, kSaltBytes) == picture.salts && before == stored && next.page != 0;
      // What the frame says, damaged or not: the frame after it was written to follow from that.
      before = stored;
    }
    trail.take(next);
  }
  return picture;
}

Status mend_log(const fs::path& log) {
  const fs::path rotten = log.string() + ".rotten";
  std::error_code failure;
  if (!fs::exists(rotten, failure)) {
    if (!look_at_log(log).rotten()) return {};
    fs::rename(log, rotten, failure);
    if (failure) return log_error(log, failure);
  }
  return write_mended(rotten, log);
}

}  // namespace tidegate
