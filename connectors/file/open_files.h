#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "connectors/file/open_file.h"

namespace tidegate::file {

/// The files that are open, at most limits::kOpenFilesMax. *Blocks* on disk.
class OpenFiles {
 public:
  OpenFiles(FileKind kind, const RotateOptions& rotate) : kind_(std::move(kind)), rotate_(rotate) {}

  [[nodiscard]] const FileKind& kind() const noexcept { return kind_; }

  /// The file at `path`, to which `bytes` are about to be appended: a new one where the old one is full, too old, or no
  /// longer there. Valid until the next call. *Errors*: OpenFile::open; of files that had to be synced for it.
  Result<OpenFile*> get(const std::string& path, std::size_t bytes, WallTime now);
  /// Syncs what was appended, and keeps it.
  Status sync_all();
  /// Takes back what was appended since the last sync_all(). False: something of it may be left.
  bool take_back_all();
  /// Finishes the files that are too old. *Errors*: the last one.
  Status finish_old(WallTime now);
  void close_all() noexcept { files_.clear(); }

 private:
  struct Entry {
    std::unique_ptr<OpenFile> file;
    std::uint64_t used = 0;  ///< the larger, the later
  };
  Status make_room();
  [[nodiscard]] bool too_old(const OpenFile& file, WallTime now) const;

  const FileKind kind_;
  const RotateOptions rotate_;
  std::unordered_map<std::string, Entry> files_;
  std::uint64_t uses_ = 0;
  bool beyond_recall_ = false;  ///< since the last sync_all() a file was closed that had been appended to
};

}  // namespace tidegate::file
