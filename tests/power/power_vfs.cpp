#include "tests/power/power_vfs.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cstring>

namespace tidegate::testing {

namespace {

constexpr std::size_t kSector = 512;
std::atomic<int> vfs_number{0};

void put(std::string& onto, std::uint64_t offset, std::string_view bytes) {
  if (onto.size() < offset + bytes.size()) onto.resize(offset + bytes.size());
  onto.replace(offset, bytes.size(), bytes);
}

}  // namespace

/// SQLite's view of an open file; SQLite owns the memory.
struct PowerFile {
  sqlite3_file base;
  PowerVfs* vfs;
  std::shared_ptr<PowerVfs::Node>* node;
  int lock;
  bool has_shm;
  int shm_shared;     ///< bits of the slots it holds shared
  int shm_exclusive;  ///< and exclusive
};

/// The calls that SQLite makes, on behalf of PowerVfs.
struct PowerCalls {
  using Guard = std::lock_guard<std::mutex>;
  static PowerFile& file(sqlite3_file* f) { return *reinterpret_cast<PowerFile*>(f); }
  static PowerVfs& of(sqlite3_vfs* v) { return *static_cast<PowerVfs*>(v->pAppData); }
  static PowerVfs::Node& node(PowerFile& f) { return **f.node; }

  static int open(sqlite3_vfs* v, const char* name, sqlite3_file* f, int flags, int* out_flags) {
    PowerVfs& vfs = of(v);
    const Guard guard(vfs.mutex_);
    f->pMethods = nullptr;
    if (vfs.off_) return SQLITE_CANTOPEN;
    const std::string key = name != nullptr ? name : fmt::format("temp-{}", vfs.operations_);
    auto at = vfs.disk_.find(key);
    if (at == vfs.disk_.end()) {
      if ((flags & SQLITE_OPEN_CREATE) == 0) return SQLITE_CANTOPEN;
      at = vfs.disk_.emplace(key, std::make_shared<PowerVfs::Node>()).first;
    }
    PowerFile& opened = file(f);
    opened = {};
    opened.base.pMethods = &kMethods;
    opened.vfs = &vfs;
    opened.node = new std::shared_ptr<PowerVfs::Node>(at->second);
    if (out_flags != nullptr) *out_flags = flags;
    return SQLITE_OK;
  }
  static int close(sqlite3_file* f) {
    PowerFile& closing = file(f);
    unlock(f, SQLITE_LOCK_NONE);
    shm_unmap(f, 0);
    const Guard guard(closing.vfs->mutex_);
    delete closing.node;
    closing.node = nullptr;
    return SQLITE_OK;
  }
  static int read(sqlite3_file* f, void* to, int n, sqlite3_int64 offset) {
    const Guard guard(file(f).vfs->mutex_);
    if (file(f).vfs->off_) return SQLITE_IOERR_READ;
    const std::string& bytes = node(file(f)).now;
    const auto at = static_cast<std::size_t>(offset);
    const std::size_t have = at < bytes.size() ? std::min(bytes.size() - at, static_cast<std::size_t>(n)) : 0;
    if (have > 0) std::memcpy(to, bytes.data() + at, have);
    if (have == static_cast<std::size_t>(n)) return SQLITE_OK;
    std::memset(static_cast<char*>(to) + have, 0, static_cast<std::size_t>(n) - have);
    return SQLITE_IOERR_SHORT_READ;
  }
  static int write(sqlite3_file* f, const void* from, int n, sqlite3_int64 offset) {
    PowerVfs& vfs = *file(f).vfs;
    const Guard guard(vfs.mutex_);
    PowerVfs::Node& to = node(file(f));
    PowerVfs::Write write{static_cast<std::uint64_t>(offset),
                          std::string(static_cast<const char*>(from), static_cast<std::size_t>(n))};
    const std::uint64_t end = write.offset + write.bytes.size();
    if (end > to.now.size() && vfs.size() + end - to.now.size() > vfs.capacity_) return SQLITE_FULL;
    if (vfs.off_) return SQLITE_IOERR_WRITE;
    // The write during which the power fails may still reach the disk, or a part of it.
    to.pending.push_back(write);
    if (!vfs.step()) return SQLITE_IOERR_WRITE;
    put(to.now, write.offset, write.bytes);
    return SQLITE_OK;
  }
  static int truncate(sqlite3_file* f, sqlite3_int64 size) {
    PowerVfs& vfs = *file(f).vfs;
    const Guard guard(vfs.mutex_);
    if (vfs.off_) return SQLITE_IOERR_TRUNCATE;
    node(file(f)).pending.push_back({static_cast<std::uint64_t>(size), {}});
    if (!vfs.step()) return SQLITE_IOERR_TRUNCATE;
    node(file(f)).now.resize(static_cast<std::size_t>(size));
    return SQLITE_OK;
  }
  static int sync(sqlite3_file* f, int) {
    PowerVfs& vfs = *file(f).vfs;
    const Guard guard(vfs.mutex_);
    PowerVfs::Node& synced = node(file(f));
    if (!vfs.step()) return SQLITE_IOERR_FSYNC;
    if (vfs.fail_one_in_ != 0 && vfs.random_.below(vfs.fail_one_in_) == 0) {
      // As Linux does it: some pages made it, the others are marked clean all the same and will not be tried again.
      for (const PowerVfs::Write& write : synced.pending) vfs.replay(write, synced.safe);
      synced.pending.clear();
      return SQLITE_IOERR_FSYNC;
    }
    for (const PowerVfs::Write& write : synced.pending) {
      if (write.bytes.empty())
        synced.safe.resize(write.offset);
      else
        put(synced.safe, write.offset, write.bytes);
    }
    synced.pending.clear();
    synced.name_safe = true;
    return SQLITE_OK;
  }
  static int file_size(sqlite3_file* f, sqlite3_int64* size) {
    const Guard guard(file(f).vfs->mutex_);
    if (file(f).vfs->off_) return SQLITE_IOERR_FSTAT;
    *size = static_cast<sqlite3_int64>(node(file(f)).now.size());
    return SQLITE_OK;
  }

