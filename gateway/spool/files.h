#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "gateway/base/result.h"

namespace tidegate {

/// Names of the spool's files in the data directory.
struct SpoolFiles {
  std::filesystem::path dir;
  [[nodiscard]] std::filesystem::path database() const { return dir / "spool.db"; }
  [[nodiscard]] std::filesystem::path salvage() const { return dir / "spool.salvage.db"; }
  [[nodiscard]] std::filesystem::path names() const { return dir / "names"; }
  [[nodiscard]] std::filesystem::path lock() const { return dir / "lock"; }
  [[nodiscard]] std::filesystem::path reserve() const { return dir / "reserve"; }
};

/// *Errors*: not_found, with a sentence for a person, when there is no database.
Status require_spool(const SpoolFiles& files);

/// Makes the names in a directory durable. *Blocks*.
Status sync_directory(const std::filesystem::path& dir);

/// Says that this process owns the data directory, until it is destroyed or the process dies.
class DirectoryLock {
 public:
  /// Creates the directory when it is missing. *Errors*: refused (names the process that has it), io.
  static Result<DirectoryLock> take(const SpoolFiles& files);
  DirectoryLock(DirectoryLock&& other) noexcept;
  DirectoryLock& operator=(DirectoryLock&&) = delete;
  ~DirectoryLock();

 private:
  explicit DirectoryLock(int fd) : fd_(fd) {}
  int fd_;
};

/// Disk space that is given back when the disk is full, so that settlements can still be committed.
class Reserve {
 public:
  Reserve(std::filesystem::path file, std::uint64_t bytes) : file_(std::move(file)), bytes_(bytes) {}
  /// Takes the space if the disk has it to spare. *Blocks*.
  void take();
  void release();
  [[nodiscard]] std::uint64_t bytes() const noexcept { return bytes_; }
  [[nodiscard]] std::uint64_t held() const noexcept { return held_; }

 private:
  std::filesystem::path file_;
  std::uint64_t bytes_;
  std::uint64_t held_ = 0;
};

}  // namespace tidegate
