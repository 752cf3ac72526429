#include "connectors/file/open_files.h"

#include <algorithm>
#include <utility>

#include "connectors/file/limits.h"

namespace tidegate::file {

bool OpenFiles::too_old(const OpenFile& file, WallTime now) const {
  return rotate_.every > milliseconds{0} && file.bytes() > 0 && now - file.begun() >= rotate_.every;
}

Result<OpenFile*> OpenFiles::get(const std::string& path, std::size_t bytes, WallTime now) {
  // The second time it is new: the first one was finished.
  for (;;) {
    auto found = files_.find(path);
    if (found != files_.end() && !found->second.file->in_place()) {
      files_.erase(found);
      found = files_.end();
    }
    if (found == files_.end()) {
      if (Status done = make_room(); !done) return std::move(done).error();
      auto opened = OpenFile::open(kind_, path, now);
      if (!opened) return std::move(opened).error();
      found = files_.emplace(path, Entry{*std::move(opened), 0}).first;
    }
    OpenFile& file = *found->second.file;
    const bool full = rotate_.size > 0 && file.bytes() > 0 && file.bytes() + bytes > rotate_.size;
    if (!full && !too_old(file, now)) {
      found->second.used = ++uses_;
      return &file;
    }
    Status finished = file.finish(now);
    files_.erase(found);
    if (!finished) return std::move(finished).error();
  }
}

/// Closes the file that was used longest ago, when there is no room for one more.
Status OpenFiles::make_room() {
  if (files_.size() < limits::kOpenFilesMax) return {};
  const auto oldest = std::ranges::min_element(files_, {}, [](const auto& entry) { return entry.second.used; });
  Status synced;
  if (oldest->second.file->unsynced()) {
    beyond_recall_ = true;
    synced = oldest->second.file->sync();
  }
  files_.erase(oldest);
  return synced;
}

Status OpenFiles::sync_all() {
  for (auto entry = files_.begin(); entry != files_.end(); ++entry) {
    if (!entry->second.file->unsynced()) continue;
    Status synced = entry->second.file->sync();
    if (synced) continue;
    // What the file holds is not known now; it is looked at when it is opened again.
    beyond_recall_ = !entry->second.file->take_back() || beyond_recall_;
    files_.erase(entry);
    return synced;
  }
  for (auto& [path, entry] : files_) entry.file->settled();
  beyond_recall_ = false;
  return {};
}

bool OpenFiles::take_back_all() {
  bool all = !std::exchange(beyond_recall_, false);
  for (auto entry = files_.begin(); entry != files_.end();) {
    if (entry->second.file->take_back()) {
      ++entry;
    } else {
      all = false;
      entry = files_.erase(entry);
    }
  }
  return all;
}

Status OpenFiles::finish_old(WallTime now) {
  Status last;
  for (auto entry = files_.begin(); entry != files_.end();) {
    if (!too_old(*entry->second.file, now)) {
      ++entry;
      continue;
    }
    if (Status finished = entry->second.file->finish(now); !finished) last = std::move(finished);
    entry = files_.erase(entry);
  }
  return last;
}

}  // namespace tidegate::file
