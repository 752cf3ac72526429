#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "gateway/base/result.h"
#include "gateway/spool/page_scan.h"

/// SQLite's write-ahead log, read as bytes: SQLite itself takes the first frame that is damaged for the end of the log,
/// and says nothing. *Source*: sqlite.org/fileformat2.html, 4 "The Write-Ahead Log".
namespace tidegate {

/// Reads pieces of a file. One that cannot be opened is empty.
class FileBytes {
 public:
  explicit FileBytes(const std::filesystem::path& file);
  ~FileBytes();
  FileBytes(const FileBytes&) = delete;
  FileBytes& operator=(const FileBytes&) = delete;
  [[nodiscard]] std::uint64_t size() const noexcept { return size_; }
  /// Fills `out` with the bytes from `at`, with zeros past the end of the file. False when there is not one, or on an
  /// error. *Blocks*.
  bool read(std::uint64_t at, std::string& out, std::size_t bytes) const;

 private:
  int fd_;
  std::uint64_t size_ = 0;
};

struct LogFrame {
  std::uint32_t page = 0;         ///< whose content it is
  std::uint32_t pages_after = 0;  ///< of the database after the commit that it ends; 0: it ends none
  bool whole = false;             ///< of the present use of the log, and its checksum follows from the frame before
};

inline constexpr std::uint64_t kLogHeaderBytes = 32;
inline constexpr std::uint64_t kFrameHeaderBytes = 24;
/// Where the page of a frame begins; frames are counted from 0.
inline constexpr std::uint64_t frame_page_at(std::uint64_t frame) {
  return kLogHeaderBytes + frame * (kFrameHeaderBytes + kPageBytes) + kFrameHeaderBytes;
}

/// What a write-ahead log holds.
struct LogPicture {
  bool big_endian = false;       ///< how its checksums take the bytes
  std::string salts;             ///< eight bytes that mark the frames of its present use
  std::vector<LogFrame> frames;  ///< all that the file has
  std::size_t committed = 0;     ///< how many of them SQLite takes: to the last commit before anything is damaged
  std::size_t synced = 0;        ///< how many had been synced for certain, which more of them may follow from
  /// Commits that were synced are behind a frame that is damaged.
  [[nodiscard]] bool rotten() const noexcept { return synced > committed; }
};

/// Tells rot from the torn end that a power cut leaves: the frames of a commit are written when the one before it was
/// synced. So a frame whose checksum follows from that of a commit proves that commit, and all before it, to have been
/// on the disk; if some of it no longer is, that is rot. Of the last commit nothing can be said.
/// Holds for SyncMode::full only: otherwise commits are written before those before them are synced. *Blocks*.
LogPicture look_at_log(const std::filesystem::path& log);

/// If the log is rotten, moves it to `<log>.rotten` and writes one in its place of the frames that are whole, which
/// SQLite reads to the end. Cut short, the next call does it again. *Errors*: full, io. *Blocks*.
Status mend_log(const std::filesystem::path& log);

}  // namespace tidegate