  static int lock(sqlite3_file* f, int level) {
    PowerFile& locking = file(f);
    const Guard guard(locking.vfs->mutex_);
    PowerVfs::Node& on = node(locking);
    if (locking.lock >= level) return SQLITE_OK;
    if (on.exclusive != nullptr && on.exclusive != f) return SQLITE_BUSY;
    if (locking.lock == SQLITE_LOCK_NONE) {
      ++on.readers;
      locking.lock = SQLITE_LOCK_SHARED;
    }
    if (level >= SQLITE_LOCK_RESERVED) {
      if (on.reserved != nullptr && on.reserved != f) return SQLITE_BUSY;
      on.reserved = f;
      locking.lock = SQLITE_LOCK_RESERVED;
    }
    if (level == SQLITE_LOCK_EXCLUSIVE) {
      if (on.readers > 1) return SQLITE_BUSY;
      on.exclusive = f;
      locking.lock = SQLITE_LOCK_EXCLUSIVE;
    }
    return SQLITE_OK;
  }
  static int unlock(sqlite3_file* f, int level) {
    PowerFile& locking = file(f);
    const Guard guard(locking.vfs->mutex_);
    PowerVfs::Node& on = node(locking);
    if (locking.lock <= level) return SQLITE_OK;
    if (on.exclusive == f) on.exclusive = nullptr;
    if (on.reserved == f) on.reserved = nullptr;
    if (level == SQLITE_LOCK_NONE) --on.readers;
    locking.lock = level;
    return SQLITE_OK;
  }
  static int check_reserved(sqlite3_file* f, int* out) {
    const Guard guard(file(f).vfs->mutex_);
    *out = node(file(f)).reserved != nullptr ? 1 : 0;
    return SQLITE_OK;
  }
  static int control(sqlite3_file*, int, void*) { return SQLITE_NOTFOUND; }
  static int sector_size(sqlite3_file*) { return static_cast<int>(kSector); }
  // As the unix VFS says of every file system by default.
  static int characteristics(sqlite3_file*) { return SQLITE_IOCAP_POWERSAFE_OVERWRITE; }

