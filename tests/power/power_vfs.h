#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "gateway/base/random.h"

namespace tidegate::testing {

/// A disk in memory, as an SQLite VFS, that forgets: at a power cut any subset of the 512-byte sectors written since
/// a file's last sync is lost, files that were created may vanish, files that were deleted may come back.
/// Every decision comes from the seed. *Threads*: safe from any.
class PowerVfs {
 public:
  explicit PowerVfs(std::uint64_t seed);
  ~PowerVfs();
  PowerVfs(const PowerVfs&) = delete;
  PowerVfs& operator=(const PowerVfs&) = delete;

  [[nodiscard]] const std::string& name() const { return name_; }

  /// The power fails at the n-th write, sync, truncation or deletion from now; from then on every call fails.
  void cut_after(std::uint64_t operations);
  [[nodiscard]] bool is_off() const;
  /// Power is back: files hold what the cut left of them. All connections must be closed.
  void restore();
  /// What an fsync of the directory does: names that exist stay, names that were deleted stay away.
  void sync_names();
  /// One in `n` syncs fails, and then has lost some of the writes it was to make durable. 0: none.
  void fail_syncs(std::uint64_t one_in);
  /// Writes that would make the files larger than this together fail with SQLITE_FULL.
  void set_capacity(std::uint64_t bytes);
  [[nodiscard]] std::uint64_t operations() const;

 private:
  friend struct PowerFile;
  friend struct PowerCalls;
  struct Write {
    std::uint64_t offset;
    std::string bytes;  ///< empty: a truncation to `offset`
  };
  struct Shared {
    std::vector<std::unique_ptr<char[]>> regions;
    int shared[SQLITE_SHM_NLOCK] = {};
    bool exclusive[SQLITE_SHM_NLOCK] = {};
  };
  struct Node {
    std::string now;             ///< what a reader sees
    std::string safe;            ///< what was synced
    std::vector<Write> pending;  ///< since then
    bool name_safe = false;      ///< its directory entry was synced
    int readers = 0;             ///< SHARED locks and above
    const void* reserved = nullptr;
    const void* exclusive = nullptr;
    Shared shm;
    int shm_users = 0;
  };
  using Disk = std::map<std::string, std::shared_ptr<Node>>;  // shared: an open file outlives its name

  /// Counts an operation; false once the power is off.
  bool step();
  void forget(Node& node);
  void replay(const Write& write, std::string& onto);
  std::uint64_t size() const;

  mutable std::mutex mutex_;
  SeededRandom random_;
  std::string name_;
  sqlite3_vfs vfs_{};
  Disk disk_;
  Disk deleted_;  ///< names whose removal was not synced
  std::uint64_t operations_ = 0;
  std::uint64_t cut_at_ = UINT64_MAX;
  bool off_ = false;
  std::uint64_t fail_one_in_ = 0;
  std::uint64_t capacity_ = UINT64_MAX;
};

}  // namespace tidegate::testing
