#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "connectors/file/folder.h"
#include "connectors/file/options.h"
#include "gateway/base/clock.h"
#include "gateway/base/log.h"
#include "gateway/base/result.h"

namespace tidegate::file {

/// What the files of one sink have in common.
struct FileKind {
  Folder folder;
  Compression compression = Compression::none;
  lines::Format format = lines::Format::cloudevents;
  std::string header;  ///< their first line; empty: none
  std::string ending;  ///< ".csv.gz"
  Log log;
};

/// A file that is appended to; nobody else appends to it meanwhile. What a round appends stays only once settled().
/// *Blocks* on disk. *Errors*: file_error; unavailable when another has it.
class OpenFile {
 public:
  /// Opens or makes the file. One that was left behind loses what is not whole at its end; one whose first line is
  /// another than kind.header, or that is damaged elsewhere, is finished, and a new one is begun.
  static Result<std::unique_ptr<OpenFile>> open(const FileKind& kind, const std::string& path, WallTime now);
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;

  [[nodiscard]] std::uint64_t bytes() const noexcept { return bytes_; }
  [[nodiscard]] WallTime begun() const noexcept { return begun_; }
  /// False: somebody has removed or renamed it.
  [[nodiscard]] bool in_place() const;

  Status append(std::string_view bytes);
  /// Whether there is something to sync().
  [[nodiscard]] bool unsynced() const noexcept { return unsynced_; }
  Status sync();
  /// The round is over, and what it appended stays.
  void settled() noexcept { round_start_ = bytes_; }
  /// The round has failed: what it appended goes. False: that failed, too.
  bool take_back();

  /// Gives it the name of a file that is finished. Nothing may be appended after that.
  Status finish(WallTime now);

 private:
  OpenFile(const FileKind& kind, std::string path) : kind_(kind), path_(std::move(path)) {}
  Status open_at(WallTime now);
  Status lock();
  Status look(bool& fits);
  Status cut(std::uint64_t bytes);
  [[nodiscard]] Error error(int number, std::string_view what) const;

  const FileKind& kind_;
  const std::string path_;  ///< below the folder
  std::string name_;        ///< the last part of it
  Descriptor parent_, file_;
  std::uint64_t bytes_ = 0;
  std::uint64_t round_start_ = 0;
  bool unsynced_ = false;
  WallTime begun_{};
};

}  // namespace tidegate::file