  static int shm_map(sqlite3_file* f, int region, int size, int extend, void volatile** out) {
    PowerFile& mapping = file(f);
    const Guard guard(mapping.vfs->mutex_);
    PowerVfs::Node& on = node(mapping);
    if (!mapping.has_shm) ++on.shm_users;
    mapping.has_shm = true;
    *out = nullptr;
    auto& regions = on.shm.regions;
    if (static_cast<std::size_t>(region) >= regions.size() && extend == 0) return SQLITE_OK;
    while (regions.size() <= static_cast<std::size_t>(region))
      regions.push_back(std::make_unique<char[]>(static_cast<std::size_t>(size)));
    *out = regions[static_cast<std::size_t>(region)].get();
    return SQLITE_OK;
  }
  static int shm_lock(sqlite3_file* f, int from, int n, int flags) {
    PowerFile& locking = file(f);
    const Guard guard(locking.vfs->mutex_);
    PowerVfs::Shared& shm = node(locking).shm;
    const bool shared = (flags & SQLITE_SHM_SHARED) != 0;
    const int mask = ((1 << n) - 1) << from;
    int& mine = shared ? locking.shm_shared : locking.shm_exclusive;
    if ((flags & SQLITE_SHM_UNLOCK) != 0) {
      for (int i = from; i < from + n; ++i) {
        if ((mine & (1 << i)) == 0) continue;
        if (shared)
          --shm.shared[i];
        else
          shm.exclusive[i] = false;
      }
      mine &= ~mask;
      return SQLITE_OK;
    }
    if ((mine & mask) == mask) return SQLITE_OK;
    for (int i = from; i < from + n; ++i)
      if (shm.exclusive[i] || (!shared && shm.shared[i] > 0)) return SQLITE_BUSY;
    for (int i = from; i < from + n; ++i) {
      if (shared)
        ++shm.shared[i];
      else
        shm.exclusive[i] = true;
    }
    mine |= mask;
    return SQLITE_OK;
  }
  static void shm_barrier(sqlite3_file* f) { const Guard guard(file(f).vfs->mutex_); }
  static int shm_unmap(sqlite3_file* f, int) {
    PowerFile& mapping = file(f);
    if (!mapping.has_shm) return SQLITE_OK;
    shm_lock(f, 0, SQLITE_SHM_NLOCK, SQLITE_SHM_UNLOCK | SQLITE_SHM_SHARED);
    shm_lock(f, 0, SQLITE_SHM_NLOCK, SQLITE_SHM_UNLOCK | SQLITE_SHM_EXCLUSIVE);
    const Guard guard(mapping.vfs->mutex_);
    mapping.has_shm = false;
    if (--node(mapping).shm_users == 0) node(mapping).shm.regions.clear();
    return SQLITE_OK;
  }

  static int remove(sqlite3_vfs* v, const char* name, int sync_dir) {
    PowerVfs& vfs = of(v);
    const Guard guard(vfs.mutex_);
    const auto at = vfs.disk_.find(name);
    if (at == vfs.disk_.end()) return SQLITE_IOERR_DELETE_NOENT;
    if (!vfs.step()) return SQLITE_IOERR_DELETE;
    if (sync_dir == 0 && at->second->name_safe) vfs.deleted_[name] = at->second;
    vfs.disk_.erase(at);
    return SQLITE_OK;
  }
  static int access(sqlite3_vfs* v, const char* name, int, int* out) {
    const Guard guard(of(v).mutex_);
    *out = of(v).disk_.contains(name) ? 1 : 0;
    return SQLITE_OK;
  }
  static int full_path(sqlite3_vfs*, const char* name, int n, char* out) {
    sqlite3_snprintf(n, out, "%s", name);
    return SQLITE_OK;
  }

  static const sqlite3_io_methods kMethods;
};

const sqlite3_io_methods PowerCalls::kMethods = {
    2,         close,          read,    write,       truncate,        sync,    file_size, lock,
    unlock,    check_reserved, control, sector_size, characteristics, shm_map, shm_lock,  shm_barrier,
    shm_unmap, nullptr,        nullptr};

PowerVfs::PowerVfs(std::uint64_t seed) : random_(seed), name_(fmt::format("power-{}", vfs_number++)) {
  // Randomness, time and sleep are the machine's own.
  vfs_ = *sqlite3_vfs_find(nullptr);
  vfs_.iVersion = 1;
  vfs_.szOsFile = sizeof(PowerFile);
  vfs_.pNext = nullptr;
  vfs_.zName = name_.c_str();
  vfs_.pAppData = this;
  vfs_.xOpen = PowerCalls::open;
  vfs_.xDelete = PowerCalls::remove;
  vfs_.xAccess = PowerCalls::access;
  vfs_.xFullPathname = PowerCalls::full_path;
  sqlite3_vfs_register(&vfs_, 0);
}

PowerVfs::~PowerVfs() { sqlite3_vfs_unregister(&vfs_); }

void PowerVfs::cut_after(std::uint64_t operations) {
  const std::lock_guard<std::mutex> guard(mutex_);
  cut_at_ = operations_ + operations;
}
bool PowerVfs::is_off() const {
  const std::lock_guard<std::mutex> guard(mutex_);
  return off_;
}
void PowerVfs::sync_names() {
  const std::lock_guard<std::mutex> guard(mutex_);
  for (auto& [name, node] : disk_) node->name_safe = true;
  deleted_.clear();
}
void PowerVfs::fail_syncs(std::uint64_t one_in) {
  const std::lock_guard<std::mutex> guard(mutex_);
  fail_one_in_ = one_in;
}
void PowerVfs::set_capacity(std::uint64_t bytes) {
  const std::lock_guard<std::mutex> guard(mutex_);
  capacity_ = bytes;
}
std::uint64_t PowerVfs::operations() const {
  const std::lock_guard<std::mutex> guard(mutex_);
  return operations_;
}

bool PowerVfs::step() {
  if (++operations_ >= cut_at_) off_ = true;
  return !off_;
}

std::uint64_t PowerVfs::size() const {
  std::uint64_t sum = 0;
  for (const auto& [name, node] : disk_) sum += node->now.size();
  return sum;
}

void PowerVfs::replay(const Write& write, std::string& onto) {
  if (write.bytes.empty()) {
    if (random_.below(2) == 0) onto.resize(write.offset);
    return;
  }
  // Each sector on its own: a write may be torn at any of them.
  const std::uint64_t mood = random_.below(3);
  for (std::size_t at = 0; at < write.bytes.size();) {
    const std::size_t n = kSector - (write.offset + at) % kSector;
    const bool kept = mood == 0 || (mood == 1 && random_.below(2) == 0);
    if (kept) put(onto, write.offset + at, std::string_view(write.bytes).substr(at, n));
    at += n;
  }
}

void PowerVfs::forget(Node& node) {
  for (const Write& write : node.pending) replay(write, node.safe);
  node.pending.clear();
  node.now = node.safe;
  node.name_safe = true;
}

void PowerVfs::restore() {
  const std::lock_guard<std::mutex> guard(mutex_);
  for (auto at = disk_.begin(); at != disk_.end();) {
    const bool vanishes = !at->second->name_safe && random_.below(2) == 0;
    if (vanishes) {
      at = disk_.erase(at);
      continue;
    }
    forget(*at->second);
    ++at;
  }
  for (auto& [name, node] : deleted_) {
    if (disk_.contains(name) || random_.below(2) == 0) continue;
    forget(*node);
    disk_.emplace(name, node);
  }
  deleted_.clear();
  off_ = false;
  cut_at_ = UINT64_MAX;
}

}  // namespace tidegate::testing
